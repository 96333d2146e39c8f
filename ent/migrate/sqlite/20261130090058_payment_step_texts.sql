-- +goose Up
-- add column "detail_text" to table: "payment_steps"
ALTER TABLE `payment_steps` ADD COLUMN `detail_text` json NULL;

-- +goose Down
-- reverse: add column "detail_text" to table: "payment_steps"
ALTER TABLE `payment_steps` DROP COLUMN `detail_text`;
