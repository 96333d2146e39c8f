package billing_test

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/membershipchange"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/ent/paymentstep"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

const day = 24 * time.Hour

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// harness is a service with a user, its gateway and its clock.
type harness struct {
	*billing.Service
	// impatient is the same service with a short timeout, for a gateway that does not answer.
	impatient *billing.Service
	// gatewayName is the name of its gateway.
	gatewayName string
	t           *testing.T
	st          *store.Store
	gateway     *fakeGateway
	vendor      vendor
	user        oid.User
	now         *atomic.Pointer[time.Time]
	keys        *atomic.Int64
}

func open(t *testing.T, st *store.Store) *harness {
	t.Helper()
	x := &harness{t: t, st: st, gateway: newFakeGateway(), gatewayName: "fake", now: new(atomic.Pointer[time.Time]), keys: new(atomic.Int64)}
	x.now.Store(&noon)
	x.user = storetest.User(t, st)
	x.vendor = x.gateway
	x.Service = service(t, st, x.gateway, billing.Config{Now: x.clock, Wait: 5 * time.Millisecond, CheckWait: 5 * time.Millisecond})
	x.impatient = x.Service
	return x
}

func service(t *testing.T, st *store.Store, g pay.Gateway, cfg billing.Config) *billing.Service {
	t.Helper()
	plans, err := membership.Load(membership.Settings{Billing: true})
	must(t, err)
	return serviceOf(st, g, plans, cfg)
}

func serviceOf(st *store.Store, g pay.Gateway, plans *membership.Plans, cfg billing.Config) *billing.Service {
	return billing.New(billing.Parts{Store: st, Gateway: g, Plans: plans, Log: slog.New(slog.DiscardHandler)}, cfg)
}

func (x *harness) clock() time.Time { return *x.now.Load() }

func (x *harness) advance(d time.Duration) {
	next := x.clock().Add(d)
	x.now.Store(&next)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (x *harness) prepare(plan catalog.Plan) *ent.Payment {
	x.t.Helper()
	p, err := x.Prepare(x.t.Context(), x.user, billing.PrepareInput{Plan: plan, Key: x.key()})
	must(x.t, err)
	return p
}

func (x *harness) key() string { return "key " + strconv.FormatInt(x.keys.Add(1), 10) }

// orderOf is a payment's order in the form for a gateway.
func orderOf(p *ent.Payment) pay.Order {
	o := pay.Order{ID: p.GatewayID, OrderName: p.OrderName, Currency: p.Currency, Amount: p.Amount}
	if p.UserID != nil {
		o.Customer = p.UserID.String()
	}
	return o
}

// setPayment sets what the gateway answers about a payment.
func (x *harness) setPayment(p *ent.Payment, change func(*pay.Payment)) {
	x.gateway.set(orderOf(p), change)
}

func paid(*pay.Payment) {}

func returned(amount int64) func(*pay.Payment) {
	return func(p *pay.Payment) {
		p.Cancelled = amount
		if p.Status = pay.PartialCancelled; amount == p.Total {
			p.Status = pay.Cancelled
		}
	}
}

func disputed(p *pay.Payment) { p.Disputed = true }

func (x *harness) complete(p *ent.Payment) *ent.Payment {
	x.t.Helper()
	got, err := x.Complete(x.t.Context(), *p.UserID, p.ID.String())
	must(x.t, err)
	return got
}

func (x *harness) checkout(p *ent.Payment) *pay.Checkout {
	x.t.Helper()
	got, err := x.Checkout(x.t.Context(), p)
	must(x.t, err)
	return got
}

// Notice handles a delivery of the fake gateway.
func (x *harness) Notice(ctx context.Context, header http.Header, body []byte) error {
	return x.Service.Notice(ctx, x.gatewayName, header, body)
}

// buy prepares a payment, pays it and completes it.
func (x *harness) buy(plan catalog.Plan) *ent.Payment {
	x.t.Helper()
	p := x.prepare(plan)
	x.setPayment(p, paid)
	return x.complete(p)
}

// setAndNotify sets what the gateway answers about a payment and delivers a notice of it.
func (x *harness) setAndNotify(p *ent.Payment, change func(*pay.Payment)) {
	x.t.Helper()
	x.setPayment(p, change)
	header, body := notice(x.key(), p.GatewayID)
	must(x.t, x.Notice(x.t.Context(), header, body))
}

func (x *harness) read(p *ent.Payment) *ent.Payment {
	x.t.Helper()
	got, err := x.Get(x.t.Context(), p.ID.String())
	must(x.t, err)
	return got
}

// wantMember checks the user's membership; left may differ by a microsecond per change.
func (x *harness) wantMember(plan catalog.Plan, left time.Duration) {
	x.t.Helper()
	u, err := x.st.Client().User.Get(x.t.Context(), x.user)
	must(x.t, err)
	var got time.Duration
	if u.MembershipExpiresAt != nil {
		got = u.MembershipExpiresAt.Sub(x.clock())
	}
	if off := got - left; catalog.Plan(u.MembershipType) != plan || off.Abs() > 20*time.Microsecond {
		x.t.Errorf("the membership is %s with %v left, want %s with %v", u.MembershipType, got, plan, left)
	}
}

func (x *harness) wantStatus(p *ent.Payment, want payment.Status) {
	x.t.Helper()
	if got := x.read(p).Status; got != want {
		x.t.Errorf("the payment is %s, want %s", got, want)
	}
}

func (x *harness) steps(p *ent.Payment) []paymentstep.Type {
	x.t.Helper()
	rows, err := x.Steps(x.t.Context(), p.ID)
	must(x.t, err)
	out := make([]paymentstep.Type, len(rows))
	for i, r := range rows {
		out[i] = r.Type
	}
	return out
}

func (x *harness) wantSteps(p *ent.Payment, want ...paymentstep.Type) {
	x.t.Helper()
	if got := x.steps(p); !equal(got, want) {
		x.t.Errorf("the timeline is %v, want %v", got, want)
	}
}

func equal[T comparable](a, b []T) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func (x *harness) grants(p *ent.Payment) int {
	x.t.Helper()
	n, err := x.st.Client().MembershipChange.Query().
		Where(membershipchange.PaymentID(p.ID), membershipchange.KindEQ(membershipchange.KindGrant)).Count(x.t.Context())
	must(x.t, err)
	return n
}

// each runs test on both databases.
func each(t *testing.T, test func(t *testing.T, x *harness)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, st *store.Store) { test(t, open(t, st)) })
}

func wantReason(t *testing.T, err error, want errs.Reason) {
	t.Helper()
	es, ok := errs.InputOf(err)
	if !ok || es[0].Reason != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}

func wantCode(t *testing.T, err error, want errs.Code) {
	t.Helper()
	if errs.CodeOf(err) != want {
		t.Errorf("error = %v, want %q", err, want)
	}
}
