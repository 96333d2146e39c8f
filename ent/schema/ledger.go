package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/weav-ai/weav/internal/oid"
)

// LedgerEntry is one step of what a run may and did consume. The rows are only ever added, which the database sees to: a run holds once,
// and once it has ended what it held is what was settled and released. They go with their person alone.
type LedgerEntry struct{ ent.Schema }

// Fields of the LedgerEntry.
func (LedgerEntry) Fields() []ent.Field {
	return append([]ent.Field{
		field.UUID("id", oid.Row{}).Default(oid.New[oid.Row]).Immutable(),
		field.UUID("run_id", oid.Run{}).Immutable(),
		field.Enum("kind").NamedValues("Hold", "HOLD", "Settle", "SETTLE", "Release", "RELEASE").Immutable(),
		field.UUID("user_id", oid.User{}).Immutable(),
		field.UUID("api_key_id", oid.APIKey{}).Optional().Nillable().Immutable(),
		field.String("day").Immutable().Comment("The day that it counts on, such as 2026-11-23, in the time zone of the quotas."),
		created(),
	}, append(amounts("", true), field.Int64("cost_micros").Default(0).Immutable())...)
}

// amounts are counted in three units.
func amounts(suffix string, immutable bool) []ent.Field {
	var out []ent.Field
	for _, unit := range []string{"tokens", "images", "video_ms"} {
		f := field.Int64(unit + suffix).Default(0)
		if immutable {
			f = f.Immutable()
		}
		out = append(out, f)
	}
	return out
}

// Indexes of the LedgerEntry.
func (LedgerEntry) Indexes() []ent.Index {
	return []ent.Index{index.Fields("run_id", "kind").Unique(), index.Fields("user_id", "day")}
}

// Annotations of the LedgerEntry.
func (LedgerEntry) Annotations() []schema.Annotation { return table("ledger_entries") }

// QuotaDay is how much of a day's quota a person holds and has used: the sums of that day's entries.
type QuotaDay struct{ ent.Schema }

// Fields of the QuotaDay.
func (QuotaDay) Fields() []ent.Field {
	fields := []ent.Field{
		field.UUID("id", oid.Row{}).Default(oid.New[oid.Row]).Immutable(),
		field.UUID("user_id", oid.User{}).Immutable(),
		field.String("day").Immutable(),
		created(),
	}
	fields = append(fields, amounts("_held", false)...)
	return append(fields, amounts("_used", false)...)
}

// Indexes of the QuotaDay.
func (QuotaDay) Indexes() []ent.Index { return []ent.Index{index.Fields("user_id", "day").Unique()} }

// Annotations of the QuotaDay.
func (QuotaDay) Annotations() []schema.Annotation { return table("quota_days") }

// KeyMonth is how much of a month's budget an API key holds and has used.
type KeyMonth struct{ ent.Schema }

// Fields of the KeyMonth.
func (KeyMonth) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", oid.Row{}).Default(oid.New[oid.Row]).Immutable(),
		field.UUID("api_key_id", oid.APIKey{}).Immutable(),
		field.String("month").Immutable().Comment("Such as 2026-11, in the time zone of the quotas."),
		field.Int64("cost_micros_held").Default(0),
		field.Int64("cost_micros_used").Default(0),
		created(),
	}
}

// Indexes of the KeyMonth.
func (KeyMonth) Indexes() []ent.Index {
	return []ent.Index{index.Fields("api_key_id", "month").Unique()}
}

// Annotations of the KeyMonth.
func (KeyMonth) Annotations() []schema.Annotation { return table("key_months") }
