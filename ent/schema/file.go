package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/weav-ai/weav/internal/oid"
)

// mediaFields tell what a stored file is. Only keys are kept, never URLs.
func mediaFields() []ent.Field {
	return []ent.Field{
		field.String("object_key").Optional().Nillable(),
		field.String("mime_type").Default(""),
		field.Int64("bytes").Default(0),
		field.String("sha256").Default("").Comment("In hexadecimal digits."),
		field.Int("width").Optional().Nillable(),
		field.Int("height").Optional().Nillable(),
		field.Float("seconds").Optional().Nillable(),
		field.String("thumbnail_key").Optional().Nillable(),
		field.Int("thumbnail_width").Optional().Nillable(),
		field.Int("thumbnail_height").Optional().Nillable(),
	}
}

// Artifact is a product of a job.
type Artifact struct{ ent.Schema }

// Fields of the Artifact.
func (Artifact) Fields() []ent.Field {
	return append([]ent.Field{
		field.UUID("id", oid.Artifact{}).Default(oid.New[oid.Artifact]).Immutable(),
		field.UUID("user_id", oid.User{}).Immutable(),
		field.UUID("job_id", oid.Job{}).Immutable(),
		field.UUID("chat_id", oid.Chat{}).Optional().Nillable(),
		field.Enum("kind").NamedValues("Text", "TEXT", "Image", "IMAGE", "Video", "VIDEO", "File", "FILE").Immutable(),
		field.Text("text").Optional().Nillable().Comment("The content of a text; others have an object."),
		field.Text("prompt").Immutable(),
		field.String("model").Immutable(),
		field.String("provider").Immutable(),
		field.String("answered_by").Default("").Immutable(),
		field.Bool("is_disclosed").Default(false).Immutable().Comment("The file itself says that an AI made it."),
		field.Bool("is_favourite").Default(false),
		field.Time("expires_at").Optional().Nillable(),
		created(),
	}, mediaFields()...)
}

// Indexes of the Artifact.
func (Artifact) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("user_id", "id"),
		index.Fields("user_id", "kind", "id"),
		index.Fields("user_id", "id").Annotations(entsql.IndexWhere("is_favourite")).StorageKey("artifact_favourites"),
		index.Fields("job_id"),
		index.Fields("chat_id"),
	}
}

// Annotations of the Artifact.
func (Artifact) Annotations() []schema.Annotation { return table("artifacts") }

// File is what a person uploaded, or is uploading.
type File struct{ ent.Schema }

// Fields of the File.
func (File) Fields() []ent.Field {
	return append([]ent.Field{
		field.UUID("id", oid.File{}).Default(oid.New[oid.File]).Immutable(),
		field.UUID("user_id", oid.User{}).Immutable(),
		field.String("name").Comment("Its extension follows what the file was found to be."),
		field.Bool("is_animated").Default(false).Comment("It is an image that moves."),
		field.Enum("status").NamedValues("Uploading", "UPLOADING", "Ready", "READY").Default("UPLOADING"),
		field.Time("ready_at").Optional().Nillable(),
		created(),
	}, mediaFields()...)
}

// Indexes of the File.
func (File) Indexes() []ent.Index {
	return []ent.Index{index.Fields("user_id", "id"), index.Fields("status", "created_at")}
}

// Annotations of the File.
func (File) Annotations() []schema.Annotation { return table("files") }

// Object is what is, or may be, in the object store under a key. It is staged before the object
// is written and doomed with the deletion of what it belongs to, so none is ever forgotten there.
type Object struct{ ent.Schema }

// Fields of the Object.
func (Object) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").StorageKey("key").Immutable(),
		field.UUID("user_id", oid.User{}).Immutable(),
		field.Enum("state").NamedValues("Staged", "STAGED", "Live", "LIVE", "Doomed", "DOOMED").Default("STAGED"),
		field.Time("state_at").Default(now).Comment("When it came into its state."),
		field.Time("checked_at").Optional().Nillable().Comment("When it was last seen in the store."),
		field.Bool("is_missing").Default(false).Comment("It was not there when it was looked for."),
		created(),
	}
}

// Indexes of the Object.
func (Object) Indexes() []ent.Index {
	return []ent.Index{index.Fields("state", "state_at"), index.Fields("checked_at"), index.Fields("user_id")}
}

// Annotations of the Object.
func (Object) Annotations() []schema.Annotation { return table("objects") }

// Attachment is a file or an artifact that a message carries.
type Attachment struct{ ent.Schema }

// Fields of the Attachment.
func (Attachment) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", oid.Row{}).Default(oid.New[oid.Row]).Immutable(),
		field.UUID("message_id", oid.Message{}).Immutable(),
		field.UUID("chat_id", oid.Chat{}).Immutable(),
		field.Int("position").Immutable(),
		field.UUID("file_id", oid.File{}).Optional().Nillable().Immutable(),
		field.UUID("artifact_id", oid.Artifact{}).Optional().Nillable().Immutable(),
	}
}

// Indexes of the Attachment.
func (Attachment) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("message_id", "position").Unique(),
		index.Fields("chat_id"),
		index.Fields("file_id"),
		index.Fields("artifact_id"),
	}
}

// Annotations of the Attachment.
func (Attachment) Annotations() []schema.Annotation { return table("attachments") }

// ShareLink shows one artifact to each caller that has its token.
type ShareLink struct{ ent.Schema }

// Fields of the ShareLink.
func (ShareLink) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", oid.Share{}).Default(oid.New[oid.Share]).Immutable(),
		field.UUID("user_id", oid.User{}).Immutable(),
		field.UUID("artifact_id", oid.Artifact{}).Immutable(),
		field.String("token").Unique().Immutable().Sensitive(),
		field.Time("expires_at").Optional().Nillable().Immutable(),
		field.Time("revoked_at").Optional().Nillable(),
		field.Int64("view_count").Default(0),
		field.Time("last_viewed_at").Optional().Nillable(),
		created(),
	}
}

// Indexes of the ShareLink.
func (ShareLink) Indexes() []ent.Index {
	return []ent.Index{index.Fields("artifact_id", "id"), index.Fields("user_id")}
}

// Annotations of the ShareLink.
func (ShareLink) Annotations() []schema.Annotation { return table("share_links") }
