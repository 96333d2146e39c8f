package billing_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/ent/paymentstep"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/pay/paytest"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

// scene is a harness with a local PortOne, beside which other processes are killed.
type scene struct {
	*harness
	portone portOne
	url     string
}

// eachScene runs test on both databases, with a way to set up scenes there.
func eachScene(t *testing.T, test func(t *testing.T, set func(t *testing.T) scene)) {
	t.Helper()
	for _, dialect := range storetest.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			if dialect == "sqlite" && servicetest.Race {
				t.Skip("SQLite is too slow under the race detector")
			}
			url := storetest.URL(t, dialect)
			st := storetest.At(t, url)
			test(t, func(t *testing.T) scene {
				x, p := openPortOne(t, st)
				return scene{harness: x, portone: p, url: url}
			})
		})
	}
}

// dies lets a process run a task and kill itself at a point of it.
func (x scene) dies(at billing.Point, e task) {
	x.t.Helper()
	c := childOf(x.harness, x.portone.PortOne, x.url)
	c.DieAt, c.Errand = at, e
	c.dies(x.t)
}

// isPaid sets a payment to paid at PortOne.
func (x scene) isPaid(p *ent.Payment) { x.portone.becomes(orderOf(p), state{change: paid}) }

// recovers lets time pass until the recovery is due, and runs it.
func (x scene) recovers() {
	x.t.Helper()
	x.advance(2 * time.Hour)
	must(x.t, x.Recover(x.t.Context()))
}

func (x scene) wantPaidOnce(p *ent.Payment) {
	x.t.Helper()
	x.wantStatus(p, payment.StatusPaid)
	if n := x.grants(p); n != 1 {
		x.t.Errorf("%d grants", n)
	}
	x.wantMember(catalog.Standard, 30*day-x.clock().Sub(*x.read(p).GrantedAt))
}

// passed are the points that a check of a source passes.
func passed(source paymentstep.Source) []billing.Point {
	if source == paymentstep.SourceRecovery {
		return append([]billing.Point{billing.Claimed}, checksThatDie...)
	}
	return checksThatDie
}

// A process that is killed between any two steps has granted once or not at all. The recovery completes the
// payment, and so does a repetition of the same delivery.
func TestKilledProcesses(t *testing.T) {
	t.Parallel()
	eachScene(t, func(t *testing.T, set func(*testing.T) scene) {
		for _, source := range sources {
			for _, at := range passed(source) {
				t.Run(fmt.Sprintf("%s, %s", source, at), func(t *testing.T) {
					x := set(t)
					p := x.prepare(catalog.Standard)
					x.isPaid(p)
					x.advance(2 * firstCheck)
					header, body := x.portone.notice("", p.GatewayID)
					x.dies(at, task{Do: source, User: x.user, Payment: p.ID.String(), Gateway: x.gatewayName, Header: header, Body: body})
					if n := x.grants(p); (n == 1) != (at == billing.Settled) {
						t.Errorf("it left %d grants", n)
					}
					if source == paymentstep.SourceWebhook {
						must(t, x.Notice(t.Context(), header, body))
						x.wantPaidOnce(p)
						before := len(x.portone.StatusRequests(p.GatewayID))
						must(t, x.Notice(t.Context(), header, body))
						if n := len(x.portone.StatusRequests(p.GatewayID)); n != before {
							t.Error("a delivery that was handled before queried the gateway")
						}
					}
					x.recovers()
					x.wantPaidOnce(p)
				})
			}
		}
	})
}

// A process that is killed while it creates an order leaves one order. The same key returns it, and the
// gateway registers it.
func TestKilledOrders(t *testing.T) {
	t.Parallel()
	eachScene(t, func(t *testing.T, set func(*testing.T) scene) {
		for _, at := range []billing.Point{billing.Prepared, billing.Registered} {
			t.Run(string(at), func(t *testing.T) {
				x := set(t)
				x.dies(at, task{Do: ordering, User: x.user, Key: "order"})
				left, err := x.st.Client().Payment.Query().Where(payment.UserID(x.user)).Only(t.Context())
				must(t, err)
				if _, registered := x.portone.Ordered(left.GatewayID); registered != (at == billing.Registered) {
					t.Errorf("the gateway was registered: %v", registered)
				}
				p, err := x.Prepare(t.Context(), x.user, billing.PrepareInput{Plan: catalog.Standard, Key: "order"})
				must(t, err)
				if p.ID != left.ID {
					t.Error("the same key ordered again")
				}
				x.recovers()
				if o, _ := x.portone.Ordered(p.GatewayID); o.Amount != p.Amount {
					t.Errorf("the gateway was registered of %+v", o)
				}
				x.isPaid(p)
				x.recovers()
				x.wantPaidOnce(p)
			})
		}
	})
}

// refundsThatDie are the points that a refund passes.
var refundsThatDie = append([]billing.Point{billing.RefundRequested, billing.RefundOrdered}, checksThatDie...)

// A process that is killed during a refund has refunded once or not at all. The same key completes the
// refund, and so does the recovery once the gateway has refunded. A refund that never reached the gateway
// leaves the grant until it is requested again.
func TestKilledRefunds(t *testing.T) {
	t.Parallel()
	eachScene(t, func(t *testing.T, set func(*testing.T) scene) {
		for _, at := range refundsThatDie {
			for _, alone := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, recovery %v", at, alone), func(t *testing.T) {
					x := set(t)
					p := x.prepare(catalog.Standard)
					x.isPaid(p)
					x.complete(p)
					again := task{Do: refunding, User: storetest.User(t, x.st), Payment: p.ID.String(), Key: "refund"}
					x.dies(at, again)
					if alone {
						x.recovers()
						x.wantPaidBack(p, at != billing.RefundRequested)
					}
					for range 2 {
						must(t, again.run(t.Context(), x.Service))
						x.wantPaidBack(p, true)
					}
					x.recovers()
					x.wantPaidBack(p, true)
				})
			}
		}
	})
}

// wantPaidBack checks that half of a payment was refunded once, with half of its days; or nothing of it.
func (x scene) wantPaidBack(p *ent.Payment, isBack bool) {
	x.t.Helper()
	amount, status, left := int64(0), payment.StatusPaid, 30*day
	if isBack {
		amount, status, left = half, payment.StatusPartiallyRefunded, 15*day
	}
	x.wantStatus(p, status)
	x.wantMember(catalog.Standard, left-x.clock().Sub(*x.read(p).GrantedAt))
	got, err := gatewayOf(x.t, x.portone.URL, x.portone.APISecret, x.portone.WebhookSecret).Payment(x.t.Context(), pay.Ref{ID: p.GatewayID})
	must(x.t, err)
	if got.Cancelled != amount || x.read(p).RefundedAmount != amount {
		x.t.Errorf("%d was paid back, %d written down, want %d", got.Cancelled, x.read(p).RefundedAmount, amount)
	}
}

// A refund that the gateway has only accepted is settled once, when it is done: by the notice, the recovery
// or the same key, whichever comes first. Until then the days remain.
func TestARefundThatTakesItsTimeIsSettledOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		x, vendor := openPortOne(t, st)
		for i, first := range []paymentstep.Source{paymentstep.SourceWebhook, paymentstep.SourceRecovery, refunding} {
			x.user = storetest.User(t, st)
			s := scene{harness: x, portone: vendor}
			p := x.prepare(catalog.Standard)
			s.isPaid(p)
			x.complete(p)
			vendor.Cancels(p.GatewayID, paytest.Requested)
			refund := task{Do: refunding, User: storetest.User(t, st), Payment: p.ID.String(), Key: "refund"}
			for range 2 {
				must(t, refund.run(t.Context(), x.Service))
				s.recovers()
				s.wantPaidBack(p, false)
			}
			vendor.Decide(p.GatewayID, paytest.Succeeded)
			header, body := vendor.Notice("Transaction.PartialCancelled", p.GatewayID)
			checks := []task{{Do: paymentstep.SourceWebhook, Gateway: x.gatewayName, Header: header, Body: body}, {Do: paymentstep.SourceRecovery}, refund}
			x.advance(day) // The recovery is due, too.
			for k := range checks {
				must(t, checks[(i+k)%len(checks)].run(t.Context(), x.Service))
				s.wantPaidBack(p, true)
			}
			if n := count(x.steps(p), paymentstep.TypeTakenBack) + count(x.steps(p), paymentstep.TypePartiallyRefunded); n != 2 {
				t.Errorf("%s first: the timeline is %v", first, x.steps(p))
			}
		}
	})
}

// A refund that the gateway accepts and then refuses leaves the days unchanged.
func TestARefundThatFailsLaterTakesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		x, vendor := openPortOne(t, st)
		s := scene{harness: x, portone: vendor}
		p := x.prepare(catalog.Standard)
		s.isPaid(p)
		x.complete(p)
		vendor.Cancels(p.GatewayID, paytest.Requested)
		must(t, task{Do: refunding, User: storetest.User(t, st), Payment: p.ID.String(), Key: pay.NewID()}.run(t.Context(), x.Service))
		vendor.Decide(p.GatewayID, paytest.Refused)
		s.recovers()
		s.wantPaidBack(p, false)
	})
}
