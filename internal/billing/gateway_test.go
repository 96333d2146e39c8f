package billing_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/ent/paymentstep"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/pay/paytest"
	"github.com/weav-ai/weav/internal/store/storetest"
)

// serve lets the harness take new orders at a gateway and serve those of others, as after a restart with
// other settings.
func (x *harness) serve(log *slog.Logger, present pay.Gateway, others ...pay.Gateway) {
	x.t.Helper()
	plans, err := membership.Load(membership.Settings{Billing: true})
	must(x.t, err)
	x.Service = billing.New(billing.Parts{Store: x.st, Gateway: present, Others: others, Plans: plans, Log: log},
		billing.Config{Now: x.clock, Wait: 5 * time.Second, CheckWait: 5 * time.Second})
}

var quiet = slog.New(slog.DiscardHandler)

// notifyFrom delivers a notice of a second gateway.
func (x *harness) notifyFrom(g *paytest.Sessions, p *ent.Payment, ofTransaction bool) {
	x.t.Helper()
	body := g.Body(p.GatewayID, ofTransaction)
	must(x.t, x.Service.Notice(x.t.Context(), g.Name(), paytest.Sign("msg_"+x.key(), time.Now(), body, g.WebhookSecret), body))
}

// TestAPaymentStaysWithItsGateway: the operator changes the gateway for new orders while a payment is pending
// and its notice is lost.
func TestAPaymentStaysWithItsGateway(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		sessions := paytest.NewSessions()
		underWay := x.prepare(catalog.Standard)
		x.serve(quiet, sessions, x.gateway)
		if c := x.checkout(underWay); c == nil || c.Gateway != "fake" {
			t.Errorf("it can be paid with %+v", c)
		}
		x.setPayment(underWay, paid)
		before := x.gateway.queries
		x.advance(2 * firstCheck)
		must(t, x.Recover(t.Context()))
		x.wantStatus(underWay, payment.StatusPaid)
		x.wantMember(catalog.Standard, 30*day)
		if x.gateway.queries == before {
			t.Error("its gateway was not queried")
		}
		next := x.prepare(catalog.Standard)
		if next.Gateway != sessions.Name() {
			t.Errorf("a new order is made at %s", next.Gateway)
		}
		sessions.Happens(t, next.GatewayID, paytest.Paid)
		x.complete(next)
		actor := billing.Actor{User: storetest.User(t, x.st)}
		for _, p := range []*ent.Payment{underWay, next} {
			_, err := x.Refund(t.Context(), actor, p.ID.String(), nil, "why", x.key())
			must(t, err)
			x.wantStatus(p, payment.StatusRefunded)
		}
		if len(x.gateway.cancels) != 1 {
			t.Errorf("its own gateway paid back %d times", len(x.gateway.cancels))
		}
	})
}

// TestAGatewayThatIsMissingDecidesNothing: a payment whose gateway cannot be queried stays unchanged for any
// time.
func TestAGatewayThatIsMissingDecidesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		pending, bought := x.prepare(catalog.Standard), x.buy(catalog.Standard)
		x.setPayment(pending, paid)
		var log bytes.Buffer
		x.serve(slog.New(slog.NewTextHandler(&log, nil)), paytest.NewSessions())
		for range 5 {
			x.advance(2 * day)
			must(t, x.Recover(t.Context()))
		}
		x.complete(pending)
		x.wantStatus(pending, payment.StatusPending)
		if c := x.checkout(pending); c != nil {
			t.Errorf("it can be paid with %+v", c)
		}
		header, body := notice("n", pending.GatewayID)
		wantCode(t, x.Notice(t.Context(), header, body), errs.NotFound)
		_, err := x.Refund(t.Context(), billing.Actor{User: storetest.User(t, x.st)}, bought.ID.String(), nil, "why", "a")
		wantCode(t, err, errs.Unavailable)
		x.wantStatus(bought, payment.StatusPaid)
		if n := strings.Count(log.String(), "level=ERROR"); n != 1 || !strings.Contains(log.String(), "gateway=fake") {
			t.Errorf("the missing gateway is named %d times:\n%s", n, log.String())
		}
		x.serve(quiet, paytest.NewSessions(), x.gateway)
		x.advance(day)
		must(t, x.Recover(t.Context()))
		x.wantStatus(pending, payment.StatusPaid)
	})
}

// TestAGatewayWithNamesOfItsOwn: the name and page of a session exist only after it was created, and all
// requests use that name.
func TestAGatewayWithNamesOfItsOwn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		g := paytest.NewSessions()
		x.serve(quiet, g)
		p := x.prepare(catalog.Standard)
		if c := x.checkout(p); p.Reference == "" || c == nil || !strings.HasSuffix(c.URL, p.Reference) {
			t.Fatalf("%q can be paid with %+v", p.Reference, c)
		}
		g.Down(true)
		_, err := x.Checkout(t.Context(), p)
		wantCode(t, err, errs.Unavailable)
		late := x.prepare(catalog.Standard) // It is not registered: its gateway is down.
		g.Down(false)
		if c := x.checkout(late); late.Reference != "" || c != nil {
			t.Errorf("%q can be paid with %+v before it is registered", late.Reference, c)
		}
		if late = x.complete(late); x.checkout(late) == nil {
			t.Errorf("it was never registered: %+v", late)
		}
		g.Happens(t, p.GatewayID, paytest.Paid)
		x.notifyFrom(g, p, false)
		x.wantStatus(p, payment.StatusPaid)
		g.Happens(t, p.GatewayID, paytest.Disputed)
		x.notifyFrom(g, p, true)
		x.wantStatus(p, payment.StatusDisputed)
		g.Happens(t, p.GatewayID, paytest.Resolved)
		x.notifyFrom(g, p, true)
		_, err = x.Refund(t.Context(), billing.Actor{User: storetest.User(t, x.st)}, p.ID.String(), nil, "why", "a")
		must(t, err)
		x.wantSteps(p, paymentstep.TypePrepared, paymentstep.TypePaid, paymentstep.TypeGranted, paymentstep.TypeDisputed, paymentstep.TypeTakenBack,
			paymentstep.TypeDisputeResolved, paymentstep.TypeGranted, paymentstep.TypeRefundRequested, paymentstep.TypeRefunded, paymentstep.TypeTakenBack)
		x.wantMember(catalog.Standard, 0)
	})
}
