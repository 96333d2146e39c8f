package usage

import (
	"context"
	"errors"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/store"
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

// errQuoted rolls a transaction back whose order was quoted.
var errQuoted = errors.New("usage: quoted")

type probeKey struct{}

// probe hears in a context what a transaction orders.
type probe struct{ quote *Quote }

// IsQuoting says whether ctx is of a transaction that is only quoted: what would put the action off, such as a reply that
// is still written, does not matter to what it takes.
func IsQuoting(ctx context.Context) bool {
	_, ok := ctx.Value(probeKey{}).(*probe)
	return ok
}

// Quote says what Hold would do with the order of an action. act is what the action's own transaction does, so that both come to the
// same; it is rolled back as soon as it asks for the hold, and holds nothing. What refuses the action before that is the error.
func (l *Ledger) Quote(ctx context.Context, act func(ctx context.Context, tx *store.Tx) error) (*Quote, error) {
	p := &probe{}
	err := l.Store.Tx(context.WithValue(ctx, probeKey{}, p), func(ctx context.Context, tx *store.Tx) error {
		if err := act(ctx, tx); err != nil {
			return err
		}
		return errs.New(errs.BadUserInput, "This asks no model, so it costs nothing.")
	})
	if errors.Is(err, errQuoted) {
		return p.quote, nil
	}
	return nil, err
}

// answer quotes an order in place of holding for it.
func (p *probe) answer(ctx context.Context, l *Ledger, c *ent.Client, o Order) error {
	q, err := l.quote(ctx, c, o)
	if err != nil {
		return err
	}
	p.quote = q
	return errQuoted
}

func (l *Ledger) quote(ctx context.Context, c *ent.Client, o Order) (*Quote, error) {
	q := &Quote{Model: o.Model, Most: o.units(o.IsNamed)}
	left, err := l.quota(ctx, c, o.User)
	if err != nil {
		return nil, err
	}
	if left != nil {
		amounts := left.Left()
		q.Left = &amounts
	}
	t, err := l.terms(ctx, c, o)
	if needed, ok := membership.Needed(err); ok {
		q.Refusal, q.PlanNeeded = errs.MembershipRequired, needed
		return q, nil
	}
	if err != nil {
		return nil, err
	}
	q.IsOwnKey = t.ownKey
	cost, err := l.affordable(o, t)
	if err != nil {
		return nil, err
	}
	q.price(l, o, t)
	q.refuse(l, left, t.charged(o))
	if q.Refusal != "" {
		return q, nil
	}
	if budget, err := l.budget(ctx, c, t); err != nil || budget != nil && cost > budget.left() {
		q.Refusal = errs.QuotaExceeded
		return q, err
	}
	return q, nil
}

// refuse says that too little is left of the day, and what would do.
func (q *Quote) refuse(l *Ledger, left *Quota, need membership.Amounts) {
	if left == nil || q.Left.Covers(need) {
		return
	}
	q.Refusal = errs.QuotaExceeded
	if plan, ok := l.enough(left, need); ok {
		q.PlanNeeded = plan.Type
	}
}

// price tells the range: a text may end after a token, and so may an image that is billed by tokens. Other images and videos
// cost what they cost.
func (q *Quote) price(l *Ledger, o Order, t terms) {
	most, known := l.most(o, t)
	if !known {
		return
	}
	short := o.Most
	short.Output, short.ImageOutput = min(1, short.Output), min(1, short.ImageOutput)
	least, _ := o.Model.CostOf(short, l.Now())
	q.LeastMicros, q.MostMicros = &least, &most
}
