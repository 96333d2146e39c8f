package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/weav-ai/weav/internal/oid"
)

// Folder is a folder of chats.
type Folder struct{ ent.Schema }

// Fields of the Folder.
func (Folder) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", oid.Folder{}).Default(oid.New[oid.Folder]).Immutable(),
		field.UUID("user_id", oid.User{}).Immutable(),
		field.String("name"),
		field.Enum("type").NamedValues("Custom", "CUSTOM", "Project", "PROJECT").Default("CUSTOM").Immutable(),
		field.Int("revision").Default(1),
		created(),
		field.Time("deleted_at").Optional().Nillable(),
	}
}

// Edges of the Folder.
func (Folder) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("folders").Field("user_id").Unique().Required().Immutable(),
	}
}

// Indexes of the Folder.
func (Folder) Indexes() []ent.Index {
	return []ent.Index{index.Fields("user_id", "id"), index.Fields("deleted_at")}
}

// Annotations of the Folder.
func (Folder) Annotations() []schema.Annotation { return table("folders") }
