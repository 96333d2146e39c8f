-- +goose Up
-- 20261123181842 was edited after its release. A database that has an earlier edition of it lacks what the
-- later ones make. This brings each of them to the last edition, and changes nothing where all is there.
-- modify "payments" table
ALTER TABLE "payments" ADD COLUMN IF NOT EXISTS "reference" character varying NOT NULL DEFAULT '', ADD COLUMN IF NOT EXISTS "gateway_status" character varying NOT NULL DEFAULT '', ADD COLUMN IF NOT EXISTS "dispute_told_at" timestamptz NULL;
CREATE INDEX IF NOT EXISTS "payment_reference" ON "payments" ("reference");
CREATE INDEX IF NOT EXISTS "payment_transaction_id" ON "payments" ("transaction_id");
-- modify "quota_days" table
ALTER TABLE "quota_days" DROP COLUMN IF EXISTS "cost_micros_held", DROP COLUMN IF EXISTS "cost_micros_used";
-- indexes for the end of an account
CREATE INDEX IF NOT EXISTS "object_user_id" ON "objects" ("user_id");
CREATE INDEX IF NOT EXISTS "sharelink_user_id" ON "share_links" ("user_id");
CREATE INDEX IF NOT EXISTS "planstep_user_id" ON "plan_steps" ("user_id");
-- Entries of the ledger are added, never changed. They are deleted only with their user, whose account is about to be deleted.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION "ledger_entries_refuse"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'DELETE' THEN
		IF NOT EXISTS (SELECT 1 FROM "users" WHERE "id" = OLD."user_id" AND "deletes_at" IS NULL) THEN
			RETURN OLD;
		END IF;
	END IF;
	RAISE EXCEPTION 'ledger_entries only grows';
END
$$;
-- +goose StatementEnd
DROP TRIGGER IF EXISTS "ledger_entries_stay" ON "ledger_entries";
CREATE TRIGGER "ledger_entries_stay" BEFORE UPDATE OR DELETE ON "ledger_entries" FOR EACH ROW EXECUTE FUNCTION "ledger_entries_refuse"();
DROP TRIGGER IF EXISTS "ledger_entries_remain" ON "ledger_entries";
CREATE TRIGGER "ledger_entries_remain" BEFORE TRUNCATE ON "ledger_entries" EXECUTE FUNCTION "ledger_entries_refuse"();
-- The tokens of a branch, as 20261123181842 counts them. A count is an upper bound, so it is only raised.
WITH RECURSIVE branch (id, tokens) AS (
	SELECT m.id, CASE WHEN m.role = 'ASSISTANT' THEN 0 ELSE CASE WHEN m.status IN ('PENDING', 'STREAMING') THEN 0 ELSE 9 + (5 * (octet_length(m.text) - char_length(m.text)) + 2 * char_length(m.text)) / 6
		+ 2500 * (SELECT count(*) FROM attachments a WHERE a.message_id = m.id) END END
	FROM messages m WHERE m.parent_id IS NULL
	UNION ALL
	SELECT m.id, b.tokens + CASE WHEN m.status IN ('PENDING', 'STREAMING') THEN 0 ELSE 9 + (5 * (octet_length(m.text) - char_length(m.text)) + 2 * char_length(m.text)) / 6
		+ 2500 * (SELECT count(*) FROM attachments a WHERE a.message_id = m.id) END
	FROM branch b JOIN messages m ON m.parent_id = b.id
)
UPDATE messages SET branch_tokens = branch.tokens FROM branch WHERE messages.id = branch.id AND messages.branch_tokens < branch.tokens;
