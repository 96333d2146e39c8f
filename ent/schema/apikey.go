package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/weav-ai/weav/internal/oid"
)

// APIKey is a key with which an integration acts for a person. Only its hash is kept.
type APIKey struct{ ent.Schema }

// Fields of the APIKey.
func (APIKey) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", oid.APIKey{}).Default(oid.New[oid.APIKey]).Immutable(),
		field.UUID("user_id", oid.User{}).Immutable(),
		field.String("name"),
		field.String("hash").Unique().Immutable().Sensitive().MaxLen(64),
		field.String("hint").Immutable().Comment("The last characters, by which the person knows it."),
		field.Strings("scopes").Immutable(),
		field.Strings("models").Optional().Immutable().Comment("Ids of the catalogue; none allows all."),
		field.Bool("is_test").Default(false).Immutable().Comment("True: it asks the sandbox's models only, free of quota."),
		field.Int64("budget_micros").Optional().Nillable().Immutable().Comment("The most it may cost in a month; null for no limit."),
		created(),
		field.Time("expires_at").Optional().Nillable().Immutable(),
		field.Time("last_used_at").Optional().Nillable(),
		field.Time("revoked_at").Optional().Nillable(),
	}
}

// Indexes of the APIKey.
func (APIKey) Indexes() []ent.Index { return []ent.Index{index.Fields("user_id", "id")} }

// Annotations of the APIKey.
func (APIKey) Annotations() []schema.Annotation { return table("api_keys") }

// ProviderKey is a person's own key of a provider, sealed.
type ProviderKey struct{ ent.Schema }

// Fields of the ProviderKey.
func (ProviderKey) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", oid.Row{}).Default(oid.New[oid.Row]).Immutable(),
		field.UUID("user_id", oid.User{}).Immutable(),
		field.String("provider").Immutable(),
		field.Text("sealed").Sensitive(),
		field.String("hint").Comment("The last characters, by which the person knows it."),
		created(),
		field.Time("updated_at").Default(now),
		field.String("last_error").Default("").Comment("Why the provider refused it last; empty when it did not."),
		field.Time("last_error_at").Optional().Nillable(),
	}
}

// Indexes of the ProviderKey.
func (ProviderKey) Indexes() []ent.Index {
	return []ent.Index{index.Fields("user_id", "provider").Unique()}
}

// Annotations of the ProviderKey.
func (ProviderKey) Annotations() []schema.Annotation { return table("provider_keys") }

// AuditEntry is what somebody of the administration did. The rows are only ever added.
type AuditEntry struct{ ent.Schema }

// Fields of the AuditEntry.
func (AuditEntry) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", oid.Audit{}).Default(oid.New[oid.Audit]).Immutable(),
		field.UUID("actor_id", oid.User{}).Immutable(),
		field.String("actor").Immutable().Comment("The actor's address at the time."),
		field.String("action").Immutable(),
		field.UUID("user_id", oid.User{}).Optional().Nillable().Immutable().Comment("Whom it was about."),
		field.String("subject").Immutable().Comment("The id of what it was done to, as the API shows it."),
		field.String("reason").Immutable(),
		field.JSON("facts", map[string]string{}).Immutable(),
		created(),
	}
}

// Indexes of the AuditEntry.
func (AuditEntry) Indexes() []ent.Index {
	return []ent.Index{index.Fields("user_id", "id"), index.Fields("actor_id", "id")}
}

// Annotations of the AuditEntry.
func (AuditEntry) Annotations() []schema.Annotation { return table("audit_entries") }
