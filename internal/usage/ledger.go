package usage

import (
	"context"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// ProviderKeys reports which users have provider keys.
type ProviderKeys interface {
	// Uses reports whether a user has a provider key of a provider.
	Uses(ctx context.Context, c *ent.Client, user oid.User, provider string) (bool, error)
}

// Parts are the dependencies of a ledger.
type Parts struct {
	Store   *store.Store
	Catalog *catalog.Catalog
	Plans   *membership.Plans
	// ProviderKeys may be nil: then no user has any.
	ProviderKeys ProviderKeys
	// Zone is the time zone in which days and months begin; nil for UTC.
	Zone *time.Location
	// Now is the clock; nil for the real one.
	Now func() time.Time
}

// Ledger decides whether a run may begin, and counts what it used.
//
// A run holds the most that it can use, in the transaction that orders it. When it ends, what it used is
// settled and the rest is released. Entries are only added, one of each kind per run, and the balances of
// days change in the same transaction. So the hold of a run that has ended equals the sum of what was settled
// and released, and no number of concurrent requests exceeds a quota.
type Ledger struct {
	Parts
}

// NewLedger returns a ledger.
func NewLedger(p Parts) *Ledger {
	if p.Zone == nil {
		p.Zone = time.UTC
	}
	if p.Now == nil {
		p.Now = store.Now
	}
	return &Ledger{Parts: p}
}

// day is the date of a moment in the ledger's zone, and the beginning of the next day. Adding 24 hours would
// be wrong on days with a change to summer time.
func (l *Ledger) day(t time.Time) (day string, next time.Time) {
	local := t.In(l.Zone)
	y, m, d := local.Date()
	return local.Format(time.DateOnly), time.Date(y, m, d+1, 0, 0, 0, 0, l.Zone).UTC()
}

// month is the month of a date.
func month(day string) string { return day[:len("2006-01")] }

// Month is the present month, by which budgets count.
func (l *Ledger) Month() string {
	day, _ := l.day(l.Now())
	return month(day)
}

// nextMonth is the beginning of the next month.
func (l *Ledger) nextMonth() time.Time {
	y, m, _ := l.Now().In(l.Zone).Date()
	return time.Date(y, m+1, 1, 0, 0, 0, 0, l.Zone).UTC()
}

// unitsOf are the amounts that quotas count. An image or a video counts as such, and its tokens are not
// counted in addition.
func unitsOf(c catalog.Consumed) membership.Amounts {
	if c.Images > 0 || c.VideoMs > 0 {
		return membership.Amounts{Images: c.Images, VideoMs: c.VideoMs}
	}
	return membership.Amounts{Tokens: c.Input + c.Output}
}
