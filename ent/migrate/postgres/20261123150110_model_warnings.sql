-- +goose Up
-- create "model_warnings" table
CREATE TABLE "model_warnings" ("id" uuid NOT NULL, "provider" character varying NOT NULL, "model" character varying NOT NULL, "code" character varying NOT NULL, "shutdown_at" timestamptz NULL, "checked_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- create index "modelwarning_provider_model" to table: "model_warnings"
CREATE UNIQUE INDEX "modelwarning_provider_model" ON "model_warnings" ("provider", "model");

-- +goose Down
-- reverse: create index "modelwarning_provider_model" to table: "model_warnings"
DROP INDEX "modelwarning_provider_model";
-- reverse: create "model_warnings" table
DROP TABLE "model_warnings";
