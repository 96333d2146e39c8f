package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/weav-ai/weav/internal/oid"
)

// ModelWarning is what the last look at a provider's list said of a model.
type ModelWarning struct{ ent.Schema }

// Fields of the ModelWarning.
func (ModelWarning) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", oid.Row{}).Default(oid.New[oid.Row]).Immutable(),
		field.String("provider").Immutable(),
		field.String("model").Immutable(),
		field.Enum("code").NamedValues("Gone", "GONE", "Ending", "ENDING").Immutable(),
		field.Time("shutdown_at").Optional().Nillable().Immutable(),
		field.Time("checked_at").Immutable(),
	}
}

// Indexes of the ModelWarning.
func (ModelWarning) Indexes() []ent.Index {
	return []ent.Index{index.Fields("provider", "model").Unique()}
}

// Annotations of the ModelWarning.
func (ModelWarning) Annotations() []schema.Annotation { return table("model_warnings") }
