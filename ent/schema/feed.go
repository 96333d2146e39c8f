package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/weav-ai/weav/internal/oid"
)

// Feed is the head of a person's feed of events. Its row lock orders the person's commits.
type Feed struct{ ent.Schema }

// Fields of the Feed.
func (Feed) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", oid.User{}).StorageKey("user_id").Immutable(),
		field.String("epoch").Comment("Random; another epoch is another history."),
		field.Int64("seq").Default(0).Comment("The last event's number."),
		field.Int64("pruned_seq").Default(0).Comment("Events up to this number are no longer kept."),
	}
}

// Annotations of the Feed.
func (Feed) Annotations() []schema.Annotation { return table("feeds") }

// FeedEvent is one durable change of a person's data.
type FeedEvent struct{ ent.Schema }

// Fields of the FeedEvent.
func (FeedEvent) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.UUID("user_id", oid.User{}).Immutable(),
		field.Int64("seq").Immutable(),
		field.String("type").Immutable(),
		field.Text("payload").Immutable().Comment("JSON: ids and immutable facts."),
		created(),
	}
}

// Indexes of the FeedEvent.
func (FeedEvent) Indexes() []ent.Index {
	return []ent.Index{index.Fields("user_id", "seq").Unique(), index.Fields("created_at")}
}

// Annotations of the FeedEvent.
func (FeedEvent) Annotations() []schema.Annotation { return table("feed_events") }
