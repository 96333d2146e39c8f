-- +goose Up
-- Which version of the program's terms an entry has. Entries of an earlier version are made again in the background.
ALTER TABLE "message_search" ADD COLUMN "version" smallint NOT NULL DEFAULT 1;
CREATE INDEX "message_search_stale" ON "message_search" ("user_id") WHERE version < 2;
