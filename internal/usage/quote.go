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

// Quote is the most that an action takes, and whether it would be admitted.
type Quote struct {
	Model catalog.Model
	Most  membership.Amounts
	// LeastMicros and MostMicros are what the provider would charge; nil without a price.
	LeastMicros, MostMicros *int64
	IsOwnKey                bool
	// Left is what the quota has left; nil where billing is off.
	Left *membership.Amounts
	// Refusal is MembershipRequired, QuotaExceeded or empty.
	Refusal errs.Code
	// PlanNeeded is the cheapest plan that would suffice; empty when none is needed or none suffices.
	PlanNeeded catalog.Plan
}

// errQuoted rolls back a transaction whose order was quoted.
var errQuoted = errors.New("usage: quoted")

type probeKey struct{}

// probe receives, through the context, the order of a transaction that is only quoted.
type probe struct{ quote *Quote }

// IsQuoting reports whether ctx belongs to a transaction that is only quoted. Whatever would only delay the
// action, such as a reply that is still running, must not refuse it then.
func IsQuoting(ctx context.Context) bool {
	_, ok := ctx.Value(probeKey{}).(*probe)
	return ok
}

// Quote returns what Hold would do with the order of an action. act is the transaction of the action itself,
// so that quote and action agree. The transaction is rolled back as soon as it requests the hold, and holds
// nothing. An error of the action before that point is returned.
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

// answer quotes an order instead of holding for it.
func (p *probe) answer(ctx context.Context, l *Ledger, c *ent.Client, o Order) error {
	q, err := l.quote(ctx, c, o)
	if err != nil {
		return err
	}
	p.quote = q
	return errQuoted
}

// quote makes the checks of Hold. It collects refusals by membership and quota; other errors are returned.
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
	q.IsOwnKey = t.providerKey
	cost, err := l.affordable(o, t)
	if err != nil {
		return nil, err
	}
	// The price is quoted even where the quota refuses, so that an app can show both.
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

// refuse reports that too little is left of the day, and which plan would suffice.
func (q *Quote) refuse(l *Ledger, left *Quota, need membership.Amounts) {
	if left == nil || q.Left.Covers(need) {
		return
	}
	q.Refusal = errs.QuotaExceeded
	if plan, ok := l.enough(left, need); ok {
		q.PlanNeeded = plan.Type
	}
}

// price sets the range of the cost. The least is that of a text, or of an image billed by tokens, that ends
// after one token. Other images and videos have one price.
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
