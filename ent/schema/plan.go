package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/weav-ai/weav/internal/oid"
)

// Plan is a goal broken into steps.
type Plan struct{ ent.Schema }

// Fields of the Plan.
func (Plan) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", oid.Plan{}).Default(oid.New[oid.Plan]).Immutable(),
		field.UUID("user_id", oid.User{}).Immutable(),
		field.UUID("job_id", oid.Job{}).Comment("The job that made it, or its last replan."),
		field.UUID("folder_id", oid.Folder{}).Optional().Nillable(),
		field.Text("goal").Immutable(),
		field.Int64("budget_micros").Optional().Nillable().Immutable(),
		field.String("title"),
		field.Text("summary"),
		field.String("language"),
		field.Int("revision").Default(1),
		created(),
		field.Time("updated_at").Default(now),
		field.Time("applied_at").Optional().Nillable(),
	}
}

// Indexes of the Plan.
func (Plan) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("user_id", "id"),
		index.Fields("folder_id"),
	}
}

// Annotations of the Plan.
func (Plan) Annotations() []schema.Annotation { return table("plans") }
