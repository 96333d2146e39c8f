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
		field.Bool("is_email_verified").Default(false).Comment("Whether the identity provider vouches for the address."),
		field.Bool("is_profile_custom").Default(false).Comment("True once the person wrote the profile: sign-ins no longer refresh it."),
		field.Enum("role").NamedValues("Member", "MEMBER", "Support", "SUPPORT", "Admin", "ADMIN").Default("MEMBER"),
		field.Enum("membership_type").NamedValues(plans...).Default("FREE"),
		field.Time("membership_expires_at").Optional().Nillable().Comment("Null has no end."),
		field.Time("membership_since").Optional().Nillable().Comment("When the present membership began, without a gap until now."),
		field.Time("deletes_at").Optional().Nillable().Comment("When the account is deleted, as its person asked; null while it stays."),
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

// Indexes of the User.
func (User) Indexes() []ent.Index {
	return []ent.Index{
		// The administration finds people by the beginning of the address, in any collation.
		index.Fields("email").Annotations(entsql.OpClass("text_pattern_ops")),
		index.Fields("deletes_at"),
	}
}

// Annotations of the User.
func (User) Annotations() []schema.Annotation { return table("users") }
