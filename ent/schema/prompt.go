package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/weav-ai/weav/internal/oid"
)

// Prompt is an entry of a person's prompt library.
type Prompt struct{ ent.Schema }

// Fields of the Prompt.
func (Prompt) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", oid.Prompt{}).Default(oid.New[oid.Prompt]).Immutable(),
		field.UUID("user_id", oid.User{}).Immutable(),
		field.String("title"),
		field.Text("description").Default(""),
		field.Text("content"),
		field.Int("revision").Default(1),
		created(),
		field.Time("updated_at").Default(now),
	}
}

// Edges of the Prompt.
func (Prompt) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("prompts").Field("user_id").Unique().Required().Immutable(),
	}
}

// Indexes of the Prompt.
func (Prompt) Indexes() []ent.Index { return []ent.Index{index.Fields("user_id", "id")} }

// Annotations of the Prompt.
func (Prompt) Annotations() []schema.Annotation { return table("prompts") }
