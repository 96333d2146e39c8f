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

// OwnKeys tells whose own keys pay for calls.
type OwnKeys interface {
	// Uses says whether a person has a key of their own for a provider.
	Uses(ctx context.Context, c *ent.Client, user oid.User, provider string) (bool, error)
}

// Parts are what a ledger is made of.
type Parts struct {
	Store   *store.Store
	Catalog *catalog.Catalog
	Plans   *membership.Plans
	// OwnKeys may be nil: nobody has any.
	OwnKeys OwnKeys
	// Zone is where days and months begin; nil for UTC.
	Zone *time.Location
	// Now is the clock; nil for the real one.
	Now func() time.Time
}

// Ledger decides whether a run may begin, and counts what it used: a run holds, in the transaction that orders it,
// the most that it can use, and when it ends what it used is settled and the rest released. Its entries are only ever
// added, one of each kind per run, and the balances of days change with them in the same transaction; so what is held
// is what was settled and released once a run has ended, and no number of calls at once passes a quota.
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

// day is the day of a moment, and when the next begins.
func (l *Ledger) day(t time.Time) (day string, next time.Time) {
	local := t.In(l.Zone)
	y, m, d := local.Date()
	return local.Format(time.DateOnly), time.Date(y, m, d+1, 0, 0, 0, 0, l.Zone).UTC()
}

// month is the month of a day.
func month(day string) string { return day[:len("2006-01")] }

// Month is the present month, as budgets count.
func (l *Ledger) Month() string {
	day, _ := l.day(l.Now())
	return month(day)
}

// nextMonth is when the next month begins.
func (l *Ledger) nextMonth() time.Time {
	y, m, _ := l.Now().In(l.Zone).Date()
	return time.Date(y, m+1, 1, 0, 0, 0, 0, l.Zone).UTC()
}

// unitsOf are the quota's amounts of what was used. An image or a video has its tokens in it.
func unitsOf(c catalog.Consumed) membership.Amounts {
	if c.Images > 0 || c.VideoMs > 0 {
		return membership.Amounts{Images: c.Images, VideoMs: c.VideoMs}
	}
	return membership.Amounts{Tokens: c.Input + c.Output}
}
