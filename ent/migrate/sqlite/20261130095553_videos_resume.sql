-- +goose Up
-- add column "made_at" to table: "jobs"
ALTER TABLE `jobs` ADD COLUMN `made_at` datetime NULL;
-- add column "kept_until" to table: "jobs"
ALTER TABLE `jobs` ADD COLUMN `kept_until` datetime NULL;
-- add column "failed_polls" to table: "jobs"
ALTER TABLE `jobs` ADD COLUMN `failed_polls` integer NULL;
-- add column "continued_by_id" to table: "jobs"
ALTER TABLE `jobs` ADD COLUMN `continued_by_id` uuid NULL;

-- +goose Down
-- reverse: add column "continued_by_id" to table: "jobs"
ALTER TABLE `jobs` DROP COLUMN `continued_by_id`;
-- reverse: add column "failed_polls" to table: "jobs"
ALTER TABLE `jobs` DROP COLUMN `failed_polls`;
-- reverse: add column "kept_until" to table: "jobs"
ALTER TABLE `jobs` DROP COLUMN `kept_until`;
-- reverse: add column "made_at" to table: "jobs"
ALTER TABLE `jobs` DROP COLUMN `made_at`;
