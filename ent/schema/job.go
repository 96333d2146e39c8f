package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/weav-ai/weav/internal/oid"
)

// Job is a piece of work that a person ordered: a text, an image, a video, a plan or prompts.
type Job struct{ ent.Schema }

// Fields of the Job.
func (Job) Fields() []ent.Field {
	fields := append(orderFields(), workFields()...)
	return append(fields, outcomeFields()...)
}

// orderFields say what was ordered.
func orderFields() []ent.Field {
	return []ent.Field{
		field.UUID("id", oid.Job{}).Default(oid.New[oid.Job]).Immutable(),
		field.UUID("user_id", oid.User{}).Immutable(),
		field.Enum("kind").NamedValues("Text", "TEXT", "Image", "IMAGE", "Video", "VIDEO",
			"Plan", "PLAN", "Prompts", "PROMPTS", "Export", "EXPORT").Immutable(),
		field.String("model").Immutable(),
		field.String("provider").Immutable(),
		field.JSON("arguments", json.RawMessage{}).Immutable().Comment("What the kind needs, defaults applied."),
		field.UUID("chat_id", oid.Chat{}).Optional().Nillable().Comment("The chat that shows it; null once that is gone."),
		field.UUID("message_id", oid.Message{}).Optional().Nillable(),
		field.UUID("plan_id", oid.Plan{}).Optional().Nillable().Comment("The plan it made, or planned anew."),
		field.UUID("retry_of_id", oid.Job{}).Optional().Nillable().Immutable(),
		field.Int("priority").Default(1).Immutable().Comment("1 is first, as the queue counts."),
		field.Bool("is_own_key").Default(false).Immutable().Comment("True when the person's own key of the provider pays."),
		field.Bool("store_result").Default(true).Immutable(),
		created(),
	}
}

// workFields say where the work stands.
func workFields() []ent.Field {
	return []ent.Field{
		field.Enum("status").NamedValues("InQueue", "IN_QUEUE", "InProgress", "IN_PROGRESS",
			"Completed", "COMPLETED", "Failed", "FAILED", "Cancelled", "CANCELLED").Default("IN_QUEUE"),
		field.Bool("is_waiting").Default(false).
			Comment("True while it waits for one of the person's places; it is in no queue then."),
		field.UUID("run_id", oid.Run{}),
		field.Int64("lease_until_ms").Optional().Nillable().
			Comment("End of the run's lease in milliseconds of the database's clock; null while nobody works on it."),
		field.String("node").Optional().Nillable().Comment("The name of the process (NODE_ID) whose run claimed it last."),
		field.Int("unproven_runs").Default(0).
			Comment("How many runs in a row were begun before the call and have not renewed their lease."),
		field.Int("lost_runs").Default(0).Comment("How many runs were lost before the call and begun again."),
		field.Bool("is_parked").Default(false).Comment("True while a video is made at the provider and nobody polls it."),
		field.Int("attempt").Default(0).Comment("How many attempts were begun."),
		field.Time("call_started_at").Optional().Nillable().
			Comment("Set before the paid call: a run that is lost behind it cannot be repeated."),
		field.String("provider_ref").Optional().Nillable().Sensitive(),
		field.Time("made_at").Optional().Nillable().
			Comment("When the provider was first seen to have made the video: from then on only its file is missing."),
		field.Time("kept_until").Optional().Nillable().
			Comment("Until when a retry can go on from provider_ref; null when there is nothing to go on from."),
		field.Int("failed_polls").Optional().Comment("How many polls and downloads failed since the last that did not."),
		field.UUID("continued_by_id", oid.Job{}).Optional().Nillable().
			Comment("The retry that took provider_ref over; null while nobody did. At most one does."),
		field.String("phase").Default(""),
		field.Float("progress").Optional().Nillable(),
		field.Text("text").Default("").Comment("What a text job has written, as of the last checkpoint; at the end, all, however it ended."),
		field.Time("cancel_requested_at").Optional().Nillable(),
		field.Time("queued_at").Optional().Nillable().Comment("When it got its place in the queue."),
		field.Time("started_at").Optional().Nillable(),
		field.Time("deadline_at").Optional().Nillable(),
		field.Time("ended_at").Optional().Nillable(),
		field.Time("updated_at").Default(now),
	}
}

// outcomeFields say what came of it.
func outcomeFields() []ent.Field {
	return []ent.Field{
		field.String("answered_by").Optional().Nillable(),
		field.Text("revised_prompt").Default(""),
		field.Enum("finish_reason").NamedValues("Stop", "STOP", "Length", "LENGTH",
			"ContentFilter", "CONTENT_FILTER", "Refusal", "REFUSAL", "Other", "OTHER").Optional().Nillable(),
		field.String("failure_code").Optional().Nillable(),
		field.Int64("input_tokens").Optional().Nillable(),
		field.Int64("output_tokens").Optional().Nillable(),
		field.Int64("cached_input_tokens").Optional().Nillable(),
		field.Int64("images").Optional().Nillable(),
		field.Int64("video_ms").Optional().Nillable(),
		field.Enum("usage_source").NamedValues("Provider", "PROVIDER", "Estimated", "ESTIMATED").Optional().Nillable(),
		field.Time("expires_at").Optional().Nillable().Comment("When the result of a job that stores none goes."),
		field.Bool("is_result_gone").Default(false),
	}
}

// Indexes of the Job.
func (Job) Indexes() []ent.Index {
	const unfinished = "status IN ('IN_QUEUE', 'IN_PROGRESS')"
	return []ent.Index{
		index.Fields("user_id", "id"),
		index.Fields("user_id", "kind", "id"),
		index.Fields("user_id", "is_waiting").Annotations(entsql.IndexWhere(unfinished)),
		index.Fields("kind", "status", "priority", "queued_at").Annotations(entsql.IndexWhere(unfinished)),
		index.Fields("run_id").Unique(),
		index.Fields("chat_id"),
		index.Fields("expires_at"),
		index.Fields("ended_at"),
	}
}

// Annotations of the Job.
func (Job) Annotations() []schema.Annotation { return table("jobs") }

// JobStep is an entry of a job's timeline.
type JobStep struct{ ent.Schema }

// Fields of the JobStep.
func (JobStep) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", oid.Row{}).Default(oid.New[oid.Row]).Immutable(),
		field.UUID("job_id", oid.Job{}).Immutable(),
		field.Enum("type").NamedValues("Created", "CREATED", "Waiting", "WAITING", "Queued", "QUEUED",
			"Started", "STARTED", "Submitted", "SUBMITTED", "AttemptFailed", "ATTEMPT_FAILED",
			"Resumed", "RESUMED", "CancelRequested", "CANCEL_REQUESTED",
			"Completed", "COMPLETED", "Failed", "FAILED", "Cancelled", "CANCELLED").Immutable(),
		field.Int("attempt").Optional().Nillable().Immutable(),
		field.String("code").Optional().Nillable().Immutable(),
		field.Int64("wait_ms").Optional().Nillable().Immutable(),
		created(),
	}
}

// Indexes of the JobStep.
func (JobStep) Indexes() []ent.Index { return []ent.Index{index.Fields("job_id", "id")} }

// Annotations of the JobStep.
func (JobStep) Annotations() []schema.Annotation { return table("job_steps") }
