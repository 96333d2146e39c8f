package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/weav-ai/weav/internal/oid"
)

// Chat is a conversation; its messages form a tree, head_id names the branch that is read.
type Chat struct{ ent.Schema }

// Fields of the Chat.
func (Chat) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", oid.Chat{}).Default(oid.New[oid.Chat]).Immutable(),
		field.UUID("user_id", oid.User{}).Immutable(),
		field.UUID("folder_id", oid.Folder{}).Optional().Nillable(),
		field.UUID("former_folder_id", oid.Folder{}).Optional().Nillable().
			Comment("The deleted folder that let the chat go; restoring it brings the chat back."),
		field.UUID("deleted_with_id", oid.Folder{}).Optional().Nillable().
			Comment("The folder whose deletion removed the chat."),
		field.String("title").Default(""),
		field.Bool("is_title_custom").Default(false),
		field.String("model"),
		field.Text("system_instruction").Default(""),
		field.JSON("recommended_prompts", []string{}).Default([]string{}),
		field.Enum("on_retirement").NamedValues("Ask", "ASK", "Auto", "AUTO").Default("ASK").
			Comment("What becomes of the next message when the model is retired."),
		field.Bool("is_pinned").Default(false),
		field.Bool("is_archived").Default(false),
		field.UUID("head_id", oid.Message{}).Optional().Nillable(),
		field.Int("revision").Default(1),
		created(),
		field.Time("last_activity_at").Default(now),
		field.Time("deleted_at").Optional().Nillable(),
	}
}

// Edges of the Chat.
func (Chat) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("chats").Field("user_id").Unique().Required().Immutable(),
		edge.To("messages", Message.Type),
	}
}

// Indexes of the Chat.
func (Chat) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("user_id", "is_pinned", "last_activity_at", "id"),
		index.Fields("folder_id", "is_pinned", "last_activity_at", "id"),
		index.Fields("former_folder_id"),
		index.Fields("deleted_with_id"),
		index.Fields("deleted_at"),
	}
}

// Annotations of the Chat.
func (Chat) Annotations() []schema.Annotation { return table("chats") }
