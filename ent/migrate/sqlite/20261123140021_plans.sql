-- +goose Up
-- disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- create "new_chats" table
CREATE TABLE `new_chats` (`id` uuid NOT NULL, `folder_id` uuid NULL, `former_folder_id` uuid NULL, `deleted_with_id` uuid NULL, `title` text NOT NULL DEFAULT (''), `is_title_custom` bool NOT NULL DEFAULT (false), `model` text NOT NULL, `system_instruction` text NOT NULL DEFAULT (''), `recommended_prompts` json NOT NULL, `on_retirement` text NOT NULL DEFAULT ('ASK'), `is_pinned` bool NOT NULL DEFAULT (false), `is_archived` bool NOT NULL DEFAULT (false), `head_id` uuid NULL, `revision` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `last_activity_at` datetime NOT NULL, `deleted_at` datetime NULL, `user_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `chats_users_chats` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION);
-- copy rows from old table "chats" to new temporary table "new_chats"
INSERT INTO `new_chats` (`id`, `folder_id`, `former_folder_id`, `deleted_with_id`, `title`, `is_title_custom`, `model`, `system_instruction`, `recommended_prompts`, `is_pinned`, `is_archived`, `head_id`, `revision`, `created_at`, `last_activity_at`, `deleted_at`, `user_id`) SELECT `id`, `folder_id`, `former_folder_id`, `deleted_with_id`, `title`, `is_title_custom`, `model`, `system_instruction`, `recommended_prompts`, `is_pinned`, `is_archived`, `head_id`, `revision`, `created_at`, `last_activity_at`, `deleted_at`, `user_id` FROM `chats`;
-- drop "chats" table after copying rows
DROP TABLE `chats`;
-- rename temporary table "new_chats" to "chats"
ALTER TABLE `new_chats` RENAME TO `chats`;
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
-- add column "fallback_model" to table: "messages"
ALTER TABLE `messages` ADD COLUMN `fallback_model` text NULL;
-- add column "model" to table: "messages"
ALTER TABLE `messages` ADD COLUMN `model` text NULL;
-- add column "omitted_messages" to table: "messages"
ALTER TABLE `messages` ADD COLUMN `omitted_messages` integer NULL;
-- add column "plan_id" to table: "jobs"
ALTER TABLE `jobs` ADD COLUMN `plan_id` uuid NULL;
-- create "plans" table
CREATE TABLE `plans` (`id` uuid NOT NULL, `user_id` uuid NOT NULL, `job_id` uuid NOT NULL, `folder_id` uuid NULL, `goal` text NOT NULL, `budget_micros` integer NULL, `title` text NOT NULL, `summary` text NOT NULL, `language` text NOT NULL, `revision` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `applied_at` datetime NULL, PRIMARY KEY (`id`));
-- create index "plan_user_id_id" to table: "plans"
CREATE INDEX `plan_user_id_id` ON `plans` (`user_id`, `id`);
-- create index "plan_folder_id" to table: "plans"
CREATE INDEX `plan_folder_id` ON `plans` (`folder_id`);
-- create "plan_steps" table
CREATE TABLE `plan_steps` (`id` uuid NOT NULL, `plan_id` uuid NOT NULL, `user_id` uuid NOT NULL, `position` integer NOT NULL, `title` text NOT NULL, `intent` text NOT NULL DEFAULT (''), `kind` text NOT NULL, `model` text NOT NULL, `reason` text NOT NULL DEFAULT (''), `instruction` text NOT NULL DEFAULT (''), `prompts` json NOT NULL, `depends_on` json NOT NULL, `chat_id` uuid NULL, `created_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "planstep_plan_id_position" to table: "plan_steps"
CREATE INDEX `planstep_plan_id_position` ON `plan_steps` (`plan_id`, `position`);
-- create index "planstep_chat_id" to table: "plan_steps"
CREATE UNIQUE INDEX `planstep_chat_id` ON `plan_steps` (`chat_id`);
-- enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;

-- +goose Down
-- reverse: create index "planstep_chat_id" to table: "plan_steps"
DROP INDEX `planstep_chat_id`;
-- reverse: create index "planstep_plan_id_position" to table: "plan_steps"
DROP INDEX `planstep_plan_id_position`;
-- reverse: create "plan_steps" table
DROP TABLE `plan_steps`;
-- reverse: create index "plan_folder_id" to table: "plans"
DROP INDEX `plan_folder_id`;
-- reverse: create index "plan_user_id_id" to table: "plans"
DROP INDEX `plan_user_id_id`;
-- reverse: create "plans" table
DROP TABLE `plans`;
-- reverse: add column "plan_id" to table: "jobs"
ALTER TABLE `jobs` DROP COLUMN `plan_id`;
-- reverse: add column "omitted_messages" to table: "messages"
ALTER TABLE `messages` DROP COLUMN `omitted_messages`;
-- reverse: add column "model" to table: "messages"
ALTER TABLE `messages` DROP COLUMN `model`;
-- reverse: add column "fallback_model" to table: "messages"
ALTER TABLE `messages` DROP COLUMN `fallback_model`;
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
-- reverse: create "new_chats" table
DROP TABLE `new_chats`;
