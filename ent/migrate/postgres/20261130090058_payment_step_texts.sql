-- +goose Up
-- modify "payment_steps" table
ALTER TABLE "payment_steps" ADD COLUMN "detail_text" jsonb NULL;

-- +goose Down
-- reverse: modify "payment_steps" table
ALTER TABLE "payment_steps" DROP COLUMN "detail_text";
