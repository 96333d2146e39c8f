package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/weav-ai/weav/internal/oid"
)

// PlanStep is one step of a plan.
type PlanStep struct{ ent.Schema }

// Fields of the PlanStep.
func (PlanStep) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", oid.PlanStep{}).Default(oid.New[oid.PlanStep]).Immutable(),
		field.UUID("plan_id", oid.Plan{}).Immutable(),
		field.UUID("user_id", oid.User{}).Immutable(),
		field.Int("position").Comment("From 1."),
		field.String("title"),
		field.Text("intent").Default(""),
		field.Enum("kind").NamedValues("Text", "TEXT", "Image", "IMAGE", "Video", "VIDEO"),
		field.String("model"),
		field.Text("reason").Default(""),
		field.Text("instruction").Default(""),
		field.JSON("prompts", []string{}),
		field.JSON("depends_on", []oid.PlanStep{}).Comment("Steps of the same plan that stand before it."),
		field.UUID("chat_id", oid.Chat{}).Optional().Nillable(),
		created(),
	}
}

// Indexes of the PlanStep.
func (PlanStep) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("plan_id", "position"),
		index.Fields("chat_id").Unique(),
		index.Fields("user_id"),
	}
}

// Annotations of the PlanStep.
func (PlanStep) Annotations() []schema.Annotation { return table("plan_steps") }
