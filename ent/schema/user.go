package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"

	"github.com/weav-ai/weav/internal/oid"
)

// User is a person and what they set for the whole account.
type User struct{ ent.Schema }

// Fields of the User.
func (User) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", oid.User{}).Default(oid.New[oid.User]).Immutable(),
		field.String("uid").Unique().Immutable().MaxLen(255),
		field.String("email").Optional().Nillable(),
		field.String("first_name").Default(""),
		field.String("last_name").Default(""),
		field.String("photo_url").Optional().Nillable(),
		created(),
		field.Time("last_login_at").Default(now),
		field.Enum("theme").NamedValues("Dark", "DARK", "Light", "LIGHT", "System", "SYSTEM").Default("DARK"),
		field.String("accent_color").Default("#6366f1"),
		field.Enum("language").NamedValues("Korean", "KO", "English", "EN").Default("KO"),
		field.String("default_model").Optional().Nillable(),
		field.Text("default_instruction").Default(""),
		field.String("persona_name").Optional().Nillable(),
		field.Int("preferences_revision").Default(1),
	}
}

// Edges of the User.
func (User) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("sessions", Session.Type),
		edge.To("folders", Folder.Type),
		edge.To("chats", Chat.Type),
		edge.To("prompts", Prompt.Type),
	}
}

// Annotations of the User.
func (User) Annotations() []schema.Annotation { return table("users") }
