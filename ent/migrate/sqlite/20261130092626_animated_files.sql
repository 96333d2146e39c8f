-- +goose Up
-- disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- create "new_files" table
CREATE TABLE `new_files` (`id` uuid NOT NULL, `user_id` uuid NOT NULL, `name` text NOT NULL, `is_animated` bool NOT NULL DEFAULT (false), `status` text NOT NULL DEFAULT ('UPLOADING'), `ready_at` datetime NULL, `created_at` datetime NOT NULL, `object_key` text NULL, `mime_type` text NOT NULL DEFAULT (''), `bytes` integer NOT NULL DEFAULT (0), `sha256` text NOT NULL DEFAULT (''), `width` integer NULL, `height` integer NULL, `seconds` real NULL, `thumbnail_key` text NULL, `thumbnail_width` integer NULL, `thumbnail_height` integer NULL, PRIMARY KEY (`id`));
-- copy rows from old table "files" to new temporary table "new_files"
INSERT INTO `new_files` (`id`, `user_id`, `name`, `status`, `ready_at`, `created_at`, `object_key`, `mime_type`, `bytes`, `sha256`, `width`, `height`, `seconds`, `thumbnail_key`, `thumbnail_width`, `thumbnail_height`) SELECT `id`, `user_id`, `name`, `status`, `ready_at`, `created_at`, `object_key`, `mime_type`, `bytes`, `sha256`, `width`, `height`, `seconds`, `thumbnail_key`, `thumbnail_width`, `thumbnail_height` FROM `files`;
-- drop "files" table after copying rows
DROP TABLE `files`;
-- rename temporary table "new_files" to "files"
ALTER TABLE `new_files` RENAME TO `files`;
-- create index "file_user_id_id" to table: "files"
CREATE INDEX `file_user_id_id` ON `files` (`user_id`, `id`);
-- create index "file_status_created_at" to table: "files"
CREATE INDEX `file_status_created_at` ON `files` (`status`, `created_at`);
-- enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;

-- +goose Down
-- reverse: create index "file_status_created_at" to table: "files"
DROP INDEX `file_status_created_at`;
-- reverse: create index "file_user_id_id" to table: "files"
DROP INDEX `file_user_id_id`;
-- reverse: create "new_files" table
DROP TABLE `new_files`;
