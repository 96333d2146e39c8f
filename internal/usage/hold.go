package usage

import (
	"context"
	"fmt"
	"slices"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/ledgerentry"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// Currency is the one that costs are in, as prices are.
const Currency = "USD"

// Money is an amount that somebody names as a limit.
type Money struct {
	AmountMicros int64
	Currency     string
}

// Order is what a paid action asks for.
type Order struct {
	User oid.User
	Run  oid.Run
	// Model is asked; StandIn may take its place when it fails. Nil for none.
	Model   catalog.Model
	StandIn *catalog.Model
	// IsNamed says that the person named the stand-in: one that may not be asked refuses the order then, and is
	// left out otherwise.
	IsNamed bool
	// Most is what the caps allow the model at most, StandInMost the stand-in, which has its own.
	Most, StandInMost catalog.Consumed
	// MaxCost refuses what could cost more; nil for no limit.
	MaxCost *Money
	// IsOwnKey says whether the person's own key pays, where that was decided before; nil decides it now.
	IsOwnKey *bool
}

// units are the most that an order takes of the quota. A stand-in that nobody named does not make it dearer: what it uses beyond
// the hold is ours to bear.
func (o Order) units(standIn bool) membership.Amounts {
	u := unitsOf(o.Most)
	if standIn && o.IsNamed {
		u.Tokens = max(u.Tokens, unitsOf(o.StandInMost).Tokens)
	}
	return u
}

// Held says how an order was let through.
type Held struct {
	// IsOwnKey says that the person's own key of the provider pays.
	IsOwnKey bool
	// StandIn says that the stand-in may be asked.
	StandIn bool
	// HasPriority says that it comes first in the queues.
	HasPriority bool
}

// The places in the queues: some come first.
const (
	First = 1
	Usual = 2
)

// Priority is the order's place in the queues.
func (h Held) Priority() int {
	if h.HasPriority {
		return First
	}
	return Usual
}

// Hold lets an order through and holds what it can use at most, in the transaction that stores the work. It reads
// from ctx whether an API key asks.
//
// It answers FORBIDDEN for a key or an account that may not ask, MEMBERSHIP_REQUIRED with the membership needed,
// COST_LIMIT_EXCEEDED for MaxCost, and QUOTA_EXCEEDED with what is left and when the next day begins.
func (l *Ledger) Hold(ctx context.Context, tx *store.Tx, o Order) (Held, error) {
	if p, ok := ctx.Value(probeKey{}).(*probe); ok {
		return Held{}, p.answer(ctx, l, tx.Client(), o)
	}
	t, err := l.terms(ctx, tx.Client(), o)
	if err != nil {
		return Held{}, err
	}
	cost, err := l.affordable(o, t)
	if err != nil {
		return Held{}, err
	}
	day, _ := l.day(l.Now())
	if err := l.holdBudget(ctx, tx, t, month(day), cost); err != nil {
		return Held{}, err
	}
	held := membership.Amounts{}
	if l.Plans.Billing() {
		held = t.charged(o)
	}
	if err := l.holdQuota(ctx, tx, o.User, t, day, held); err != nil {
		return Held{}, err
	}
	create := tx.Client().LedgerEntry.Create().SetRunID(o.Run).SetKind(ledgerentry.KindHold).SetUserID(o.User).SetDay(day).
		SetTokens(held.Tokens).SetImages(held.Images).SetVideoMs(held.VideoMs).SetCostMicros(cost)
	if t.grant != nil {
		create.SetAPIKeyID(t.grant.Key)
	}
	if err := create.Exec(ctx); err != nil {
		return Held{}, fmt.Errorf("usage: hold: %w", err)
	}
	return t.held(), nil
}

// terms are under which an order goes through.
type terms struct {
	membership membership.Membership
	plan       membership.Plan
	grant      *auth.Grant
	ownKey     bool
	standIn    bool
}

func (t terms) held() Held {
	return Held{IsOwnKey: t.ownKey, StandIn: t.standIn, HasPriority: t.plan.HasPriority}
}

// charged is what an order holds of the quota: nothing where somebody else pays, or nobody.
func (t terms) charged(o Order) membership.Amounts {
	if t.ownKey || (t.grant != nil && t.grant.IsTest) {
		return membership.Amounts{}
	}
	return o.units(t.standIn)
}

// terms looks up who asks and by what, and refuses what they may not ask at all.
func (l *Ledger) terms(ctx context.Context, c *ent.Client, o Order) (terms, error) {
	u, err := c.User.Get(ctx, o.User)
	if ent.IsNotFound(err) {
		return terms{}, errs.New(errs.NotFound, "This account no longer exists.")
	}
	if err != nil {
		return terms{}, fmt.Errorf("usage: read: %w", err)
	}
	if u.DeletesAt != nil {
		return terms{}, errs.New(errs.Forbidden, "This account is about to be deleted. Use `restoreAccount` first.")
	}
	t := terms{membership: l.Plans.Of(u, l.Now())}
	t.plan = l.Plans.Get(t.membership.ActsAs)
	if p, ok := auth.From(ctx); ok {
		t.grant = p.Grant
	}
	if err := t.mayAsk(l, o.Model); err != nil {
		return terms{}, err
	}
	if t.ownKey, err = l.ownKey(ctx, c, t, o); err != nil {
		return terms{}, err
	}
	t.standIn, err = t.mayStandIn(l, o)
	return t, err
}

// mayAsk refuses a model that the key or the membership does not open.
func (t terms) mayAsk(l *Ledger, m catalog.Model) error {
	if g := t.grant; g != nil {
		if g.IsTest && !m.IsSandbox {
			return errs.New(errs.Forbidden, "This is a test key: it asks models of the sandbox only, not %s.", m.ID)
		}
		if g.Models != nil && !slices.Contains(g.Models, m.ID) {
			return errs.New(errs.Forbidden, "This API key may not ask the model %s.", m.ID)
		}
	}
	if l.Catalog.Obstacle(m, catalog.Viewer{SignedIn: true, Plan: t.membership.ActsAs}) == catalog.MembershipRequired {
		return membership.ErrRequired(errs.Textf("The model %s", m.ID), m.Plan)
	}
	return nil
}

func (t terms) mayStandIn(l *Ledger, o Order) (bool, error) {
	if o.StandIn == nil {
		return false, nil
	}
	err := t.mayAsk(l, *o.StandIn)
	if err == nil && t.ownKey && o.StandIn.Provider != o.Model.Provider {
		err = errs.Input(errs.NotSupported, "fallbackModelId", "Your own key pays for %s: what takes its place must be a model of %s too.", o.Model.ID, o.Model.Provider)
	}
	if o.IsNamed {
		return err == nil, err
	}
	return err == nil && l.staysWithin(o, t), nil
}

func (l *Ledger) ownKey(ctx context.Context, c *ent.Client, t terms, o Order) (bool, error) {
	if o.IsOwnKey != nil {
		return *o.IsOwnKey, nil
	}
	if l.OwnKeys == nil || !t.plan.IncludesOwnKeys || o.Model.IsSandbox {
		return false, nil
	}
	return l.OwnKeys.Uses(ctx, c, o.User, o.Model.Provider)
}
