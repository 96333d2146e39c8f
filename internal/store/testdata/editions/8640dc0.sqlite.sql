-- +goose Up
-- disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- create "new_users" table
CREATE TABLE `new_users` (`id` uuid NOT NULL, `uid` text NOT NULL, `email` text NULL, `first_name` text NOT NULL DEFAULT (''), `last_name` text NOT NULL DEFAULT (''), `photo_url` text NULL, `created_at` datetime NOT NULL, `last_login_at` datetime NOT NULL, `theme` text NOT NULL DEFAULT ('DARK'), `accent_color` text NOT NULL DEFAULT ('#6366f1'), `language` text NOT NULL DEFAULT ('KO'), `default_model` text NULL, `default_instruction` text NOT NULL DEFAULT (''), `persona_name` text NULL, `preferences_revision` integer NOT NULL DEFAULT (1), `is_email_verified` bool NOT NULL DEFAULT (false), `is_profile_custom` bool NOT NULL DEFAULT (false), `role` text NOT NULL DEFAULT ('MEMBER'), `membership_type` text NOT NULL DEFAULT ('FREE'), `membership_expires_at` datetime NULL, `membership_since` datetime NULL, `deletes_at` datetime NULL, PRIMARY KEY (`id`));
-- copy rows from old table "users" to new temporary table "new_users"
INSERT INTO `new_users` (`id`, `uid`, `email`, `first_name`, `last_name`, `photo_url`, `created_at`, `last_login_at`, `theme`, `accent_color`, `language`, `default_model`, `default_instruction`, `persona_name`, `preferences_revision`) SELECT `id`, `uid`, `email`, `first_name`, `last_name`, `photo_url`, `created_at`, `last_login_at`, `theme`, `accent_color`, `language`, `default_model`, `default_instruction`, `persona_name`, `preferences_revision` FROM `users`;
-- drop "users" table after copying rows
DROP TABLE `users`;
-- rename temporary table "new_users" to "users"
ALTER TABLE `new_users` RENAME TO `users`;
-- create index "users_uid_key" to table: "users"
CREATE UNIQUE INDEX `users_uid_key` ON `users` (`uid`);
-- create index "user_email" to table: "users"
CREATE INDEX `user_email` ON `users` (`email`);
-- create index "user_deletes_at" to table: "users"
CREATE INDEX `user_deletes_at` ON `users` (`deletes_at`);
-- create "new_messages" table
CREATE TABLE `new_messages` (`id` uuid NOT NULL, `user_id` uuid NOT NULL, `parent_id` uuid NULL, `job_id` uuid NULL, `role` text NOT NULL, `text` text NOT NULL DEFAULT (''), `status` text NOT NULL, `created_at` datetime NOT NULL, `started_at` datetime NULL, `ended_at` datetime NULL, `requested_model` text NULL, `fallback_model` text NULL, `model` text NULL, `is_own_key` bool NOT NULL DEFAULT (false), `branch_tokens` integer NOT NULL DEFAULT (0), `omitted_messages` integer NULL, `answered_by` text NULL, `run_id` uuid NULL, `lease_until_ms` integer NULL, `run_count` integer NOT NULL DEFAULT (0), `stop_requested_at` datetime NULL, `provider_cancelled` bool NOT NULL DEFAULT (false), `input_tokens` integer NULL, `output_tokens` integer NULL, `cached_input_tokens` integer NULL, `usage_source` text NULL, `finish_reason` text NULL, `failure_code` text NULL, `chat_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `messages_chats_messages` FOREIGN KEY (`chat_id`) REFERENCES `chats` (`id`) ON DELETE NO ACTION);
-- copy rows from old table "messages" to new temporary table "new_messages"
INSERT INTO `new_messages` (`id`, `user_id`, `parent_id`, `job_id`, `role`, `text`, `status`, `created_at`, `started_at`, `ended_at`, `requested_model`, `fallback_model`, `model`, `omitted_messages`, `answered_by`, `run_id`, `lease_until_ms`, `run_count`, `stop_requested_at`, `provider_cancelled`, `input_tokens`, `output_tokens`, `cached_input_tokens`, `usage_source`, `finish_reason`, `failure_code`, `chat_id`) SELECT `id`, `user_id`, `parent_id`, `job_id`, `role`, `text`, `status`, `created_at`, `started_at`, `ended_at`, `requested_model`, `fallback_model`, `model`, `omitted_messages`, `answered_by`, `run_id`, `lease_until_ms`, `run_count`, `stop_requested_at`, `provider_cancelled`, `input_tokens`, `output_tokens`, `cached_input_tokens`, `usage_source`, `finish_reason`, `failure_code`, `chat_id` FROM `messages`;
-- drop "messages" table after copying rows
DROP TABLE `messages`;
-- rename temporary table "new_messages" to "messages"
ALTER TABLE `new_messages` RENAME TO `messages`;
-- create index "message_chat_id_id" to table: "messages"
CREATE INDEX `message_chat_id_id` ON `messages` (`chat_id`, `id`);
-- create index "message_parent_id_id" to table: "messages"
CREATE INDEX `message_parent_id_id` ON `messages` (`parent_id`, `id`);
-- create index "message_user_id_status" to table: "messages"
CREATE INDEX `message_user_id_status` ON `messages` (`user_id`, `status`) WHERE status IN ('PENDING', 'STREAMING');
-- create index "message_run_id" to table: "messages"
CREATE UNIQUE INDEX `message_run_id` ON `messages` (`run_id`);
-- create index "message_job_id" to table: "messages"
CREATE INDEX `message_job_id` ON `messages` (`job_id`);
-- create "new_usages" table
CREATE TABLE `new_usages` (`run_id` uuid NOT NULL, `user_id` uuid NOT NULL, `chat_id` uuid NULL, `message_id` uuid NULL, `job_id` uuid NULL, `purpose` text NOT NULL, `is_charged` bool NOT NULL, `model` text NOT NULL, `model_id` text NOT NULL DEFAULT (''), `api_key_id` uuid NULL, `is_own_key` bool NOT NULL DEFAULT (false), `day` text NOT NULL DEFAULT (''), `cost_micros` integer NULL, `input_tokens` integer NOT NULL, `output_tokens` integer NOT NULL, `cached_input_tokens` integer NOT NULL, `images` integer NOT NULL DEFAULT (0), `video_ms` integer NOT NULL DEFAULT (0), `source` text NOT NULL, `created_at` datetime NOT NULL, PRIMARY KEY (`run_id`));
-- copy rows from old table "usages" to new temporary table "new_usages"
INSERT INTO `new_usages` (`run_id`, `user_id`, `chat_id`, `message_id`, `job_id`, `purpose`, `is_charged`, `model`, `input_tokens`, `output_tokens`, `cached_input_tokens`, `images`, `video_ms`, `source`, `created_at`) SELECT `run_id`, `user_id`, `chat_id`, `message_id`, `job_id`, `purpose`, `is_charged`, `model`, `input_tokens`, `output_tokens`, `cached_input_tokens`, `images`, `video_ms`, `source`, `created_at` FROM `usages`;
-- drop "usages" table after copying rows
DROP TABLE `usages`;
-- rename temporary table "new_usages" to "usages"
ALTER TABLE `new_usages` RENAME TO `usages`;
-- create index "usage_user_id_created_at" to table: "usages"
CREATE INDEX `usage_user_id_created_at` ON `usages` (`user_id`, `created_at`);
-- create index "usage_chat_id" to table: "usages"
CREATE INDEX `usage_chat_id` ON `usages` (`chat_id`);
-- create index "usage_message_id" to table: "usages"
CREATE INDEX `usage_message_id` ON `usages` (`message_id`);
-- create index "usage_job_id" to table: "usages"
CREATE UNIQUE INDEX `usage_job_id` ON `usages` (`job_id`);
-- create "new_jobs" table
CREATE TABLE `new_jobs` (`id` uuid NOT NULL, `user_id` uuid NOT NULL, `kind` text NOT NULL, `model` text NOT NULL, `provider` text NOT NULL, `arguments` json NOT NULL, `chat_id` uuid NULL, `message_id` uuid NULL, `plan_id` uuid NULL, `retry_of_id` uuid NULL, `priority` integer NOT NULL DEFAULT (1), `is_own_key` bool NOT NULL DEFAULT (false), `store_result` bool NOT NULL DEFAULT (true), `created_at` datetime NOT NULL, `status` text NOT NULL DEFAULT ('IN_QUEUE'), `is_waiting` bool NOT NULL DEFAULT (false), `run_id` uuid NOT NULL, `lease_until_ms` integer NULL, `is_parked` bool NOT NULL DEFAULT (false), `attempt` integer NOT NULL DEFAULT (0), `call_started_at` datetime NULL, `provider_ref` text NULL, `phase` text NOT NULL DEFAULT (''), `progress` real NULL, `text` text NOT NULL DEFAULT (''), `cancel_requested_at` datetime NULL, `queued_at` datetime NULL, `started_at` datetime NULL, `deadline_at` datetime NULL, `ended_at` datetime NULL, `updated_at` datetime NOT NULL, `answered_by` text NULL, `revised_prompt` text NOT NULL DEFAULT (''), `finish_reason` text NULL, `failure_code` text NULL, `input_tokens` integer NULL, `output_tokens` integer NULL, `cached_input_tokens` integer NULL, `images` integer NULL, `video_ms` integer NULL, `usage_source` text NULL, `expires_at` datetime NULL, `is_result_gone` bool NOT NULL DEFAULT (false), PRIMARY KEY (`id`));
-- copy rows from old table "jobs" to new temporary table "new_jobs"
INSERT INTO `new_jobs` (`id`, `user_id`, `kind`, `model`, `provider`, `arguments`, `chat_id`, `message_id`, `plan_id`, `retry_of_id`, `priority`, `store_result`, `created_at`, `status`, `is_waiting`, `run_id`, `lease_until_ms`, `is_parked`, `attempt`, `call_started_at`, `provider_ref`, `phase`, `progress`, `text`, `cancel_requested_at`, `queued_at`, `started_at`, `deadline_at`, `ended_at`, `updated_at`, `answered_by`, `revised_prompt`, `finish_reason`, `failure_code`, `input_tokens`, `output_tokens`, `cached_input_tokens`, `images`, `video_ms`, `usage_source`, `expires_at`, `is_result_gone`) SELECT `id`, `user_id`, `kind`, `model`, `provider`, `arguments`, `chat_id`, `message_id`, `plan_id`, `retry_of_id`, `priority`, `store_result`, `created_at`, `status`, `is_waiting`, `run_id`, `lease_until_ms`, `is_parked`, `attempt`, `call_started_at`, `provider_ref`, `phase`, `progress`, `text`, `cancel_requested_at`, `queued_at`, `started_at`, `deadline_at`, `ended_at`, `updated_at`, `answered_by`, `revised_prompt`, `finish_reason`, `failure_code`, `input_tokens`, `output_tokens`, `cached_input_tokens`, `images`, `video_ms`, `usage_source`, `expires_at`, `is_result_gone` FROM `jobs`;
-- drop "jobs" table after copying rows
DROP TABLE `jobs`;
-- rename temporary table "new_jobs" to "jobs"
ALTER TABLE `new_jobs` RENAME TO `jobs`;
-- create index "job_user_id_id" to table: "jobs"
CREATE INDEX `job_user_id_id` ON `jobs` (`user_id`, `id`);
-- create index "job_user_id_kind_id" to table: "jobs"
CREATE INDEX `job_user_id_kind_id` ON `jobs` (`user_id`, `kind`, `id`);
-- create index "job_user_id_is_waiting" to table: "jobs"
CREATE INDEX `job_user_id_is_waiting` ON `jobs` (`user_id`, `is_waiting`) WHERE status IN ('IN_QUEUE', 'IN_PROGRESS');
-- create index "job_kind_status_priority_queued_at" to table: "jobs"
CREATE INDEX `job_kind_status_priority_queued_at` ON `jobs` (`kind`, `status`, `priority`, `queued_at`) WHERE status IN ('IN_QUEUE', 'IN_PROGRESS');
-- create index "job_run_id" to table: "jobs"
CREATE UNIQUE INDEX `job_run_id` ON `jobs` (`run_id`);
-- create index "job_chat_id" to table: "jobs"
CREATE INDEX `job_chat_id` ON `jobs` (`chat_id`);
-- create index "job_expires_at" to table: "jobs"
CREATE INDEX `job_expires_at` ON `jobs` (`expires_at`);
-- create index "job_ended_at" to table: "jobs"
CREATE INDEX `job_ended_at` ON `jobs` (`ended_at`);
-- create "api_keys" table
CREATE TABLE `api_keys` (`id` uuid NOT NULL, `user_id` uuid NOT NULL, `name` text NOT NULL, `hash` text NOT NULL, `hint` text NOT NULL, `scopes` json NOT NULL, `models` json NULL, `is_test` bool NOT NULL DEFAULT (false), `budget_micros` integer NULL, `created_at` datetime NOT NULL, `expires_at` datetime NULL, `last_used_at` datetime NULL, `revoked_at` datetime NULL, PRIMARY KEY (`id`));
-- create index "api_keys_hash_key" to table: "api_keys"
CREATE UNIQUE INDEX `api_keys_hash_key` ON `api_keys` (`hash`);
-- create index "apikey_user_id_id" to table: "api_keys"
CREATE INDEX `apikey_user_id_id` ON `api_keys` (`user_id`, `id`);
-- create "audit_entries" table
CREATE TABLE `audit_entries` (`id` uuid NOT NULL, `actor_id` uuid NOT NULL, `actor` text NOT NULL, `action` text NOT NULL, `user_id` uuid NULL, `subject` text NOT NULL, `reason` text NOT NULL, `facts` json NOT NULL, `created_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "auditentry_user_id_id" to table: "audit_entries"
CREATE INDEX `auditentry_user_id_id` ON `audit_entries` (`user_id`, `id`);
-- create index "auditentry_actor_id_id" to table: "audit_entries"
CREATE INDEX `auditentry_actor_id_id` ON `audit_entries` (`actor_id`, `id`);
-- create "key_months" table
CREATE TABLE `key_months` (`id` uuid NOT NULL, `api_key_id` uuid NOT NULL, `month` text NOT NULL, `cost_micros_held` integer NOT NULL DEFAULT (0), `cost_micros_used` integer NOT NULL DEFAULT (0), `created_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "keymonth_api_key_id_month" to table: "key_months"
CREATE UNIQUE INDEX `keymonth_api_key_id_month` ON `key_months` (`api_key_id`, `month`);
-- create "ledger_entries" table
CREATE TABLE `ledger_entries` (`id` uuid NOT NULL, `run_id` uuid NOT NULL, `kind` text NOT NULL, `user_id` uuid NOT NULL, `api_key_id` uuid NULL, `day` text NOT NULL, `created_at` datetime NOT NULL, `tokens` integer NOT NULL DEFAULT (0), `images` integer NOT NULL DEFAULT (0), `video_ms` integer NOT NULL DEFAULT (0), `cost_micros` integer NOT NULL DEFAULT (0), PRIMARY KEY (`id`));
-- create index "ledgerentry_run_id_kind" to table: "ledger_entries"
CREATE UNIQUE INDEX `ledgerentry_run_id_kind` ON `ledger_entries` (`run_id`, `kind`);
-- create index "ledgerentry_user_id_day" to table: "ledger_entries"
CREATE INDEX `ledgerentry_user_id_day` ON `ledger_entries` (`user_id`, `day`);
-- create "membership_changes" table
CREATE TABLE `membership_changes` (`id` uuid NOT NULL, `user_id` uuid NOT NULL, `payment_id` uuid NULL, `kind` text NOT NULL, `plan` text NOT NULL, `micros` integer NOT NULL, `type_after` text NOT NULL, `expires_after` datetime NULL, `created_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "membershipchange_user_id_id" to table: "membership_changes"
CREATE INDEX `membershipchange_user_id_id` ON `membership_changes` (`user_id`, `id`);
-- create index "membershipchange_payment_id" to table: "membership_changes"
CREATE INDEX `membershipchange_payment_id` ON `membership_changes` (`payment_id`);
-- create "payments" table
CREATE TABLE `payments` (`id` uuid NOT NULL, `user_id` uuid NULL, `gateway` text NOT NULL, `gateway_id` text NOT NULL, `reference` text NOT NULL DEFAULT (''), `plan` text NOT NULL, `amount` integer NOT NULL, `currency` text NOT NULL, `days` integer NOT NULL, `order_name` text NOT NULL, `status` text NOT NULL DEFAULT ('PENDING'), `gateway_status` text NOT NULL DEFAULT (''), `is_test` bool NOT NULL DEFAULT (false), `transaction_id` text NOT NULL DEFAULT (''), `refunded_amount` integer NOT NULL DEFAULT (0), `granted_at` datetime NULL, `taken_back` integer NOT NULL DEFAULT (0), `dispute_told_at` datetime NULL, `checks` integer NOT NULL DEFAULT (0), `next_check_at` datetime NULL, `created_at` datetime NOT NULL, `expires_at` datetime NOT NULL, `paid_at` datetime NULL, `updated_at` datetime NOT NULL, `revision` integer NOT NULL DEFAULT (1), PRIMARY KEY (`id`));
-- create index "payments_gateway_id_key" to table: "payments"
CREATE UNIQUE INDEX `payments_gateway_id_key` ON `payments` (`gateway_id`);
-- create index "payment_user_id_id" to table: "payments"
CREATE INDEX `payment_user_id_id` ON `payments` (`user_id`, `id`);
-- create index "payment_next_check_at" to table: "payments"
CREATE INDEX `payment_next_check_at` ON `payments` (`next_check_at`);
-- create index "payment_status_id" to table: "payments"
CREATE INDEX `payment_status_id` ON `payments` (`status`, `id`);
-- create index "payment_reference" to table: "payments"
CREATE INDEX `payment_reference` ON `payments` (`reference`);
-- create index "payment_transaction_id" to table: "payments"
CREATE INDEX `payment_transaction_id` ON `payments` (`transaction_id`);
-- create "payment_notices" table
CREATE TABLE `payment_notices` (`id` text NOT NULL, `created_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "paymentnotice_created_at" to table: "payment_notices"
CREATE INDEX `paymentnotice_created_at` ON `payment_notices` (`created_at`);
-- create "payment_steps" table
CREATE TABLE `payment_steps` (`id` uuid NOT NULL, `type` text NOT NULL, `source` text NOT NULL, `amount` integer NULL, `detail` text NOT NULL DEFAULT (''), `created_at` datetime NOT NULL, `payment_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `payment_steps_payments_steps` FOREIGN KEY (`payment_id`) REFERENCES `payments` (`id`) ON DELETE NO ACTION);
-- create index "paymentstep_payment_id_id" to table: "payment_steps"
CREATE INDEX `paymentstep_payment_id_id` ON `payment_steps` (`payment_id`, `id`);
-- create "provider_keys" table
CREATE TABLE `provider_keys` (`id` uuid NOT NULL, `user_id` uuid NOT NULL, `provider` text NOT NULL, `sealed` text NOT NULL, `hint` text NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `last_error` text NOT NULL DEFAULT (''), `last_error_at` datetime NULL, PRIMARY KEY (`id`));
-- create index "providerkey_user_id_provider" to table: "provider_keys"
CREATE UNIQUE INDEX `providerkey_user_id_provider` ON `provider_keys` (`user_id`, `provider`);
-- create "quota_days" table
CREATE TABLE `quota_days` (`id` uuid NOT NULL, `user_id` uuid NOT NULL, `day` text NOT NULL, `created_at` datetime NOT NULL, `tokens_held` integer NOT NULL DEFAULT (0), `images_held` integer NOT NULL DEFAULT (0), `video_ms_held` integer NOT NULL DEFAULT (0), `cost_micros_held` integer NOT NULL DEFAULT (0), `tokens_used` integer NOT NULL DEFAULT (0), `images_used` integer NOT NULL DEFAULT (0), `video_ms_used` integer NOT NULL DEFAULT (0), `cost_micros_used` integer NOT NULL DEFAULT (0), PRIMARY KEY (`id`));
-- create index "quotaday_user_id_day" to table: "quota_days"
CREATE UNIQUE INDEX `quotaday_user_id_day` ON `quota_days` (`user_id`, `day`);
-- create "sandbox_payments" table
CREATE TABLE `sandbox_payments` (`id` text NOT NULL, `state` text NOT NULL, `revision` integer NOT NULL DEFAULT (1), `updated_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;
-- What the administration did can be added to and read, not changed, whoever asks; ent does not know this.
-- +goose StatementBegin
CREATE TRIGGER `audit_entries_stay` BEFORE UPDATE ON `audit_entries` BEGIN SELECT RAISE(ABORT, 'audit_entries only grows'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER `audit_entries_remain` BEFORE DELETE ON `audit_entries` BEGIN SELECT RAISE(ABORT, 'audit_entries only grows'); END;
-- +goose StatementEnd
-- what jobs used was of one purpose; now it is of the job's kind
UPDATE `usages` SET `purpose` = COALESCE((SELECT `kind` FROM `jobs` WHERE `jobs`.`id` = `usages`.`job_id`), 'TEXT') WHERE `purpose` = 'JOB';
-- what was used before counts on its day in the zone that is the default
UPDATE `usages` SET `day` = date(datetime(`created_at`), '+9 hours') WHERE `day` = '';

