package usage

import (
	"context"
	"fmt"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/keymonth"
	"github.com/weav-ai/weav/ent/quotaday"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// Quota is the quota of a user on one day.
type Quota struct {
	Day               string
	ResetsAt          time.Time
	Limit, Used, Held membership.Amounts
}

// Left is what can still be used. A hold counts as used until its run has ended.
func (q Quota) Left() membership.Amounts { return q.Limit.Minus(q.Used.Plus(q.Held)) }

// Quota returns the quota of today; nil where billing is off.
func (l *Ledger) Quota(ctx context.Context, user oid.User) (*Quota, error) {
	return l.quota(ctx, l.Store.Client(), user)
}

// quota is Quota within any client, such as that of a transaction.
func (l *Ledger) quota(ctx context.Context, c *ent.Client, user oid.User) (*Quota, error) {
	if !l.Plans.Billing() {
		return nil, nil
	}
	m, err := l.Plans.Holder(ctx, c, user, l.Now())
	if err != nil {
		return nil, err
	}
	day, next := l.day(l.Now())
	q := &Quota{Day: day, ResetsAt: next, Limit: l.Plans.Get(m.ActsAs).Daily}
	row, err := c.QuotaDay.Query().Where(quotaday.UserID(user), quotaday.Day(day)).Only(ctx)
	if ent.IsNotFound(err) {
		return q, nil
	}
	if err != nil {
		return nil, fmt.Errorf("usage: quota: %w", err)
	}
	q.Used = membership.Amounts{Tokens: row.TokensUsed, Images: row.ImagesUsed, VideoMs: row.VideoMsUsed}
	q.Held = membership.Amounts{Tokens: row.TokensHeld, Images: row.ImagesHeld, VideoMs: row.VideoMsHeld}
	return q, nil
}

// takeQuota holds amounts of a day if they are left, in one statement. The condition is evaluated again under
// the lock of the row, so concurrent transactions cannot exceed the limit. A unit of which nothing is needed
// is not compared, since its limit may have been lowered below what is used.
const takeQuota = `INSERT INTO quota_days
		(id, user_id, day, created_at, tokens_held, images_held, video_ms_held, tokens_used, images_used, video_ms_used)
	VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0)
	ON CONFLICT (user_id, day) DO UPDATE SET
		tokens_held = quota_days.tokens_held + excluded.tokens_held,
		images_held = quota_days.images_held + excluded.images_held,
		video_ms_held = quota_days.video_ms_held + excluded.video_ms_held
	WHERE (excluded.tokens_held = 0 OR quota_days.tokens_held + quota_days.tokens_used + excluded.tokens_held <= $8)
		AND (excluded.images_held = 0 OR quota_days.images_held + quota_days.images_used + excluded.images_held <= $9)
		AND (excluded.video_ms_held = 0 OR quota_days.video_ms_held + quota_days.video_ms_used + excluded.video_ms_held <= $10)`

// holdQuota holds need of a day, or refuses it.
func (l *Ledger) holdQuota(ctx context.Context, tx *store.Tx, user oid.User, t terms, day string, need membership.Amounts) error {
	if need == (membership.Amounts{}) {
		return nil
	}
	most := t.plan.Daily
	// The insert of the day's first row evaluates no condition, so a need above the whole limit is refused
	// here.
	if !most.Covers(need) {
		return l.exceeded(ctx, tx.Client(), user, need)
	}
	done, err := tx.Client().ExecContext(ctx, takeQuota, oid.New[oid.Row](), user, day, store.Now(),
		need.Tokens, need.Images, need.VideoMs, most.Tokens, most.Images, most.VideoMs)
	if err != nil {
		return fmt.Errorf("usage: hold quota: %w", err)
	}
	n, err := done.RowsAffected()
	if err != nil {
		return fmt.Errorf("usage: hold quota: %w", err)
	}
	if n == 0 {
		return l.exceeded(ctx, tx.Client(), user, need)
	}
	return nil
}

// exceeded is the error with what is left, when more is available, and which plan would suffice.
func (l *Ledger) exceeded(ctx context.Context, c *ent.Client, user oid.User, need membership.Amounts) error {
	q, err := l.quota(ctx, c, user)
	if err != nil {
		return err
	}
	e := errs.New(errs.QuotaExceeded, "Today's quota does not have enough left for this. Wait for the next day, ask for less, or take a higher membership.").
		With("left", public(q.Left())).With("needed", public(need)).With("resetsAt", q.ResetsAt)
	if q.Limit.Covers(need) {
		e = e.Retry(q.ResetsAt.Sub(l.Now()))
	}
	if plan, ok := l.enough(q, need); ok {
		e = e.With("planNeeded", string(plan.Type))
	}
	return e
}

// enough returns the cheapest higher plan under which need would still be left.
func (l *Ledger) enough(q *Quota, need membership.Amounts) (membership.Plan, bool) {
	for _, plan := range l.Plans.All() {
		if plan.Daily != q.Limit && plan.Daily.Covers(q.Limit) && plan.Daily.Minus(q.Used.Plus(q.Held)).Covers(need) {
			return plan, true
		}
	}
	return membership.Plan{}, false
}

// public is the form in which errors report amounts.
func public(a membership.Amounts) map[string]int64 {
	return map[string]int64{"tokens": a.Tokens, "images": a.Images, "videoMs": a.VideoMs}
}

// takeBudget holds a cost of a month if the budget has it left, as takeQuota does. A negative limit is none.
const takeBudget = `INSERT INTO key_months (id, api_key_id, month, created_at, cost_micros_held, cost_micros_used)
	VALUES ($1, $2, $3, $4, $5, 0)
	ON CONFLICT (api_key_id, month) DO UPDATE SET cost_micros_held = key_months.cost_micros_held + excluded.cost_micros_held
	WHERE CAST($6 AS bigint) < 0 OR key_months.cost_micros_held + key_months.cost_micros_used + excluded.cost_micros_held <= CAST($6 AS bigint)`

// budget is what an API key may spend in the present month; nil for a key without a limit, and for a session.
type budget struct{ limit, spent int64 }

// left is what remains of the budget. A budget that was lowered below the spending leaves 0.
func (b *budget) left() int64 { return max(0, b.limit-b.spent) }

// budget reads the budget of the request's API key with the spending of this month, holds included.
func (l *Ledger) budget(ctx context.Context, c *ent.Client, t terms) (*budget, error) {
	if t.grant == nil || t.grant.Budget == nil {
		return nil, nil
	}
	b := &budget{limit: *t.grant.Budget}
	row, err := c.KeyMonth.Query().Where(keymonth.APIKeyID(t.grant.Key), keymonth.Month(l.Month())).Only(ctx)
	if ent.IsNotFound(err) {
		return b, nil
	}
	if err != nil {
		return nil, fmt.Errorf("usage: budget: %w", err)
	}
	b.spent = row.CostMicrosHeld + row.CostMicrosUsed
	return b, nil
}

// holdBudget holds the cost of a run in the month of its API key.
func (l *Ledger) holdBudget(ctx context.Context, tx *store.Tx, t terms, month string, cost int64) error {
	if t.grant == nil || cost == 0 {
		return nil
	}
	budget := int64(-1) // No limit. The spending is counted nevertheless, for when one is set.
	if t.grant.Budget != nil {
		budget = *t.grant.Budget
	}
	n := int64(0)
	if budget < 0 || cost <= budget {
		done, err := tx.Client().ExecContext(ctx, takeBudget, oid.New[oid.Row](), t.grant.Key, month, store.Now(), cost, budget)
		if err != nil {
			return fmt.Errorf("usage: hold budget: %w", err)
		}
		if n, err = done.RowsAffected(); err != nil {
			return fmt.Errorf("usage: hold budget: %w", err)
		}
	}
	if n == 0 {
		return l.overspent(ctx, tx.Client(), t, cost)
	}
	return nil
}

// overspent is the error with what is left of the budget and when the next month begins.
func (l *Ledger) overspent(ctx context.Context, c *ent.Client, t terms, cost int64) error {
	b, err := l.budget(ctx, c, t)
	if err != nil {
		return err
	}
	next := l.nextMonth()
	e := errs.New(errs.QuotaExceeded, "The monthly budget of this API key does not have enough left for this.").
		With("neededMicros", cost).With("budgetMicros", b.limit).With("leftMicros", b.left()).With("currency", Currency).With("resetsAt", next)
	if cost <= b.limit {
		e = e.Retry(next.Sub(l.Now()))
		// A retry helps only if the whole budget covers the cost.
	}
	return e
}
