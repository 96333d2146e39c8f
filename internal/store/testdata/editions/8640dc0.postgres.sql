-- +goose Up
-- create "key_months" table
CREATE TABLE "key_months" ("id" uuid NOT NULL, "api_key_id" uuid NOT NULL, "month" character varying NOT NULL, "cost_micros_held" bigint NOT NULL DEFAULT 0, "cost_micros_used" bigint NOT NULL DEFAULT 0, "created_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- create index "keymonth_api_key_id_month" to table: "key_months"
CREATE UNIQUE INDEX "keymonth_api_key_id_month" ON "key_months" ("api_key_id", "month");
-- create "payment_notices" table
CREATE TABLE "payment_notices" ("id" character varying NOT NULL, "created_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- create index "paymentnotice_created_at" to table: "payment_notices"
CREATE INDEX "paymentnotice_created_at" ON "payment_notices" ("created_at");
-- modify "usages" table
ALTER TABLE "usages" ADD COLUMN "model_id" character varying NOT NULL DEFAULT '', ADD COLUMN "api_key_id" uuid NULL, ADD COLUMN "is_own_key" boolean NOT NULL DEFAULT false, ADD COLUMN "day" character varying NOT NULL DEFAULT '', ADD COLUMN "cost_micros" bigint NULL;
-- create index "usage_chat_id" to table: "usages"
CREATE INDEX "usage_chat_id" ON "usages" ("chat_id");
-- create index "usage_message_id" to table: "usages"
CREATE INDEX "usage_message_id" ON "usages" ("message_id");
-- modify "users" table
ALTER TABLE "users" ADD COLUMN "is_email_verified" boolean NOT NULL DEFAULT false, ADD COLUMN "is_profile_custom" boolean NOT NULL DEFAULT false, ADD COLUMN "role" character varying NOT NULL DEFAULT 'MEMBER', ADD COLUMN "membership_type" character varying NOT NULL DEFAULT 'FREE', ADD COLUMN "membership_expires_at" timestamptz NULL, ADD COLUMN "membership_since" timestamptz NULL, ADD COLUMN "deletes_at" timestamptz NULL;
-- create index "user_email" to table: "users"
CREATE INDEX "user_email" ON "users" ("email" text_pattern_ops);
-- create index "user_deletes_at" to table: "users"
CREATE INDEX "user_deletes_at" ON "users" ("deletes_at");
-- create "api_keys" table
CREATE TABLE "api_keys" ("id" uuid NOT NULL, "user_id" uuid NOT NULL, "name" character varying NOT NULL, "hash" character varying NOT NULL, "hint" character varying NOT NULL, "scopes" jsonb NOT NULL, "models" jsonb NULL, "is_test" boolean NOT NULL DEFAULT false, "budget_micros" bigint NULL, "created_at" timestamptz NOT NULL, "expires_at" timestamptz NULL, "last_used_at" timestamptz NULL, "revoked_at" timestamptz NULL, PRIMARY KEY ("id"));
-- create index "api_keys_hash_key" to table: "api_keys"
CREATE UNIQUE INDEX "api_keys_hash_key" ON "api_keys" ("hash");
-- create index "apikey_user_id_id" to table: "api_keys"
CREATE INDEX "apikey_user_id_id" ON "api_keys" ("user_id", "id");
-- create "audit_entries" table
CREATE TABLE "audit_entries" ("id" uuid NOT NULL, "actor_id" uuid NOT NULL, "actor" character varying NOT NULL, "action" character varying NOT NULL, "user_id" uuid NULL, "subject" character varying NOT NULL, "reason" character varying NOT NULL, "facts" jsonb NOT NULL, "created_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- create index "auditentry_user_id_id" to table: "audit_entries"
CREATE INDEX "auditentry_user_id_id" ON "audit_entries" ("user_id", "id");
-- create index "auditentry_actor_id_id" to table: "audit_entries"
CREATE INDEX "auditentry_actor_id_id" ON "audit_entries" ("actor_id", "id");
-- modify "messages" table
ALTER TABLE "messages" ADD COLUMN "is_own_key" boolean NOT NULL DEFAULT false, ADD COLUMN "branch_tokens" bigint NOT NULL DEFAULT 0;
-- create "membership_changes" table
CREATE TABLE "membership_changes" ("id" uuid NOT NULL, "user_id" uuid NOT NULL, "payment_id" uuid NULL, "kind" character varying NOT NULL, "plan" character varying NOT NULL, "micros" bigint NOT NULL, "type_after" character varying NOT NULL, "expires_after" timestamptz NULL, "created_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- create index "membershipchange_user_id_id" to table: "membership_changes"
CREATE INDEX "membershipchange_user_id_id" ON "membership_changes" ("user_id", "id");
-- create index "membershipchange_payment_id" to table: "membership_changes"
CREATE INDEX "membershipchange_payment_id" ON "membership_changes" ("payment_id");
-- modify "jobs" table
ALTER TABLE "jobs" ADD COLUMN "is_own_key" boolean NOT NULL DEFAULT false;
-- create "payments" table
CREATE TABLE "payments" ("id" uuid NOT NULL, "user_id" uuid NULL, "gateway" character varying NOT NULL, "gateway_id" character varying NOT NULL, "reference" character varying NOT NULL DEFAULT '', "plan" character varying NOT NULL, "amount" bigint NOT NULL, "currency" character varying NOT NULL, "days" bigint NOT NULL, "order_name" character varying NOT NULL, "status" character varying NOT NULL DEFAULT 'PENDING', "gateway_status" character varying NOT NULL DEFAULT '', "is_test" boolean NOT NULL DEFAULT false, "transaction_id" character varying NOT NULL DEFAULT '', "refunded_amount" bigint NOT NULL DEFAULT 0, "granted_at" timestamptz NULL, "taken_back" bigint NOT NULL DEFAULT 0, "dispute_told_at" timestamptz NULL, "checks" bigint NOT NULL DEFAULT 0, "next_check_at" timestamptz NULL, "created_at" timestamptz NOT NULL, "expires_at" timestamptz NOT NULL, "paid_at" timestamptz NULL, "updated_at" timestamptz NOT NULL, "revision" bigint NOT NULL DEFAULT 1, PRIMARY KEY ("id"));
-- create index "payments_gateway_id_key" to table: "payments"
CREATE UNIQUE INDEX "payments_gateway_id_key" ON "payments" ("gateway_id");
-- create index "payment_user_id_id" to table: "payments"
CREATE INDEX "payment_user_id_id" ON "payments" ("user_id", "id");
-- create index "payment_next_check_at" to table: "payments"
CREATE INDEX "payment_next_check_at" ON "payments" ("next_check_at");
-- create index "payment_status_id" to table: "payments"
CREATE INDEX "payment_status_id" ON "payments" ("status", "id");
-- create index "payment_reference" to table: "payments"
CREATE INDEX "payment_reference" ON "payments" ("reference");
-- create index "payment_transaction_id" to table: "payments"
CREATE INDEX "payment_transaction_id" ON "payments" ("transaction_id");
-- create "ledger_entries" table
CREATE TABLE "ledger_entries" ("id" uuid NOT NULL, "run_id" uuid NOT NULL, "kind" character varying NOT NULL, "user_id" uuid NOT NULL, "api_key_id" uuid NULL, "day" character varying NOT NULL, "created_at" timestamptz NOT NULL, "tokens" bigint NOT NULL DEFAULT 0, "images" bigint NOT NULL DEFAULT 0, "video_ms" bigint NOT NULL DEFAULT 0, "cost_micros" bigint NOT NULL DEFAULT 0, PRIMARY KEY ("id"));
-- create index "ledgerentry_run_id_kind" to table: "ledger_entries"
CREATE UNIQUE INDEX "ledgerentry_run_id_kind" ON "ledger_entries" ("run_id", "kind");
-- create index "ledgerentry_user_id_day" to table: "ledger_entries"
CREATE INDEX "ledgerentry_user_id_day" ON "ledger_entries" ("user_id", "day");
-- create "sandbox_payments" table
CREATE TABLE "sandbox_payments" ("id" character varying NOT NULL, "state" text NOT NULL, "revision" bigint NOT NULL DEFAULT 1, "updated_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- create "provider_keys" table
CREATE TABLE "provider_keys" ("id" uuid NOT NULL, "user_id" uuid NOT NULL, "provider" character varying NOT NULL, "sealed" text NOT NULL, "hint" character varying NOT NULL, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "last_error" character varying NOT NULL DEFAULT '', "last_error_at" timestamptz NULL, PRIMARY KEY ("id"));
-- create index "providerkey_user_id_provider" to table: "provider_keys"
CREATE UNIQUE INDEX "providerkey_user_id_provider" ON "provider_keys" ("user_id", "provider");
-- create "quota_days" table
CREATE TABLE "quota_days" ("id" uuid NOT NULL, "user_id" uuid NOT NULL, "day" character varying NOT NULL, "created_at" timestamptz NOT NULL, "tokens_held" bigint NOT NULL DEFAULT 0, "images_held" bigint NOT NULL DEFAULT 0, "video_ms_held" bigint NOT NULL DEFAULT 0, "cost_micros_held" bigint NOT NULL DEFAULT 0, "tokens_used" bigint NOT NULL DEFAULT 0, "images_used" bigint NOT NULL DEFAULT 0, "video_ms_used" bigint NOT NULL DEFAULT 0, "cost_micros_used" bigint NOT NULL DEFAULT 0, PRIMARY KEY ("id"));
-- create index "quotaday_user_id_day" to table: "quota_days"
CREATE UNIQUE INDEX "quotaday_user_id_day" ON "quota_days" ("user_id", "day");
-- create "payment_steps" table
CREATE TABLE "payment_steps" ("id" uuid NOT NULL, "type" character varying NOT NULL, "source" character varying NOT NULL, "amount" bigint NULL, "detail" character varying NOT NULL DEFAULT '', "created_at" timestamptz NOT NULL, "payment_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "payment_steps_payments_steps" FOREIGN KEY ("payment_id") REFERENCES "payments" ("id") ON DELETE NO ACTION);
-- create index "paymentstep_payment_id_id" to table: "payment_steps"
CREATE INDEX "paymentstep_payment_id_id" ON "payment_steps" ("payment_id", "id");
-- What the administration did can be added to and read, not changed, whoever asks; ent does not know this.
-- +goose StatementBegin
CREATE FUNCTION "audit_entries_refuse"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'audit_entries only grows';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER "audit_entries_stay" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_entries" EXECUTE FUNCTION "audit_entries_refuse"();
-- what jobs used was of one purpose; now it is of the job's kind
UPDATE "usages" SET "purpose" = COALESCE((SELECT "kind" FROM "jobs" WHERE "jobs"."id" = "usages"."job_id"), 'TEXT') WHERE "purpose" = 'JOB';
-- what was used before counts on its day in the zone that is the default
UPDATE "usages" SET "day" = to_char("created_at" AT TIME ZONE 'Asia/Seoul', 'YYYY-MM-DD') WHERE "day" = '';

