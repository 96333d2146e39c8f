package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/weav-ai/weav/internal/oid"
)

// Message is a turn in a chat's tree. A reply also carries the run that writes it.
type Message struct{ ent.Schema }

// Fields of the Message.
func (Message) Fields() []ent.Field {
	return append(turnFields(), replyFields()...)
}

func turnFields() []ent.Field {
	return []ent.Field{
		field.UUID("id", oid.Message{}).Default(oid.New[oid.Message]).Immutable(),
		field.UUID("user_id", oid.User{}).Immutable(),
		field.UUID("chat_id", oid.Chat{}).Immutable(),
		field.UUID("parent_id", oid.Message{}).Optional().Nillable().Immutable(),
		field.UUID("job_id", oid.Job{}).Optional().Nillable().Immutable().Comment("The job whose result this message shows."),
		field.Enum("role").NamedValues("User", "USER", "Assistant", "ASSISTANT").Immutable(),
		field.Text("text").Default(""),
		field.Enum("status").NamedValues(
			"Pending", "PENDING", "Streaming", "STREAMING", "Completed", "COMPLETED",
			"Stopped", "STOPPED", "Interrupted", "INTERRUPTED", "Failed", "FAILED"),
		created(),
		field.Time("started_at").Optional().Nillable(),
		field.Time("ended_at").Optional().Nillable(),
	}
}

func replyFields() []ent.Field {
	return []ent.Field{
		field.String("requested_model").Optional().Nillable().Immutable(),
		field.String("fallback_model").Optional().Nillable().Immutable().Comment("The model to ask when that fails; null: the catalogue's."),
		field.String("model").Optional().Nillable().Comment("The model of the catalogue that was asked at last."),
		field.Bool("is_own_key").Default(false).Immutable().Comment("True when the person's own key of the provider pays."),
		field.Int64("branch_tokens").Default(0).Comment("At most this many tokens has the branch up to here, the message itself included."),
		field.Int("omitted_messages").Optional().Nillable().Comment("How many older messages the model was not told."),
		field.String("answered_by").Optional().Nillable(),
		field.UUID("run_id", oid.Run{}).Optional().Nillable(),
		field.Int64("lease_until_ms").Optional().Nillable().
			Comment("End of the run's lease in milliseconds of the database's clock; null while nobody works on it."),
		field.String("node").Optional().Nillable().Comment("The name of the process (NODE_ID) whose run claimed it last."),
		field.Int("run_count").Default(0).Comment("How many runs were begun for this reply."),
		field.Int("unproven_runs").Default(0).Comment("How many runs in a row were begun and have not renewed their lease."),
		field.Time("stop_requested_at").Optional().Nillable(),
		field.Bool("provider_cancelled").Default(false),
		field.Int64("input_tokens").Optional().Nillable(),
		field.Int64("output_tokens").Optional().Nillable(),
		field.Int64("cached_input_tokens").Optional().Nillable(),
		field.Enum("usage_source").NamedValues("Provider", "PROVIDER", "Estimated", "ESTIMATED").Optional().Nillable(),
		field.Enum("finish_reason").NamedValues("Stop", "STOP", "Length", "LENGTH",
			"ContentFilter", "CONTENT_FILTER", "Refusal", "REFUSAL", "Other", "OTHER").Optional().Nillable(),
		field.String("failure_code").Optional().Nillable(),
	}
}

// Edges of the Message.
func (Message) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("chat", Chat.Type).Ref("messages").Field("chat_id").Unique().Required().Immutable(),
	}
}

// Indexes of the Message.
func (Message) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("chat_id", "id"),
		index.Fields("parent_id", "id"),
		index.Fields("user_id", "status").Annotations(entsql.IndexWhere("status IN ('PENDING', 'STREAMING')")),
		index.Fields("run_id").Unique(),
		index.Fields("job_id"),
	}
}

// Annotations of the Message.
func (Message) Annotations() []schema.Annotation { return table("messages") }
