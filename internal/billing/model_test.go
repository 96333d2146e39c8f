package billing_test

import (
	"fmt"
	"time"

	"github.com/weav-ai/weav/ent/feedevent"
	"github.com/weav-ai/weav/ent/membershipchange"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/ent/paymentstep"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/store/storetest"
)

// state is an answer of a gateway about a payment, or a failure to answer.
type state struct {
	name   string
	change func(*pay.Payment)
	// effect is the effect in the model.
	effect effect
}

type effect int

const (
	noEffect effect = iota
	isPaid
	isPartial
	isCancelled
	isDisputed
	hasFailed
	doesNotFit
	noAnswer
)

const half = 4950 // of 9900

var states = []state{
	{"paid", paid, isPaid},
	{"pending", is(pay.Pending), noEffect},
	{"virtual account", is(pay.VirtualAccountIssued), noEffect},
	{"failed", is(pay.Failed), hasFailed},
	{"cancelled", returned(9900), isCancelled},
	{"partial", returned(half), isPartial},
	{"disputed", disputed, isDisputed},
	{"wrong amount", func(p *pay.Payment) { p.Total++ }, doesNotFit},
	{"wrong currency", func(p *pay.Payment) { p.Currency = "USD" }, doesNotFit},
	{"test channel", func(p *pay.Payment) { p.IsTest = true }, doesNotFit},
	{"foreign store", func(p *pay.Payment) { p.StoreID = "x" }, doesNotFit},
	{"foreign user", func(p *pay.Payment) { p.Customer = "x" }, doesNotFit},
	{"404", nil, noEffect},
	{"500", nil, noAnswer},
	{"hang", nil, noAnswer},
	{"ready", is(pay.Ready), noEffect},
	{"a word nobody knows", is(pay.Unknown), noEffect},
	{"wrong order", func(p *pay.Payment) { p.OrderName = "x" }, doesNotFit},
}

// alike is how many of the last states have the effect of others: they are left out of the longest sequences.
const alike = 3

func is(s pay.Status) func(*pay.Payment) { return func(p *pay.Payment) { p.Status, p.Paid = s, 0 } }

// model is what must be true of a payment in every sequence.
type model struct {
	status   payment.Status
	granted  bool
	refunded int64
	grants   int
	days     time.Duration
	// reason is why it was rejected.
	reason string
	// isIssued says that the user was shown a virtual account.
	isIssued bool
}

// see checks a state. quiet is for a gateway that reports no dispute of a partly refunded payment: a known
// dispute continues there.
func (m *model) see(s state, quiet bool) {
	if s.name == "virtual account" && (m.status == payment.StatusPending || m.status == payment.StatusFailed) {
		m.isIssued = true
	}
	switch e := s.effect; {
	case m.status == payment.StatusRefunded || e == noEffect || e == noAnswer:
	case e == hasFailed:
		if m.status == payment.StatusPending {
			m.status = payment.StatusFailed
		}
	case e == doesNotFit:
		if !m.granted && m.status != payment.StatusDisputed {
			m.status, m.reason = payment.StatusRejected, s.name
		}
	case e == isCancelled:
		m.status, m.refunded, m.days = payment.StatusRefunded, 9900, 0
	case e == isDisputed:
		m.status, m.days = payment.StatusDisputed, 0
	case e == isPartial && quiet && m.status == payment.StatusDisputed:
		m.refunded = half
	default:
		m.money(e == isPartial)
	}
}

func (m *model) money(partly bool) {
	days := 30 * day
	if m.status = payment.StatusPaid; partly || m.refunded > 0 {
		m.status, m.refunded, days = payment.StatusPartiallyRefunded, half, days/2
	}
	if days > m.days {
		m.grants++
	}
	m.granted, m.days = true, days
}

// sources are the sources of checks.
var sources = []paymentstep.Source{paymentstep.SourceClient, paymentstep.SourceWebhook, paymentstep.SourceRecovery}

// walk moves a new payment through states, checked from sources, and compares it with the model.
func (x *harness) walk(seq []state, from []paymentstep.Source) error {
	x.vendor.works()
	x.user = storetest.User(x.t, x.st)
	p := x.prepare(catalog.Standard)
	m, changes := model{status: payment.StatusPending}, 0
	for i, s := range seq {
		x.vendor.becomes(orderOf(p), s)
		before := m
		m.see(s, x.vendor.hidesDisputes())
		if m != before {
			changes++
		}
		for range 2 { // The same again changes nothing more.
			if err := x.check(p.GatewayID, p.ID.String(), from[i], s.effect == noAnswer); err != nil {
				return fmt.Errorf("look %d: %w", i, err)
			}
		}
	}
	return x.compare(p.ID.String(), m, changes)
}

// check checks a payment from one of the sources.
func (x *harness) check(gatewayID, id string, from paymentstep.Source, noAnswer bool) error {
	ctx, s := x.t.Context(), x.Service
	if noAnswer {
		s = x.impatient
	}
	switch from {
	case paymentstep.SourceClient:
		_, err := s.Complete(ctx, x.user, id)
		return err
	case paymentstep.SourceWebhook:
		header, body := x.vendor.notice(x.key(), gatewayID)
		err := s.Notice(ctx, x.gatewayName, header, body)
		if noAnswer && errs.CodeOf(err) == errs.Unavailable {
			return nil
		}
		if noAnswer {
			return fmt.Errorf("the notice was taken without an answer: %w", err)
		}
		return err
	default:
		due := x.st.Client().Payment.Update().SetNextCheckAt(noon).Where(payment.GatewayID(gatewayID))
		if err := due.Exec(ctx); err != nil {
			return err
		}
		return s.Recover(ctx)
	}
}

// compare compares a payment and everything that depends on it with the model.
func (x *harness) compare(id string, m model, changes int) error {
	ctx := x.t.Context()
	p, err := x.Get(ctx, id)
	if err != nil {
		return err
	}
	if p.Status != m.status || p.RefundedAmount != m.refunded || (p.GrantedAt != nil) != m.granted {
		return fmt.Errorf("it is %s with %d paid back, granted %v; the model has %+v", p.Status, p.RefundedAmount, p.GrantedAt, m)
	}
	u, err := x.st.Client().User.Query().Where(user.ID(x.user)).Only(ctx)
	if err != nil {
		return err
	}
	var left time.Duration
	if u.MembershipExpiresAt != nil {
		left = u.MembershipExpiresAt.Sub(noon)
	}
	if left != m.days {
		return fmt.Errorf("%v are left; the model has %v", left, m.days)
	}
	grants, err := x.st.Client().MembershipChange.Query().
		Where(membershipchange.PaymentID(p.ID), membershipchange.KindEQ(membershipchange.KindGrant)).Count(ctx)
	if err != nil {
		return err
	}
	if grants != m.grants {
		return fmt.Errorf("%d grants, want %d", grants, m.grants)
	}
	published, err := x.st.Client().FeedEvent.Query().Where(feedevent.UserID(x.user), feedevent.Type("payment.saved")).Count(ctx)
	if err != nil {
		return err
	}
	if published != 1+changes {
		return fmt.Errorf("%d events, want %d", published, 1+changes)
	}
	return nil
}
