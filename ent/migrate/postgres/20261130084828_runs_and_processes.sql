-- +goose Up
-- modify "jobs" table
ALTER TABLE "jobs" ADD COLUMN "node" character varying NULL, ADD COLUMN "unproven_runs" bigint NOT NULL DEFAULT 0, ADD COLUMN "lost_runs" bigint NOT NULL DEFAULT 0;
-- modify "messages" table
ALTER TABLE "messages" ADD COLUMN "node" character varying NULL, ADD COLUMN "unproven_runs" bigint NOT NULL DEFAULT 0;

-- +goose Down
-- reverse: modify "messages" table
ALTER TABLE "messages" DROP COLUMN "unproven_runs", DROP COLUMN "node";
-- reverse: modify "jobs" table
ALTER TABLE "jobs" DROP COLUMN "lost_runs", DROP COLUMN "unproven_runs", DROP COLUMN "node";
