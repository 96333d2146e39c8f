// Package schema describes the records. It names columns, keys and indexes, and no
// business rule: those are the domain's.
package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
)

// now is the time as both databases keep it: UTC, in whole microseconds.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// created is the moment a row was stored.
func created() ent.Field {
	return field.Time("created_at").Default(now).Immutable()
}

// table names the table an entity is kept in.
func table(name string) []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: name}}
}
