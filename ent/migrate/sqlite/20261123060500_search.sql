-- +goose Up
-- What texts are found by: one row per message, and one per chat for its title, whose id is then
-- the chat's. ent does not know these tables; the grams in terms are made by the program. place is
-- the time in the id, so that the full-text table, which reads in the order of its rowid, answers
-- the newest first.
CREATE TABLE `message_search` (`place` integer NOT NULL PRIMARY KEY, `user_id` uuid NOT NULL, `id` uuid NOT NULL, `chat_id` uuid NOT NULL, `is_title` bool NOT NULL);
CREATE UNIQUE INDEX `message_search_id` ON `message_search` (`id`);
CREATE INDEX `message_search_user_id_place` ON `message_search` (`user_id`, `place`);
CREATE INDEX `message_search_chat_id` ON `message_search` (`chat_id`);
-- A term may hold any character but white space.
CREATE VIRTUAL TABLE `message_search_terms` USING fts5(owner, terms, content='', contentless_delete=1, detail='column', tokenize="unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'");

-- +goose Down
DROP TABLE `message_search_terms`;
DROP TABLE `message_search`;
