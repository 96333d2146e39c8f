-- +goose Up
-- 20261123181842 was edited after its release. A database that has an earlier edition of it lacks what the
-- later ones make. This brings each of them to the last edition, and changes nothing where all is there.
-- SQLite adds and drops no column conditionally, so the tables are copied. A name in a subquery means the old
-- table's column where there is one, and the default of the surrounding query where there is none.
-- create "new_payments" table
CREATE TABLE `new_payments` (`id` uuid NOT NULL, `user_id` uuid NULL, `gateway` text NOT NULL, `gateway_id` text NOT NULL, `reference` text NOT NULL DEFAULT (''), `plan` text NOT NULL, `amount` integer NOT NULL, `currency` text NOT NULL, `days` integer NOT NULL, `order_name` text NOT NULL, `status` text NOT NULL DEFAULT ('PENDING'), `gateway_status` text NOT NULL DEFAULT (''), `is_test` bool NOT NULL DEFAULT (false), `transaction_id` text NOT NULL DEFAULT (''), `refunded_amount` integer NOT NULL DEFAULT (0), `granted_at` datetime NULL, `taken_back` integer NOT NULL DEFAULT (0), `dispute_told_at` datetime NULL, `checks` integer NOT NULL DEFAULT (0), `next_check_at` datetime NULL, `created_at` datetime NOT NULL, `expires_at` datetime NOT NULL, `paid_at` datetime NULL, `updated_at` datetime NOT NULL, `revision` integer NOT NULL DEFAULT (1), PRIMARY KEY (`id`));
INSERT INTO `new_payments` (`id`, `user_id`, `gateway`, `gateway_id`, `reference`, `plan`, `amount`, `currency`, `days`, `order_name`, `status`, `gateway_status`, `is_test`, `transaction_id`, `refunded_amount`, `granted_at`, `taken_back`, `dispute_told_at`, `checks`, `next_check_at`, `created_at`, `expires_at`, `paid_at`, `updated_at`, `revision`)
SELECT q.`payment_id`, q.`user_id`, q.`gateway`, q.`gateway_id`,
	(SELECT reference FROM `payments` AS p WHERE p.`id` = q.`payment_id`), q.`plan`, q.`amount`, q.`currency`, q.`days`, q.`order_name`, q.`status`,
	(SELECT gateway_status FROM `payments` AS p WHERE p.`id` = q.`payment_id`), q.`is_test`, q.`transaction_id`, q.`refunded_amount`, q.`granted_at`, q.`taken_back`,
	(SELECT dispute_told_at FROM `payments` AS p WHERE p.`id` = q.`payment_id`), q.`checks`, q.`next_check_at`, q.`created_at`, q.`expires_at`, q.`paid_at`, q.`updated_at`, q.`revision`
FROM (SELECT `id` AS `payment_id`, `user_id`, `gateway`, `gateway_id`, `plan`, `amount`, `currency`, `days`, `order_name`, `status`, `is_test`, `transaction_id`, `refunded_amount`, `granted_at`, `taken_back`, `checks`, `next_check_at`, `created_at`, `expires_at`, `paid_at`, `updated_at`, `revision`,
	'' AS reference, '' AS gateway_status, NULL AS dispute_told_at FROM `payments`) AS q;
DROP TABLE `payments`;
ALTER TABLE `new_payments` RENAME TO `payments`;
CREATE UNIQUE INDEX `payments_gateway_id_key` ON `payments` (`gateway_id`);
CREATE INDEX `payment_user_id_id` ON `payments` (`user_id`, `id`);
CREATE INDEX `payment_next_check_at` ON `payments` (`next_check_at`);
CREATE INDEX `payment_status_id` ON `payments` (`status`, `id`);
CREATE INDEX `payment_reference` ON `payments` (`reference`);
CREATE INDEX `payment_transaction_id` ON `payments` (`transaction_id`);
-- create "new_quota_days" table
CREATE TABLE `new_quota_days` (`id` uuid NOT NULL, `user_id` uuid NOT NULL, `day` text NOT NULL, `created_at` datetime NOT NULL, `tokens_held` integer NOT NULL DEFAULT (0), `images_held` integer NOT NULL DEFAULT (0), `video_ms_held` integer NOT NULL DEFAULT (0), `tokens_used` integer NOT NULL DEFAULT (0), `images_used` integer NOT NULL DEFAULT (0), `video_ms_used` integer NOT NULL DEFAULT (0), PRIMARY KEY (`id`));
INSERT INTO `new_quota_days` (`id`, `user_id`, `day`, `created_at`, `tokens_held`, `images_held`, `video_ms_held`, `tokens_used`, `images_used`, `video_ms_used`)
SELECT `id`, `user_id`, `day`, `created_at`, `tokens_held`, `images_held`, `video_ms_held`, `tokens_used`, `images_used`, `video_ms_used` FROM `quota_days`;
DROP TABLE `quota_days`;
ALTER TABLE `new_quota_days` RENAME TO `quota_days`;
CREATE UNIQUE INDEX `quotaday_user_id_day` ON `quota_days` (`user_id`, `day`);
-- indexes for the end of an account
CREATE INDEX IF NOT EXISTS `object_user_id` ON `objects` (`user_id`);
CREATE INDEX IF NOT EXISTS `sharelink_user_id` ON `share_links` (`user_id`);
CREATE INDEX IF NOT EXISTS `planstep_user_id` ON `plan_steps` (`user_id`);
-- Entries of the ledger are added, never changed. They are deleted only with their user, whose account is about to be deleted.
DROP TRIGGER IF EXISTS `ledger_entries_stay`;
-- +goose StatementBegin
CREATE TRIGGER `ledger_entries_stay` BEFORE UPDATE ON `ledger_entries` BEGIN SELECT RAISE(ABORT, 'ledger_entries only grows'); END;
-- +goose StatementEnd
DROP TRIGGER IF EXISTS `ledger_entries_remain`;
-- +goose StatementBegin
CREATE TRIGGER `ledger_entries_remain` BEFORE DELETE ON `ledger_entries`
	WHEN EXISTS (SELECT 1 FROM `users` WHERE `id` = OLD.`user_id` AND `deletes_at` IS NULL) BEGIN SELECT RAISE(ABORT, 'ledger_entries only grows'); END;
-- +goose StatementEnd
-- The tokens of a branch, as 20261123181842 counts them. A count is an upper bound, so it is only raised.
WITH RECURSIVE branch (id, tokens) AS (
	SELECT m.id, CASE WHEN m.role = 'ASSISTANT' THEN 0 ELSE CASE WHEN m.status IN ('PENDING', 'STREAMING') THEN 0 ELSE 9 + (5 * (length(CAST(m.text AS BLOB)) - length(m.text)) + 2 * length(m.text)) / 6
		+ 2500 * (SELECT count(*) FROM attachments a WHERE a.message_id = m.id) END END
	FROM messages m WHERE m.parent_id IS NULL
	UNION ALL
	SELECT m.id, b.tokens + CASE WHEN m.status IN ('PENDING', 'STREAMING') THEN 0 ELSE 9 + (5 * (length(CAST(m.text AS BLOB)) - length(m.text)) + 2 * length(m.text)) / 6
		+ 2500 * (SELECT count(*) FROM attachments a WHERE a.message_id = m.id) END
	FROM branch b JOIN messages m ON m.parent_id = b.id
)
UPDATE messages SET branch_tokens = branch.tokens FROM branch WHERE messages.id = branch.id AND messages.branch_tokens < branch.tokens;
