-- +goose Up
-- modify "messages" table
ALTER TABLE "messages" ADD COLUMN "job_id" uuid NULL;
-- create index "message_job_id" to table: "messages"
CREATE INDEX "message_job_id" ON "messages" ("job_id");
-- modify "usages" table
ALTER TABLE "usages" ALTER COLUMN "chat_id" DROP NOT NULL, ALTER COLUMN "message_id" DROP NOT NULL, ADD COLUMN "job_id" uuid NULL, ADD COLUMN "images" bigint NOT NULL DEFAULT 0, ADD COLUMN "video_ms" bigint NOT NULL DEFAULT 0;
-- create index "usage_job_id" to table: "usages"
CREATE UNIQUE INDEX "usage_job_id" ON "usages" ("job_id");
-- create "artifacts" table
CREATE TABLE "artifacts" ("id" uuid NOT NULL, "user_id" uuid NOT NULL, "job_id" uuid NOT NULL, "chat_id" uuid NULL, "kind" character varying NOT NULL, "text" text NULL, "prompt" text NOT NULL, "model" character varying NOT NULL, "provider" character varying NOT NULL, "answered_by" character varying NOT NULL DEFAULT '', "is_disclosed" boolean NOT NULL DEFAULT false, "is_favourite" boolean NOT NULL DEFAULT false, "expires_at" timestamptz NULL, "created_at" timestamptz NOT NULL, "object_key" character varying NULL, "mime_type" character varying NOT NULL DEFAULT '', "bytes" bigint NOT NULL DEFAULT 0, "sha256" character varying NOT NULL DEFAULT '', "width" bigint NULL, "height" bigint NULL, "seconds" double precision NULL, "thumbnail_key" character varying NULL, "thumbnail_width" bigint NULL, "thumbnail_height" bigint NULL, PRIMARY KEY ("id"));
-- create index "artifact_user_id_id" to table: "artifacts"
CREATE INDEX "artifact_user_id_id" ON "artifacts" ("user_id", "id");
-- create index "artifact_user_id_kind_id" to table: "artifacts"
CREATE INDEX "artifact_user_id_kind_id" ON "artifacts" ("user_id", "kind", "id");
-- create index "artifact_favourites" to table: "artifacts"
CREATE INDEX "artifact_favourites" ON "artifacts" ("user_id", "id") WHERE is_favourite;
-- create index "artifact_job_id" to table: "artifacts"
CREATE INDEX "artifact_job_id" ON "artifacts" ("job_id");
-- create index "artifact_chat_id" to table: "artifacts"
CREATE INDEX "artifact_chat_id" ON "artifacts" ("chat_id");
-- create "attachments" table
CREATE TABLE "attachments" ("id" uuid NOT NULL, "message_id" uuid NOT NULL, "chat_id" uuid NOT NULL, "position" bigint NOT NULL, "file_id" uuid NULL, "artifact_id" uuid NULL, PRIMARY KEY ("id"));
-- create index "attachment_message_id_position" to table: "attachments"
CREATE UNIQUE INDEX "attachment_message_id_position" ON "attachments" ("message_id", "position");
-- create index "attachment_chat_id" to table: "attachments"
CREATE INDEX "attachment_chat_id" ON "attachments" ("chat_id");
-- create index "attachment_file_id" to table: "attachments"
CREATE INDEX "attachment_file_id" ON "attachments" ("file_id");
-- create index "attachment_artifact_id" to table: "attachments"
CREATE INDEX "attachment_artifact_id" ON "attachments" ("artifact_id");
-- create "files" table
CREATE TABLE "files" ("id" uuid NOT NULL, "user_id" uuid NOT NULL, "name" character varying NOT NULL, "status" character varying NOT NULL DEFAULT 'UPLOADING', "ready_at" timestamptz NULL, "created_at" timestamptz NOT NULL, "object_key" character varying NULL, "mime_type" character varying NOT NULL DEFAULT '', "bytes" bigint NOT NULL DEFAULT 0, "sha256" character varying NOT NULL DEFAULT '', "width" bigint NULL, "height" bigint NULL, "seconds" double precision NULL, "thumbnail_key" character varying NULL, "thumbnail_width" bigint NULL, "thumbnail_height" bigint NULL, PRIMARY KEY ("id"));
-- create index "file_user_id_id" to table: "files"
CREATE INDEX "file_user_id_id" ON "files" ("user_id", "id");
-- create index "file_status_created_at" to table: "files"
CREATE INDEX "file_status_created_at" ON "files" ("status", "created_at");
-- create "jobs" table
CREATE TABLE "jobs" ("id" uuid NOT NULL, "user_id" uuid NOT NULL, "kind" character varying NOT NULL, "model" character varying NOT NULL, "provider" character varying NOT NULL, "arguments" jsonb NOT NULL, "chat_id" uuid NULL, "message_id" uuid NULL, "retry_of_id" uuid NULL, "priority" bigint NOT NULL DEFAULT 1, "store_result" boolean NOT NULL DEFAULT true, "created_at" timestamptz NOT NULL, "status" character varying NOT NULL DEFAULT 'IN_QUEUE', "is_waiting" boolean NOT NULL DEFAULT false, "run_id" uuid NOT NULL, "lease_until_ms" bigint NULL, "is_parked" boolean NOT NULL DEFAULT false, "attempt" bigint NOT NULL DEFAULT 0, "call_started_at" timestamptz NULL, "provider_ref" character varying NULL, "phase" character varying NOT NULL DEFAULT '', "progress" double precision NULL, "text" text NOT NULL DEFAULT '', "cancel_requested_at" timestamptz NULL, "queued_at" timestamptz NULL, "started_at" timestamptz NULL, "deadline_at" timestamptz NULL, "ended_at" timestamptz NULL, "updated_at" timestamptz NOT NULL, "answered_by" character varying NULL, "revised_prompt" text NOT NULL DEFAULT '', "finish_reason" character varying NULL, "failure_code" character varying NULL, "input_tokens" bigint NULL, "output_tokens" bigint NULL, "cached_input_tokens" bigint NULL, "images" bigint NULL, "video_ms" bigint NULL, "usage_source" character varying NULL, "expires_at" timestamptz NULL, "is_result_gone" boolean NOT NULL DEFAULT false, PRIMARY KEY ("id"));
-- create index "job_user_id_id" to table: "jobs"
CREATE INDEX "job_user_id_id" ON "jobs" ("user_id", "id");
-- create index "job_user_id_kind_id" to table: "jobs"
CREATE INDEX "job_user_id_kind_id" ON "jobs" ("user_id", "kind", "id");
-- create index "job_user_id_is_waiting" to table: "jobs"
CREATE INDEX "job_user_id_is_waiting" ON "jobs" ("user_id", "is_waiting") WHERE status IN ('IN_QUEUE', 'IN_PROGRESS');
-- create index "job_kind_status_priority_queued_at" to table: "jobs"
CREATE INDEX "job_kind_status_priority_queued_at" ON "jobs" ("kind", "status", "priority", "queued_at") WHERE status IN ('IN_QUEUE', 'IN_PROGRESS');
-- create index "job_run_id" to table: "jobs"
CREATE UNIQUE INDEX "job_run_id" ON "jobs" ("run_id");
-- create index "job_chat_id" to table: "jobs"
CREATE INDEX "job_chat_id" ON "jobs" ("chat_id");
-- create index "job_expires_at" to table: "jobs"
CREATE INDEX "job_expires_at" ON "jobs" ("expires_at");
-- create index "job_ended_at" to table: "jobs"
CREATE INDEX "job_ended_at" ON "jobs" ("ended_at");
-- create "job_steps" table
CREATE TABLE "job_steps" ("id" uuid NOT NULL, "job_id" uuid NOT NULL, "type" character varying NOT NULL, "attempt" bigint NULL, "code" character varying NULL, "wait_ms" bigint NULL, "created_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- create index "jobstep_job_id_id" to table: "job_steps"
CREATE INDEX "jobstep_job_id_id" ON "job_steps" ("job_id", "id");
-- create "objects" table
CREATE TABLE "objects" ("key" character varying NOT NULL, "user_id" uuid NOT NULL, "state" character varying NOT NULL DEFAULT 'STAGED', "state_at" timestamptz NOT NULL, "checked_at" timestamptz NULL, "is_missing" boolean NOT NULL DEFAULT false, "created_at" timestamptz NOT NULL, PRIMARY KEY ("key"));
-- create index "object_state_state_at" to table: "objects"
CREATE INDEX "object_state_state_at" ON "objects" ("state", "state_at");
-- create index "object_checked_at" to table: "objects"
CREATE INDEX "object_checked_at" ON "objects" ("checked_at");
-- create "share_links" table
CREATE TABLE "share_links" ("id" uuid NOT NULL, "user_id" uuid NOT NULL, "artifact_id" uuid NOT NULL, "token" character varying NOT NULL, "expires_at" timestamptz NULL, "revoked_at" timestamptz NULL, "view_count" bigint NOT NULL DEFAULT 0, "last_viewed_at" timestamptz NULL, "created_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- create index "share_links_token_key" to table: "share_links"
CREATE UNIQUE INDEX "share_links_token_key" ON "share_links" ("token");
-- create index "sharelink_artifact_id_id" to table: "share_links"
CREATE INDEX "sharelink_artifact_id_id" ON "share_links" ("artifact_id", "id");

-- +goose Down
-- reverse: create index "sharelink_artifact_id_id" to table: "share_links"
DROP INDEX "sharelink_artifact_id_id";
-- reverse: create index "share_links_token_key" to table: "share_links"
DROP INDEX "share_links_token_key";
-- reverse: create "share_links" table
DROP TABLE "share_links";
-- reverse: create index "object_checked_at" to table: "objects"
DROP INDEX "object_checked_at";
-- reverse: create index "object_state_state_at" to table: "objects"
DROP INDEX "object_state_state_at";
-- reverse: create "objects" table
DROP TABLE "objects";
-- reverse: create index "jobstep_job_id_id" to table: "job_steps"
DROP INDEX "jobstep_job_id_id";
-- reverse: create "job_steps" table
DROP TABLE "job_steps";
-- reverse: create index "job_ended_at" to table: "jobs"
DROP INDEX "job_ended_at";
-- reverse: create index "job_expires_at" to table: "jobs"
DROP INDEX "job_expires_at";
-- reverse: create index "job_chat_id" to table: "jobs"
DROP INDEX "job_chat_id";
-- reverse: create index "job_run_id" to table: "jobs"
DROP INDEX "job_run_id";
-- reverse: create index "job_kind_status_priority_queued_at" to table: "jobs"
DROP INDEX "job_kind_status_priority_queued_at";
-- reverse: create index "job_user_id_is_waiting" to table: "jobs"
DROP INDEX "job_user_id_is_waiting";
-- reverse: create index "job_user_id_kind_id" to table: "jobs"
DROP INDEX "job_user_id_kind_id";
-- reverse: create index "job_user_id_id" to table: "jobs"
DROP INDEX "job_user_id_id";
-- reverse: create "jobs" table
DROP TABLE "jobs";
-- reverse: create index "file_status_created_at" to table: "files"
DROP INDEX "file_status_created_at";
-- reverse: create index "file_user_id_id" to table: "files"
DROP INDEX "file_user_id_id";
-- reverse: create "files" table
DROP TABLE "files";
-- reverse: create index "attachment_artifact_id" to table: "attachments"
DROP INDEX "attachment_artifact_id";
-- reverse: create index "attachment_file_id" to table: "attachments"
DROP INDEX "attachment_file_id";
-- reverse: create index "attachment_chat_id" to table: "attachments"
DROP INDEX "attachment_chat_id";
-- reverse: create index "attachment_message_id_position" to table: "attachments"
DROP INDEX "attachment_message_id_position";
-- reverse: create "attachments" table
DROP TABLE "attachments";
-- reverse: create index "artifact_chat_id" to table: "artifacts"
DROP INDEX "artifact_chat_id";
-- reverse: create index "artifact_job_id" to table: "artifacts"
DROP INDEX "artifact_job_id";
-- reverse: create index "artifact_favourites" to table: "artifacts"
DROP INDEX "artifact_favourites";
-- reverse: create index "artifact_user_id_kind_id" to table: "artifacts"
DROP INDEX "artifact_user_id_kind_id";
-- reverse: create index "artifact_user_id_id" to table: "artifacts"
DROP INDEX "artifact_user_id_id";
-- reverse: create "artifacts" table
DROP TABLE "artifacts";
-- reverse: create index "usage_job_id" to table: "usages"
DROP INDEX "usage_job_id";
-- reverse: modify "usages" table
ALTER TABLE "usages" DROP COLUMN "video_ms", DROP COLUMN "images", DROP COLUMN "job_id", ALTER COLUMN "message_id" SET NOT NULL, ALTER COLUMN "chat_id" SET NOT NULL;
-- reverse: create index "message_job_id" to table: "messages"
DROP INDEX "message_job_id";
-- reverse: modify "messages" table
ALTER TABLE "messages" DROP COLUMN "job_id";
