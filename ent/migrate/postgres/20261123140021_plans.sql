-- +goose Up
-- modify "chats" table
ALTER TABLE "chats" ADD COLUMN "on_retirement" character varying NOT NULL DEFAULT 'ASK';
-- modify "jobs" table
ALTER TABLE "jobs" ADD COLUMN "plan_id" uuid NULL;
-- modify "messages" table
ALTER TABLE "messages" ADD COLUMN "fallback_model" character varying NULL, ADD COLUMN "model" character varying NULL, ADD COLUMN "omitted_messages" bigint NULL;
-- create "plans" table
CREATE TABLE "plans" ("id" uuid NOT NULL, "user_id" uuid NOT NULL, "job_id" uuid NOT NULL, "folder_id" uuid NULL, "goal" text NOT NULL, "budget_micros" bigint NULL, "title" character varying NOT NULL, "summary" text NOT NULL, "language" character varying NOT NULL, "revision" bigint NOT NULL DEFAULT 1, "created_at" timestamptz NOT NULL, "updated_at" timestamptz NOT NULL, "applied_at" timestamptz NULL, PRIMARY KEY ("id"));
-- create index "plan_user_id_id" to table: "plans"
CREATE INDEX "plan_user_id_id" ON "plans" ("user_id", "id");
-- create index "plan_folder_id" to table: "plans"
CREATE INDEX "plan_folder_id" ON "plans" ("folder_id");
-- create "plan_steps" table
CREATE TABLE "plan_steps" ("id" uuid NOT NULL, "plan_id" uuid NOT NULL, "user_id" uuid NOT NULL, "position" bigint NOT NULL, "title" character varying NOT NULL, "intent" text NOT NULL DEFAULT '', "kind" character varying NOT NULL, "model" character varying NOT NULL, "reason" text NOT NULL DEFAULT '', "instruction" text NOT NULL DEFAULT '', "prompts" jsonb NOT NULL, "depends_on" jsonb NOT NULL, "chat_id" uuid NULL, "created_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- create index "planstep_plan_id_position" to table: "plan_steps"
CREATE INDEX "planstep_plan_id_position" ON "plan_steps" ("plan_id", "position");
-- create index "planstep_chat_id" to table: "plan_steps"
CREATE UNIQUE INDEX "planstep_chat_id" ON "plan_steps" ("chat_id");

-- +goose Down
-- reverse: create index "planstep_chat_id" to table: "plan_steps"
DROP INDEX "planstep_chat_id";
-- reverse: create index "planstep_plan_id_position" to table: "plan_steps"
DROP INDEX "planstep_plan_id_position";
-- reverse: create "plan_steps" table
DROP TABLE "plan_steps";
-- reverse: create index "plan_folder_id" to table: "plans"
DROP INDEX "plan_folder_id";
-- reverse: create index "plan_user_id_id" to table: "plans"
DROP INDEX "plan_user_id_id";
-- reverse: create "plans" table
DROP TABLE "plans";
-- reverse: modify "messages" table
ALTER TABLE "messages" DROP COLUMN "omitted_messages", DROP COLUMN "model", DROP COLUMN "fallback_model";
-- reverse: modify "jobs" table
ALTER TABLE "jobs" DROP COLUMN "plan_id";
-- reverse: modify "chats" table
ALTER TABLE "chats" DROP COLUMN "on_retirement";
