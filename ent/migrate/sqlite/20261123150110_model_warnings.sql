-- +goose Up
-- create "model_warnings" table
CREATE TABLE `model_warnings` (`id` uuid NOT NULL, `provider` text NOT NULL, `model` text NOT NULL, `code` text NOT NULL, `shutdown_at` datetime NULL, `checked_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "modelwarning_provider_model" to table: "model_warnings"
CREATE UNIQUE INDEX `modelwarning_provider_model` ON `model_warnings` (`provider`, `model`);

-- +goose Down
-- reverse: create index "modelwarning_provider_model" to table: "model_warnings"
DROP INDEX `modelwarning_provider_model`;
-- reverse: create "model_warnings" table
DROP TABLE `model_warnings`;
