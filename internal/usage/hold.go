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

// Currency is the currency of all costs, as of all prices.
const Currency = "USD"

// Money is an amount that a user names as a limit.
type Money struct {
	AmountMicros int64
	Currency     string
}

// Order describes paid work before it begins.
type Order struct {
	User oid.User
	Run  oid.Run
	// Model runs the work. Fallback replaces it when it fails; nil for none.
	Model    catalog.Model
	Fallback *catalog.Model
	// IsNamed says that the user named the fallback. A named fallback that may not be used refuses the order.
	// Any other is left out.
	IsNamed bool
	// Most is the most that Model can use, FallbackMost the same for Fallback, whose caps differ.
	Most, FallbackMost catalog.Consumed
	// MaxCost refuses work that could cost more; nil for no limit.
	MaxCost *Money
	// IsOwnKey says whether the user's provider key pays, where that was decided earlier; nil decides it now.
	// A retry keeps the payer of its first run.
	IsOwnKey *bool
}

// units is the most that an order takes of the quota. A fallback that the user did not name does not raise
// it: what it uses beyond the hold is not charged.
func (o Order) units(fallback bool) membership.Amounts {
	u := unitsOf(o.Most)
	if fallback && o.IsNamed {
		u.Tokens = max(u.Tokens, unitsOf(o.FallbackMost).Tokens)
	}
	return u
}

// Held is the result of a hold.
type Held struct {
	// IsOwnKey says that the user's provider key pays.
	IsOwnKey bool
	// Fallback says that the fallback may be used.
	Fallback bool
	// HasPriority says that the work comes first in the queues.
	HasPriority bool
}

// The priorities in the queues; a lower number comes first, as River has it.
const (
	First = 1
	Usual = 2
)

// Priority is the priority of the order's work in the queues.
func (h Held) Priority() int {
	if h.HasPriority {
		return First
	}
	return Usual
}

// Hold admits an order and holds the most that it can use, in the transaction that stores the work. It reads
// the API key of the request from ctx.
//
// It answers FORBIDDEN for an account or key without the right, MEMBERSHIP_REQUIRED with the plan needed,
// COST_LIMIT_EXCEEDED for MaxCost, and QUOTA_EXCEEDED with what is left and when the next day begins.
// In a transaction of [Ledger.Quote] the order is only quoted.
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
	// The month is locked before the day, here as in a settlement. Two transactions that took them in
	// different orders could wait for each other.
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

// terms are the conditions under which an order is admitted.
type terms struct {
	membership  membership.Membership
	plan        membership.Plan
	grant       *auth.Grant
	providerKey bool
	fallback    bool
}

// held is the result of a hold under these terms.
func (t terms) held() Held {
	return Held{IsOwnKey: t.providerKey, Fallback: t.fallback, HasPriority: t.plan.HasPriority}
}

// charged is what an order holds of the quota: nothing where the user's provider key pays, or where
// a test key runs the sandbox.
func (t terms) charged(o Order) membership.Amounts {
	if t.providerKey || (t.grant != nil && t.grant.IsTest) {
		return membership.Amounts{}
	}
	return o.units(t.fallback)
}

// terms reads the account, its plan and the API key, and refuses a model that they exclude. It reads within
// the transaction, so that a plan that ended meanwhile counts.
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
	if err := t.mayUse(l, o.Model); err != nil {
		return terms{}, err
	}
	if t.providerKey, err = l.usesProviderKey(ctx, c, t, o); err != nil {
		return terms{}, err
	}
	t.fallback, err = t.mayFallBack(l, o)
	return t, err
}

// mayUse refuses a model that the API key or the plan does not include.
func (t terms) mayUse(l *Ledger, m catalog.Model) error {
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

// mayFallBack reports whether the fallback may be used. Its provider must be that of the model when a
// provider key pays, since the key is valid there only.
func (t terms) mayFallBack(l *Ledger, o Order) (bool, error) {
	if o.Fallback == nil {
		return false, nil
	}
	err := t.mayUse(l, *o.Fallback)
	if err == nil && t.providerKey && o.Fallback.Provider != o.Model.Provider {
		err = errs.Input(errs.NotSupported, "fallbackModelId", "Your own key pays for %s: what takes its place must be a model of %s too.", o.Model.ID, o.Model.Provider)
	}
	if o.IsNamed {
		return err == nil, err
	}
	return err == nil && l.staysWithin(o, t), nil
}

// usesProviderKey reports whether the user's provider key pays. The sandbox needs no key, and a plan that no
// longer includes provider keys ignores the stored one.
func (l *Ledger) usesProviderKey(ctx context.Context, c *ent.Client, t terms, o Order) (bool, error) {
	if o.IsOwnKey != nil {
		return *o.IsOwnKey, nil
	}
	if l.ProviderKeys == nil || !t.plan.IncludesOwnKeys || o.Model.IsSandbox {
		return false, nil
	}
	return l.ProviderKeys.Uses(ctx, c, o.User, o.Model.Provider)
}
