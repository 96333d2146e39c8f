-- +goose Up
-- modify "files" table
ALTER TABLE "files" ADD COLUMN "is_animated" boolean NOT NULL DEFAULT false;

-- +goose Down
-- reverse: modify "files" table
ALTER TABLE "files" DROP COLUMN "is_animated";
