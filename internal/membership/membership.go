// Package membership knows what people can be members of, what each membership includes, and what holds for a person
// at a moment. The memberships are data that ships with the program and that an operator may replace.
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

// Amounts are counted by quotas.
type Amounts struct {
	Tokens, Images, VideoMs int64
}

// Plus is the sum.
func (a Amounts) Plus(b Amounts) Amounts {
	return Amounts{a.Tokens + b.Tokens, a.Images + b.Images, a.VideoMs + b.VideoMs}
}

// Minus is the difference, nowhere below zero.
func (a Amounts) Minus(b Amounts) Amounts {
	return Amounts{max(0, a.Tokens-b.Tokens), max(0, a.Images-b.Images), max(0, a.VideoMs-b.VideoMs)}
}

// AtMost is the lesser of each.
func (a Amounts) AtMost(b Amounts) Amounts {
	return Amounts{min(a.Tokens, b.Tokens), min(a.Images, b.Images), min(a.VideoMs, b.VideoMs)}
}

// Covers says whether b is nowhere more.
func (a Amounts) Covers(b Amounts) bool {
	return a.Tokens >= b.Tokens && a.Images >= b.Images && a.VideoMs >= b.VideoMs
}

// Plan is a membership that can be had.
type Plan struct {
	Type catalog.Plan
	Name catalog.Label
	// OrderName is what a payment is called, at the gateway and on the receipt.
	OrderName string
	// Amount is what Days cost, in the currency's minor units; zero for FREE.
	Amount   int64
	Currency string
	Days     int
	// Daily is what may be used a day.
	Daily           Amounts
	HasPriority     bool
	IncludesOwnKeys bool
}

// Membership is what holds for a person at a moment.
type Membership struct {
	// Holder is whose it is.
	Holder oid.User
	// Type is what was bought or given last, ActsAs what holds now.
	Type, ActsAs catalog.Plan
	IsActive     bool
	// ExpiresAt is nil for one without end.
	ExpiresAt *time.Time
}

// CanUsePremiumFeatures says whether every model, images and videos are open.
func (m Membership) CanUsePremiumFeatures() bool {
	return m.IsActive && m.ActsAs != catalog.Free
}

// Plans are the memberships of a server. They do not change while it runs.
type Plans struct {
	list    []Plan
	billing bool
}

// All returns the memberships, the cheapest first.
func (p *Plans) All() []Plan { return p.list }

// Billing says whether memberships and quotas hold.
func (p *Plans) Billing() bool { return p.billing }

// Get returns a membership by its type.
func (p *Plans) Get(t catalog.Plan) Plan {
	for _, plan := range p.list {
		if plan.Type == t {
			return plan
		}
	}
	return p.list[0]
}

// Of tells what holds for somebody at a moment. What has expired acts as FREE from that moment on. Where billing is
// off, everybody acts as PREMIUM.
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

// Holder reads what holds for a person; NOT_FOUND when the account is gone.
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

// Needed is the membership that an error of [ErrRequired] asks for; false for any other.
func Needed(err error) (catalog.Plan, bool) {
	var e *errs.Error
	if !errors.As(err, &e) || e.Code != errs.MembershipRequired {
		return "", false
	}
	plan, ok := e.Extensions["planNeeded"].(string)
	return catalog.Plan(plan), ok
}

// ErrRequired refuses what needs a higher membership.
func ErrRequired(what errs.Text, needed catalog.Plan) error {
	return errs.New(errs.MembershipRequired, "%s needs the membership %s.", what, needed).With("planNeeded", string(needed))
}
