-- +goose Up
-- modify "jobs" table
ALTER TABLE "jobs" ADD COLUMN "made_at" timestamptz NULL, ADD COLUMN "kept_until" timestamptz NULL, ADD COLUMN "failed_polls" bigint NULL, ADD COLUMN "continued_by_id" uuid NULL;

-- +goose Down
-- reverse: modify "jobs" table
ALTER TABLE "jobs" DROP COLUMN "continued_by_id", DROP COLUMN "failed_polls", DROP COLUMN "kept_until", DROP COLUMN "made_at";
