package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/weav-ai/weav/internal/oid"
)

// IdempotencyKey remembers what a mutation did, so that repeating it does nothing more.
type IdempotencyKey struct{ ent.Schema }

// Fields of the IdempotencyKey.
func (IdempotencyKey) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.UUID("user_id", oid.User{}).Immutable(),
		field.String("mutation").Immutable(),
		field.String("key").Immutable().MaxLen(128),
		field.String("input_hash").Immutable(),
		field.String("result").Default("").Comment("JSON: the ids of what was made."),
		created(),
	}
}

// Indexes of the IdempotencyKey.
func (IdempotencyKey) Indexes() []ent.Index {
	return []ent.Index{index.Fields("user_id", "mutation", "key").Unique(), index.Fields("created_at")}
}

// Annotations of the IdempotencyKey.
func (IdempotencyKey) Annotations() []schema.Annotation { return table("idempotency_keys") }
