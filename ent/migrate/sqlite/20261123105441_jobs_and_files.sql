-- +goose Up
-- disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- create "new_messages" table
CREATE TABLE `new_messages` (`id` uuid NOT NULL, `user_id` uuid NOT NULL, `parent_id` uuid NULL, `job_id` uuid NULL, `role` text NOT NULL, `text` text NOT NULL DEFAULT (''), `status` text NOT NULL, `created_at` datetime NOT NULL, `started_at` datetime NULL, `ended_at` datetime NULL, `requested_model` text NULL, `answered_by` text NULL, `run_id` uuid NULL, `lease_until_ms` integer NULL, `run_count` integer NOT NULL DEFAULT (0), `stop_requested_at` datetime NULL, `provider_cancelled` bool NOT NULL DEFAULT (false), `input_tokens` integer NULL, `output_tokens` integer NULL, `cached_input_tokens` integer NULL, `usage_source` text NULL, `finish_reason` text NULL, `failure_code` text NULL, `chat_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `messages_chats_messages` FOREIGN KEY (`chat_id`) REFERENCES `chats` (`id`) ON DELETE NO ACTION);
-- copy rows from old table "messages" to new temporary table "new_messages"
INSERT INTO `new_messages` (`id`, `user_id`, `parent_id`, `role`, `text`, `status`, `created_at`, `started_at`, `ended_at`, `requested_model`, `answered_by`, `run_id`, `lease_until_ms`, `run_count`, `stop_requested_at`, `provider_cancelled`, `input_tokens`, `output_tokens`, `cached_input_tokens`, `usage_source`, `finish_reason`, `failure_code`, `chat_id`) SELECT `id`, `user_id`, `parent_id`, `role`, `text`, `status`, `created_at`, `started_at`, `ended_at`, `requested_model`, `answered_by`, `run_id`, `lease_until_ms`, `run_count`, `stop_requested_at`, `provider_cancelled`, `input_tokens`, `output_tokens`, `cached_input_tokens`, `usage_source`, `finish_reason`, `failure_code`, `chat_id` FROM `messages`;
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
CREATE TABLE `new_usages` (`run_id` uuid NOT NULL, `user_id` uuid NOT NULL, `chat_id` uuid NULL, `message_id` uuid NULL, `job_id` uuid NULL, `purpose` text NOT NULL, `is_charged` bool NOT NULL, `model` text NOT NULL, `input_tokens` integer NOT NULL, `output_tokens` integer NOT NULL, `cached_input_tokens` integer NOT NULL, `images` integer NOT NULL DEFAULT (0), `video_ms` integer NOT NULL DEFAULT (0), `source` text NOT NULL, `created_at` datetime NOT NULL, PRIMARY KEY (`run_id`));
-- copy rows from old table "usages" to new temporary table "new_usages"
INSERT INTO `new_usages` (`run_id`, `user_id`, `chat_id`, `message_id`, `purpose`, `is_charged`, `model`, `input_tokens`, `output_tokens`, `cached_input_tokens`, `source`, `created_at`) SELECT `run_id`, `user_id`, `chat_id`, `message_id`, `purpose`, `is_charged`, `model`, `input_tokens`, `output_tokens`, `cached_input_tokens`, `source`, `created_at` FROM `usages`;
-- drop "usages" table after copying rows
DROP TABLE `usages`;
-- rename temporary table "new_usages" to "usages"
ALTER TABLE `new_usages` RENAME TO `usages`;
-- create index "usage_user_id_created_at" to table: "usages"
CREATE INDEX `usage_user_id_created_at` ON `usages` (`user_id`, `created_at`);
-- create index "usage_job_id" to table: "usages"
CREATE UNIQUE INDEX `usage_job_id` ON `usages` (`job_id`);
-- create "artifacts" table
CREATE TABLE `artifacts` (`id` uuid NOT NULL, `user_id` uuid NOT NULL, `job_id` uuid NOT NULL, `chat_id` uuid NULL, `kind` text NOT NULL, `text` text NULL, `prompt` text NOT NULL, `model` text NOT NULL, `provider` text NOT NULL, `answered_by` text NOT NULL DEFAULT (''), `is_disclosed` bool NOT NULL DEFAULT (false), `is_favourite` bool NOT NULL DEFAULT (false), `expires_at` datetime NULL, `created_at` datetime NOT NULL, `object_key` text NULL, `mime_type` text NOT NULL DEFAULT (''), `bytes` integer NOT NULL DEFAULT (0), `sha256` text NOT NULL DEFAULT (''), `width` integer NULL, `height` integer NULL, `seconds` real NULL, `thumbnail_key` text NULL, `thumbnail_width` integer NULL, `thumbnail_height` integer NULL, PRIMARY KEY (`id`));
-- create index "artifact_user_id_id" to table: "artifacts"
CREATE INDEX `artifact_user_id_id` ON `artifacts` (`user_id`, `id`);
-- create index "artifact_user_id_kind_id" to table: "artifacts"
CREATE INDEX `artifact_user_id_kind_id` ON `artifacts` (`user_id`, `kind`, `id`);
-- create index "artifact_favourites" to table: "artifacts"
CREATE INDEX `artifact_favourites` ON `artifacts` (`user_id`, `id`) WHERE is_favourite;
-- create index "artifact_job_id" to table: "artifacts"
CREATE INDEX `artifact_job_id` ON `artifacts` (`job_id`);
-- create index "artifact_chat_id" to table: "artifacts"
CREATE INDEX `artifact_chat_id` ON `artifacts` (`chat_id`);
-- create "attachments" table
CREATE TABLE `attachments` (`id` uuid NOT NULL, `message_id` uuid NOT NULL, `chat_id` uuid NOT NULL, `position` integer NOT NULL, `file_id` uuid NULL, `artifact_id` uuid NULL, PRIMARY KEY (`id`));
-- create index "attachment_message_id_position" to table: "attachments"
CREATE UNIQUE INDEX `attachment_message_id_position` ON `attachments` (`message_id`, `position`);
-- create index "attachment_chat_id" to table: "attachments"
CREATE INDEX `attachment_chat_id` ON `attachments` (`chat_id`);
-- create index "attachment_file_id" to table: "attachments"
CREATE INDEX `attachment_file_id` ON `attachments` (`file_id`);
-- create index "attachment_artifact_id" to table: "attachments"
CREATE INDEX `attachment_artifact_id` ON `attachments` (`artifact_id`);
-- create "files" table
CREATE TABLE `files` (`id` uuid NOT NULL, `user_id` uuid NOT NULL, `name` text NOT NULL, `status` text NOT NULL DEFAULT ('UPLOADING'), `ready_at` datetime NULL, `created_at` datetime NOT NULL, `object_key` text NULL, `mime_type` text NOT NULL DEFAULT (''), `bytes` integer NOT NULL DEFAULT (0), `sha256` text NOT NULL DEFAULT (''), `width` integer NULL, `height` integer NULL, `seconds` real NULL, `thumbnail_key` text NULL, `thumbnail_width` integer NULL, `thumbnail_height` integer NULL, PRIMARY KEY (`id`));
-- create index "file_user_id_id" to table: "files"
CREATE INDEX `file_user_id_id` ON `files` (`user_id`, `id`);
-- create index "file_status_created_at" to table: "files"
CREATE INDEX `file_status_created_at` ON `files` (`status`, `created_at`);
-- create "jobs" table
CREATE TABLE `jobs` (`id` uuid NOT NULL, `user_id` uuid NOT NULL, `kind` text NOT NULL, `model` text NOT NULL, `provider` text NOT NULL, `arguments` json NOT NULL, `chat_id` uuid NULL, `message_id` uuid NULL, `retry_of_id` uuid NULL, `priority` integer NOT NULL DEFAULT (1), `store_result` bool NOT NULL DEFAULT (true), `created_at` datetime NOT NULL, `status` text NOT NULL DEFAULT ('IN_QUEUE'), `is_waiting` bool NOT NULL DEFAULT (false), `run_id` uuid NOT NULL, `lease_until_ms` integer NULL, `is_parked` bool NOT NULL DEFAULT (false), `attempt` integer NOT NULL DEFAULT (0), `call_started_at` datetime NULL, `provider_ref` text NULL, `phase` text NOT NULL DEFAULT (''), `progress` real NULL, `text` text NOT NULL DEFAULT (''), `cancel_requested_at` datetime NULL, `queued_at` datetime NULL, `started_at` datetime NULL, `deadline_at` datetime NULL, `ended_at` datetime NULL, `updated_at` datetime NOT NULL, `answered_by` text NULL, `revised_prompt` text NOT NULL DEFAULT (''), `finish_reason` text NULL, `failure_code` text NULL, `input_tokens` integer NULL, `output_tokens` integer NULL, `cached_input_tokens` integer NULL, `images` integer NULL, `video_ms` integer NULL, `usage_source` text NULL, `expires_at` datetime NULL, `is_result_gone` bool NOT NULL DEFAULT (false), PRIMARY KEY (`id`));
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
-- create "job_steps" table
CREATE TABLE `job_steps` (`id` uuid NOT NULL, `job_id` uuid NOT NULL, `type` text NOT NULL, `attempt` integer NULL, `code` text NULL, `wait_ms` integer NULL, `created_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "jobstep_job_id_id" to table: "job_steps"
CREATE INDEX `jobstep_job_id_id` ON `job_steps` (`job_id`, `id`);
-- create "objects" table
CREATE TABLE `objects` (`key` text NOT NULL, `user_id` uuid NOT NULL, `state` text NOT NULL DEFAULT ('STAGED'), `state_at` datetime NOT NULL, `checked_at` datetime NULL, `is_missing` bool NOT NULL DEFAULT (false), `created_at` datetime NOT NULL, PRIMARY KEY (`key`));
-- create index "object_state_state_at" to table: "objects"
CREATE INDEX `object_state_state_at` ON `objects` (`state`, `state_at`);
-- create index "object_checked_at" to table: "objects"
CREATE INDEX `object_checked_at` ON `objects` (`checked_at`);
-- create "share_links" table
CREATE TABLE `share_links` (`id` uuid NOT NULL, `user_id` uuid NOT NULL, `artifact_id` uuid NOT NULL, `token` text NOT NULL, `expires_at` datetime NULL, `revoked_at` datetime NULL, `view_count` integer NOT NULL DEFAULT (0), `last_viewed_at` datetime NULL, `created_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "share_links_token_key" to table: "share_links"
CREATE UNIQUE INDEX `share_links_token_key` ON `share_links` (`token`);
-- create index "sharelink_artifact_id_id" to table: "share_links"
CREATE INDEX `sharelink_artifact_id_id` ON `share_links` (`artifact_id`, `id`);
-- enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;

-- +goose Down
-- reverse: create index "sharelink_artifact_id_id" to table: "share_links"
DROP INDEX `sharelink_artifact_id_id`;
-- reverse: create index "share_links_token_key" to table: "share_links"
DROP INDEX `share_links_token_key`;
-- reverse: create "share_links" table
DROP TABLE `share_links`;
-- reverse: create index "object_checked_at" to table: "objects"
DROP INDEX `object_checked_at`;
-- reverse: create index "object_state_state_at" to table: "objects"
DROP INDEX `object_state_state_at`;
-- reverse: create "objects" table
DROP TABLE `objects`;
-- reverse: create index "jobstep_job_id_id" to table: "job_steps"
DROP INDEX `jobstep_job_id_id`;
-- reverse: create "job_steps" table
DROP TABLE `job_steps`;
-- reverse: create index "job_ended_at" to table: "jobs"
DROP INDEX `job_ended_at`;
-- reverse: create index "job_expires_at" to table: "jobs"
DROP INDEX `job_expires_at`;
-- reverse: create index "job_chat_id" to table: "jobs"
DROP INDEX `job_chat_id`;
-- reverse: create index "job_run_id" to table: "jobs"
DROP INDEX `job_run_id`;
-- reverse: create index "job_kind_status_priority_queued_at" to table: "jobs"
DROP INDEX `job_kind_status_priority_queued_at`;
-- reverse: create index "job_user_id_is_waiting" to table: "jobs"
DROP INDEX `job_user_id_is_waiting`;
-- reverse: create index "job_user_id_kind_id" to table: "jobs"
DROP INDEX `job_user_id_kind_id`;
-- reverse: create index "job_user_id_id" to table: "jobs"
DROP INDEX `job_user_id_id`;
-- reverse: create "jobs" table
DROP TABLE `jobs`;
-- reverse: create index "file_status_created_at" to table: "files"
DROP INDEX `file_status_created_at`;
-- reverse: create index "file_user_id_id" to table: "files"
DROP INDEX `file_user_id_id`;
-- reverse: create "files" table
DROP TABLE `files`;
-- reverse: create index "attachment_artifact_id" to table: "attachments"
DROP INDEX `attachment_artifact_id`;
-- reverse: create index "attachment_file_id" to table: "attachments"
DROP INDEX `attachment_file_id`;
-- reverse: create index "attachment_chat_id" to table: "attachments"
DROP INDEX `attachment_chat_id`;
-- reverse: create index "attachment_message_id_position" to table: "attachments"
DROP INDEX `attachment_message_id_position`;
-- reverse: create "attachments" table
DROP TABLE `attachments`;
-- reverse: create index "artifact_chat_id" to table: "artifacts"
DROP INDEX `artifact_chat_id`;
-- reverse: create index "artifact_job_id" to table: "artifacts"
DROP INDEX `artifact_job_id`;
-- reverse: create index "artifact_favourites" to table: "artifacts"
DROP INDEX `artifact_favourites`;
-- reverse: create index "artifact_user_id_kind_id" to table: "artifacts"
DROP INDEX `artifact_user_id_kind_id`;
-- reverse: create index "artifact_user_id_id" to table: "artifacts"
DROP INDEX `artifact_user_id_id`;
-- reverse: create "artifacts" table
DROP TABLE `artifacts`;
-- reverse: create index "usage_job_id" to table: "usages"
DROP INDEX `usage_job_id`;
-- reverse: create index "usage_user_id_created_at" to table: "usages"
DROP INDEX `usage_user_id_created_at`;
-- reverse: create "new_usages" table
DROP TABLE `new_usages`;
-- reverse: create index "message_job_id" to table: "messages"
DROP INDEX `message_job_id`;
-- reverse: create index "message_run_id" to table: "messages"
DROP INDEX `message_run_id`;
-- reverse: create index "message_user_id_status" to table: "messages"
DROP INDEX `message_user_id_status`;
-- reverse: create index "message_parent_id_id" to table: "messages"
DROP INDEX `message_parent_id_id`;
-- reverse: create index "message_chat_id_id" to table: "messages"
DROP INDEX `message_chat_id_id`;
-- reverse: create "new_messages" table
DROP TABLE `new_messages`;
