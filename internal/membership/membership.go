// Package membership defines the plans that users can have, what each plan includes, and which one holds for
// a user at a moment. The plans are data that ships with the program and that an operator may replace.
package membership

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
)

// Amounts are what quotas count.
type Amounts struct {
	Tokens, Images, VideoMs int64
}

// Plus is the sum.
func (a Amounts) Plus(b Amounts) Amounts {
	return Amounts{a.Tokens + b.Tokens, a.Images + b.Images, a.VideoMs + b.VideoMs}
}

// Minus is the difference, and nowhere below zero: a lowered limit leaves nothing, not a debt.
func (a Amounts) Minus(b Amounts) Amounts {
	return Amounts{max(0, a.Tokens-b.Tokens), max(0, a.Images-b.Images), max(0, a.VideoMs-b.VideoMs)}
}

// AtMost is the smaller of each amount.
func (a Amounts) AtMost(b Amounts) Amounts {
	return Amounts{min(a.Tokens, b.Tokens), min(a.Images, b.Images), min(a.VideoMs, b.VideoMs)}
}

// Covers reports whether no amount of b is larger.
func (a Amounts) Covers(b Amounts) bool {
	return a.Tokens >= b.Tokens && a.Images >= b.Images && a.VideoMs >= b.VideoMs
}

// Plan is a plan that users can have.
type Plan struct {
	Type catalog.Plan
	Name catalog.Label
	// OrderName is the name of an order at the gateway and on the receipt.
	OrderName string
	// Amount is the price of Days, in minor units of the currency; 0 for FREE.
	Amount   int64
	Currency string
	Days     int
	// Daily is the quota of a day.
	Daily           Amounts
	HasPriority     bool
	IncludesOwnKeys bool
}

// Membership is what holds for a user at a moment.
type Membership struct {
	// Holder is the user.
	Holder oid.User
	// Type is the plan that was bought or given last. ActsAs is the plan that holds now.
	Type, ActsAs catalog.Plan
	IsActive     bool
	// ExpiresAt is nil for a membership without end.
	ExpiresAt *time.Time
}

// CanUsePremiumFeatures reports whether every model, images and videos are open.
func (m Membership) CanUsePremiumFeatures() bool {
	return m.IsActive && m.ActsAs != catalog.Free
}

// Plans are the plans of a server. They do not change while it runs.
type Plans struct {
	list    []Plan
	billing bool
}

// All returns the plans, the cheapest first.
func (p *Plans) All() []Plan { return p.list }

// Billing reports whether plans and quotas are enforced.
func (p *Plans) Billing() bool { return p.billing }

// Get returns a plan by its type, and FREE for an unknown one.
func (p *Plans) Get(t catalog.Plan) Plan {
	for _, plan := range p.list {
		if plan.Type == t {
			return plan
		}
	}
	return p.list[0]
}

// Of returns what holds for a user at a moment. An expired membership acts as FREE from that moment on,
// without any job having to run. Where billing is off, every user acts as PREMIUM.
func (p *Plans) Of(u *ent.User, now time.Time) Membership {
	m := Membership{Holder: u.ID, Type: catalog.Plan(u.MembershipType), ActsAs: catalog.Free, ExpiresAt: u.MembershipExpiresAt}
	m.IsActive = m.Type == catalog.Free || m.ExpiresAt == nil || now.Before(*m.ExpiresAt)
	switch {
	case !p.billing:
		m.ActsAs = catalog.Premium
	case m.IsActive:
		m.ActsAs = m.Type
	}
	return m
}

// Holder reads what holds for a user; NOT_FOUND when the account is gone.
func (p *Plans) Holder(ctx context.Context, c *ent.Client, id oid.User, now time.Time) (Membership, error) {
	u, err := c.User.Get(ctx, id)
	if ent.IsNotFound(err) {
		return Membership{}, errs.New(errs.NotFound, "This account no longer exists.")
	}
	if err != nil {
		return Membership{}, fmt.Errorf("membership: read: %w", err)
	}
	return p.Of(u, now), nil
}

// Needed is the plan that an error of [ErrRequired] names; false for any other error.
func Needed(err error) (catalog.Plan, bool) {
	var e *errs.Error
	if !errors.As(err, &e) || e.Code != errs.MembershipRequired {
		return "", false
	}
	plan, ok := e.Extensions["planNeeded"].(string)
	return catalog.Plan(plan), ok
}

// ErrRequired refuses what needs a higher plan.
func ErrRequired(what errs.Text, needed catalog.Plan) error {
	return errs.New(errs.MembershipRequired, "%s needs the membership %s.", what, needed).With("planNeeded", string(needed))
}
