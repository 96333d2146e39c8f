-- +goose Up
-- What texts are found by: one row per message, and one per chat for its title, whose id is then
-- the chat's. ent does not know this table; the grams in "terms" are made by the program.
CREATE TABLE "message_search" ("user_id" uuid NOT NULL, "id" uuid NOT NULL, "chat_id" uuid NOT NULL, "is_title" boolean NOT NULL, "terms" tsvector NOT NULL, PRIMARY KEY ("user_id", "id"));
CREATE INDEX "message_search_chat_id" ON "message_search" ("chat_id");
-- Without a list of pending entries, which every search would read and now and then a write empties.
CREATE INDEX "message_search_terms" ON "message_search" USING gin ("user_id", "terms") WITH (fastupdate = off);

-- +goose Down
DROP TABLE "message_search";
