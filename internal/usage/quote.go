package usage

import (
	"context"

	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/membership"
)

// Quote is what an action takes at most, and whether it would be let through.
type Quote struct {
	Model catalog.Model
	Most  membership.Amounts
	// LeastMicros and MostMicros are what the provider would ask; nil without a price.
	LeastMicros, MostMicros *int64
	IsOwnKey                bool
	// Left is nil where billing is off.
	Left *membership.Amounts
	// Refusal is MembershipRequired, QuotaExceeded or empty.
	Refusal errs.Code
	// PlanNeeded is the cheapest membership that would do; empty when none is needed, or none would.
	PlanNeeded catalog.Plan
}

// Quote says what Hold would do with an order. It holds nothing.
func (l *Ledger) Quote(ctx context.Context, o Order) (*Quote, error) {
	c := l.Store.Client()
	q := &Quote{Model: o.Model, Most: unitsOf(o.Most)}
	left, err := l.quota(ctx, c, o.User)
	if err != nil {
		return nil, err
	}
	if left != nil {
		amounts := left.Left()
		q.Left = &amounts
	}
	t, err := l.terms(ctx, c, o)
	if errs.CodeOf(err) == errs.MembershipRequired {
		q.Refusal, q.PlanNeeded = errs.MembershipRequired, o.Model.Plan
		return q, nil
	}
	if err != nil {
		return nil, err
	}
	q.price(l, o, t)
	q.IsOwnKey = t.ownKey
	if left != nil && !q.Left.Covers(t.charged(o)) {
		q.Refusal = errs.QuotaExceeded
		if plan, ok := l.enough(left, t.charged(o)); ok {
			q.PlanNeeded = plan.Type
		}
	}
	return q, nil
}

// price tells the range: a text may end after a token, an image and a video cost what they cost.
func (q *Quote) price(l *Ledger, o Order, t terms) {
	most, known := l.most(o, t)
	if !known {
		return
	}
	short := o.Most
	short.Output = min(1, short.Output)
	least, _ := o.Model.CostOf(short, l.Now())
	q.LeastMicros, q.MostMicros = &least, &most
}
