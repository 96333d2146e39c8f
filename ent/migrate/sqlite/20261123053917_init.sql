-- +goose Up
-- create "chats" table
CREATE TABLE `chats` (`id` uuid NOT NULL, `folder_id` uuid NULL, `former_folder_id` uuid NULL, `deleted_with_id` uuid NULL, `title` text NOT NULL DEFAULT (''), `is_title_custom` bool NOT NULL DEFAULT (false), `model` text NOT NULL, `system_instruction` text NOT NULL DEFAULT (''), `recommended_prompts` json NOT NULL, `is_pinned` bool NOT NULL DEFAULT (false), `is_archived` bool NOT NULL DEFAULT (false), `head_id` uuid NULL, `revision` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `last_activity_at` datetime NOT NULL, `deleted_at` datetime NULL, `user_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `chats_users_chats` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION);
-- create index "chat_user_id_is_pinned_last_activity_at_id" to table: "chats"
CREATE INDEX `chat_user_id_is_pinned_last_activity_at_id` ON `chats` (`user_id`, `is_pinned`, `last_activity_at`, `id`);
-- create index "chat_folder_id_is_pinned_last_activity_at_id" to table: "chats"
CREATE INDEX `chat_folder_id_is_pinned_last_activity_at_id` ON `chats` (`folder_id`, `is_pinned`, `last_activity_at`, `id`);
-- create index "chat_former_folder_id" to table: "chats"
CREATE INDEX `chat_former_folder_id` ON `chats` (`former_folder_id`);
-- create index "chat_deleted_with_id" to table: "chats"
CREATE INDEX `chat_deleted_with_id` ON `chats` (`deleted_with_id`);
-- create index "chat_deleted_at" to table: "chats"
CREATE INDEX `chat_deleted_at` ON `chats` (`deleted_at`);
-- create "feeds" table
CREATE TABLE `feeds` (`user_id` uuid NOT NULL, `epoch` text NOT NULL, `seq` integer NOT NULL DEFAULT (0), `pruned_seq` integer NOT NULL DEFAULT (0), PRIMARY KEY (`user_id`));
-- create "feed_events" table
CREATE TABLE `feed_events` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `user_id` uuid NOT NULL, `seq` integer NOT NULL, `type` text NOT NULL, `payload` text NOT NULL, `created_at` datetime NOT NULL);
-- create index "feedevent_user_id_seq" to table: "feed_events"
CREATE UNIQUE INDEX `feedevent_user_id_seq` ON `feed_events` (`user_id`, `seq`);
-- create index "feedevent_created_at" to table: "feed_events"
CREATE INDEX `feedevent_created_at` ON `feed_events` (`created_at`);
-- create "folders" table
CREATE TABLE `folders` (`id` uuid NOT NULL, `name` text NOT NULL, `type` text NOT NULL DEFAULT ('CUSTOM'), `revision` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `deleted_at` datetime NULL, `user_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `folders_users_folders` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION);
-- create index "folder_user_id_id" to table: "folders"
CREATE INDEX `folder_user_id_id` ON `folders` (`user_id`, `id`);
-- create index "folder_deleted_at" to table: "folders"
CREATE INDEX `folder_deleted_at` ON `folders` (`deleted_at`);
-- create "idempotency_keys" table
CREATE TABLE `idempotency_keys` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `user_id` uuid NOT NULL, `mutation` text NOT NULL, `key` text NOT NULL, `input_hash` text NOT NULL, `result` text NOT NULL DEFAULT (''), `created_at` datetime NOT NULL);
-- create index "idempotencykey_user_id_mutation_key" to table: "idempotency_keys"
CREATE UNIQUE INDEX `idempotencykey_user_id_mutation_key` ON `idempotency_keys` (`user_id`, `mutation`, `key`);
-- create index "idempotencykey_created_at" to table: "idempotency_keys"
CREATE INDEX `idempotencykey_created_at` ON `idempotency_keys` (`created_at`);
-- create "messages" table
CREATE TABLE `messages` (`id` uuid NOT NULL, `user_id` uuid NOT NULL, `parent_id` uuid NULL, `role` text NOT NULL, `text` text NOT NULL DEFAULT (''), `status` text NOT NULL, `created_at` datetime NOT NULL, `started_at` datetime NULL, `ended_at` datetime NULL, `requested_model` text NULL, `answered_by` text NULL, `run_id` uuid NULL, `lease_until_ms` integer NULL, `run_count` integer NOT NULL DEFAULT (0), `stop_requested_at` datetime NULL, `provider_cancelled` bool NOT NULL DEFAULT (false), `input_tokens` integer NULL, `output_tokens` integer NULL, `cached_input_tokens` integer NULL, `usage_source` text NULL, `finish_reason` text NULL, `failure_code` text NULL, `chat_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `messages_chats_messages` FOREIGN KEY (`chat_id`) REFERENCES `chats` (`id`) ON DELETE NO ACTION);
-- create index "message_chat_id_id" to table: "messages"
CREATE INDEX `message_chat_id_id` ON `messages` (`chat_id`, `id`);
-- create index "message_parent_id_id" to table: "messages"
CREATE INDEX `message_parent_id_id` ON `messages` (`parent_id`, `id`);
-- create index "message_user_id_status" to table: "messages"
CREATE INDEX `message_user_id_status` ON `messages` (`user_id`, `status`) WHERE status IN ('PENDING', 'STREAMING');
-- create index "message_run_id" to table: "messages"
CREATE UNIQUE INDEX `message_run_id` ON `messages` (`run_id`);
-- create "prompts" table
CREATE TABLE `prompts` (`id` uuid NOT NULL, `title` text NOT NULL, `description` text NOT NULL DEFAULT (''), `content` text NOT NULL, `revision` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `user_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `prompts_users_prompts` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION);
-- create index "prompt_user_id_id" to table: "prompts"
CREATE INDEX `prompt_user_id_id` ON `prompts` (`user_id`, `id`);
-- create "refresh_tokens" table
CREATE TABLE `refresh_tokens` (`hash` text NOT NULL, `created_at` datetime NOT NULL, `expires_at` datetime NOT NULL, `used_at` datetime NULL, `session_id` uuid NOT NULL, PRIMARY KEY (`hash`), CONSTRAINT `refresh_tokens_sessions_refresh_tokens` FOREIGN KEY (`session_id`) REFERENCES `sessions` (`id`) ON DELETE NO ACTION);
-- create index "refreshtoken_session_id" to table: "refresh_tokens"
CREATE INDEX `refreshtoken_session_id` ON `refresh_tokens` (`session_id`);
-- create index "refreshtoken_expires_at" to table: "refresh_tokens"
CREATE INDEX `refreshtoken_expires_at` ON `refresh_tokens` (`expires_at`);
-- create "sessions" table
CREATE TABLE `sessions` (`id` uuid NOT NULL, `device_name` text NOT NULL DEFAULT (''), `created_at` datetime NOT NULL, `last_used_at` datetime NOT NULL, `expires_at` datetime NOT NULL, `revoked_at` datetime NULL, `user_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `sessions_users_sessions` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION);
-- create index "session_user_id_id" to table: "sessions"
CREATE INDEX `session_user_id_id` ON `sessions` (`user_id`, `id`);
-- create index "session_expires_at" to table: "sessions"
CREATE INDEX `session_expires_at` ON `sessions` (`expires_at`);
-- create "usages" table
CREATE TABLE `usages` (`run_id` uuid NOT NULL, `user_id` uuid NOT NULL, `chat_id` uuid NOT NULL, `message_id` uuid NOT NULL, `purpose` text NOT NULL, `is_charged` bool NOT NULL, `model` text NOT NULL, `input_tokens` integer NOT NULL, `output_tokens` integer NOT NULL, `cached_input_tokens` integer NOT NULL, `source` text NOT NULL, `created_at` datetime NOT NULL, PRIMARY KEY (`run_id`));
-- create index "usage_user_id_created_at" to table: "usages"
CREATE INDEX `usage_user_id_created_at` ON `usages` (`user_id`, `created_at`);
-- create "users" table
CREATE TABLE `users` (`id` uuid NOT NULL, `uid` text NOT NULL, `email` text NULL, `first_name` text NOT NULL DEFAULT (''), `last_name` text NOT NULL DEFAULT (''), `photo_url` text NULL, `created_at` datetime NOT NULL, `last_login_at` datetime NOT NULL, `theme` text NOT NULL DEFAULT ('DARK'), `accent_color` text NOT NULL DEFAULT ('#6366f1'), `language` text NOT NULL DEFAULT ('KO'), `default_model` text NULL, `default_instruction` text NOT NULL DEFAULT (''), `persona_name` text NULL, `preferences_revision` integer NOT NULL DEFAULT (1), PRIMARY KEY (`id`));
-- create index "users_uid_key" to table: "users"
CREATE UNIQUE INDEX `users_uid_key` ON `users` (`uid`);

-- +goose Down
-- reverse: create index "users_uid_key" to table: "users"
DROP INDEX `users_uid_key`;
-- reverse: create "users" table
DROP TABLE `users`;
-- reverse: create index "usage_user_id_created_at" to table: "usages"
DROP INDEX `usage_user_id_created_at`;
-- reverse: create "usages" table
DROP TABLE `usages`;
-- reverse: create index "session_expires_at" to table: "sessions"
DROP INDEX `session_expires_at`;
-- reverse: create index "session_user_id_id" to table: "sessions"
DROP INDEX `session_user_id_id`;
-- reverse: create "sessions" table
DROP TABLE `sessions`;
-- reverse: create index "refreshtoken_expires_at" to table: "refresh_tokens"
DROP INDEX `refreshtoken_expires_at`;
-- reverse: create index "refreshtoken_session_id" to table: "refresh_tokens"
DROP INDEX `refreshtoken_session_id`;
-- reverse: create "refresh_tokens" table
DROP TABLE `refresh_tokens`;
-- reverse: create index "prompt_user_id_id" to table: "prompts"
DROP INDEX `prompt_user_id_id`;
-- reverse: create "prompts" table
DROP TABLE `prompts`;
-- reverse: create index "message_run_id" to table: "messages"
DROP INDEX `message_run_id`;
-- reverse: create index "message_user_id_status" to table: "messages"
DROP INDEX `message_user_id_status`;
-- reverse: create index "message_parent_id_id" to table: "messages"
DROP INDEX `message_parent_id_id`;
-- reverse: create index "message_chat_id_id" to table: "messages"
DROP INDEX `message_chat_id_id`;
-- reverse: create "messages" table
DROP TABLE `messages`;
-- reverse: create index "idempotencykey_created_at" to table: "idempotency_keys"
DROP INDEX `idempotencykey_created_at`;
-- reverse: create index "idempotencykey_user_id_mutation_key" to table: "idempotency_keys"
DROP INDEX `idempotencykey_user_id_mutation_key`;
-- reverse: create "idempotency_keys" table
DROP TABLE `idempotency_keys`;
-- reverse: create index "folder_deleted_at" to table: "folders"
DROP INDEX `folder_deleted_at`;
-- reverse: create index "folder_user_id_id" to table: "folders"
DROP INDEX `folder_user_id_id`;
-- reverse: create "folders" table
DROP TABLE `folders`;
-- reverse: create index "feedevent_created_at" to table: "feed_events"
DROP INDEX `feedevent_created_at`;
-- reverse: create index "feedevent_user_id_seq" to table: "feed_events"
DROP INDEX `feedevent_user_id_seq`;
-- reverse: create "feed_events" table
DROP TABLE `feed_events`;
-- reverse: create "feeds" table
DROP TABLE `feeds`;
-- reverse: create index "chat_deleted_at" to table: "chats"
DROP INDEX `chat_deleted_at`;
-- reverse: create index "chat_deleted_with_id" to table: "chats"
DROP INDEX `chat_deleted_with_id`;
-- reverse: create index "chat_former_folder_id" to table: "chats"
DROP INDEX `chat_former_folder_id`;
-- reverse: create index "chat_folder_id_is_pinned_last_activity_at_id" to table: "chats"
DROP INDEX `chat_folder_id_is_pinned_last_activity_at_id`;
-- reverse: create index "chat_user_id_is_pinned_last_activity_at_id" to table: "chats"
DROP INDEX `chat_user_id_is_pinned_last_activity_at_id`;
-- reverse: create "chats" table
DROP TABLE `chats`;
