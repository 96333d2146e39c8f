package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/weav-ai/weav/internal/oid"
)

// Usage is what one run consumed. The run is its key: a run is counted once. It
// outlives the chat, so it has no foreign key.
type Usage struct{ ent.Schema }

// Fields of the Usage.
func (Usage) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", oid.Run{}).StorageKey("run_id").Immutable(),
		field.UUID("user_id", oid.User{}).Immutable(),
		field.UUID("chat_id", oid.Chat{}).Optional().Nillable().Immutable(),
		field.UUID("message_id", oid.Message{}).Optional().Nillable().Immutable(),
		field.UUID("job_id", oid.Job{}).Optional().Nillable().Immutable(),
		field.Enum("purpose").NamedValues("Reply", "REPLY", "Title", "TITLE", "Text", "TEXT", "Image", "IMAGE", "Video", "VIDEO",
			"Plan", "PLAN", "Prompts", "PROMPTS").Immutable(),
		field.Bool("is_charged").Immutable().Comment("False for what costs the person nothing."),
		field.String("model").Immutable().Comment("As the provider names it."),
		field.String("model_id").Default("").Immutable().Comment("As the catalogue names it; empty when it does not."),
		field.UUID("api_key_id", oid.APIKey{}).Optional().Nillable().Immutable(),
		field.Bool("is_own_key").Default(false).Immutable().Comment("True for calls with the person's own key of the provider."),
		field.String("day").Default("").Immutable().Comment("The day that it counts on, in the time zone of the quotas."),
		field.Int64("cost_micros").Optional().Nillable().Immutable().Comment("What the provider asks for it, by the price of the time; null when nobody knows."),
		field.Int64("input_tokens").Immutable(),
		field.Int64("output_tokens").Immutable(),
		field.Int64("cached_input_tokens").Immutable(),
		field.Int64("images").Default(0).Immutable(),
		field.Int64("video_ms").Default(0).Immutable(),
		field.Enum("source").NamedValues("Provider", "PROVIDER", "Estimated", "ESTIMATED").Immutable(),
		created(),
	}
}

// Indexes of the Usage.
func (Usage) Indexes() []ent.Index {
	return []ent.Index{index.Fields("user_id", "created_at"), index.Fields("chat_id"), index.Fields("message_id"), index.Fields("job_id").Unique()}
}

// Annotations of the Usage.
func (Usage) Annotations() []schema.Annotation { return table("usages") }
