-- +goose Up
-- Columns are added one by one: a table that is made anew would lack what other migrations add to it.
ALTER TABLE `messages` ADD COLUMN `node` text NULL;
ALTER TABLE `messages` ADD COLUMN `unproven_runs` integer NOT NULL DEFAULT 0;
ALTER TABLE `jobs` ADD COLUMN `node` text NULL;
ALTER TABLE `jobs` ADD COLUMN `unproven_runs` integer NOT NULL DEFAULT 0;
ALTER TABLE `jobs` ADD COLUMN `lost_runs` integer NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE `jobs` DROP COLUMN `lost_runs`;
ALTER TABLE `jobs` DROP COLUMN `unproven_runs`;
ALTER TABLE `jobs` DROP COLUMN `node`;
ALTER TABLE `messages` DROP COLUMN `unproven_runs`;
ALTER TABLE `messages` DROP COLUMN `node`;
