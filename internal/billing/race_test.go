package billing_test

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/ent/paymentstep"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

// firstCheck is the delay of the first check of the recovery.
const firstCheck = 2 * time.Minute

func count[T comparable](list []T, of T) (n int) {
	for _, one := range list {
		if one == of {
			n++
		}
	}
	return n
}

// A late answer does not overwrite a newer one: the dispute that came in between remains.
func TestALateAnswerIsDiscarded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		p := x.prepare(catalog.Standard)
		x.setPayment(p, paid)
		late := sync.OnceFunc(func() {
			x.complete(p)
			x.setAndNotify(p, disputed)
		})
		slow := service(t, x.st, x.gateway, billing.Config{Now: x.clock, Fault: func(point billing.Point) error {
			if point == billing.Answered {
				late()
			}
			return nil
		}})
		got, err := slow.Complete(t.Context(), x.user, p.ID.String())
		must(t, err)
		if got.Status != payment.StatusDisputed || count(x.steps(p), paymentstep.TypeDisputeResolved) != 0 {
			t.Errorf("it is %s after %v", got.Status, x.steps(p))
		}
		x.wantMember(catalog.Standard, 0)
	})
}

// Nor does it overwrite a newer one that changed nothing: the dispute had ended before it was stored.
func TestALateAnswerIsDiscardedAfterOneWithoutChange(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		p := x.buy(catalog.Standard)
		x.setPayment(p, disputed)
		ended := sync.OnceFunc(func() { x.setAndNotify(p, paid) })
		slow := service(t, x.st, x.gateway, billing.Config{Now: x.clock, Fault: func(point billing.Point) error {
			if point == billing.Answered {
				ended()
			}
			return nil
		}})
		got, err := slow.Complete(t.Context(), x.user, p.ID.String())
		must(t, err)
		if got.Status != payment.StatusPaid || count(x.steps(p), paymentstep.TypeDisputed) != 0 {
			t.Errorf("it is %s after %v", got.Status, x.steps(p))
		}
		x.wantMember(catalog.Standard, 30*day)
	})
}

// Nor does it replace a newer status of the gateway of which no event was published.
func TestALateGatewayStatusIsNotSaved(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		p := x.prepare(catalog.Standard)
		x.setPayment(p, is(pay.Ready))
		newer := sync.OnceFunc(func() { x.setAndNotify(p, is(pay.Pending)) })
		slow := service(t, x.st, x.gateway, billing.Config{Now: x.clock, Fault: func(point billing.Point) error {
			if point == billing.Answered {
				newer()
			}
			return nil
		}})
		_, err := slow.Complete(t.Context(), x.user, p.ID.String())
		must(t, err)
		if word := x.read(p).GatewayStatus; word != string(pay.Pending) {
			t.Errorf("the last word is %s", word)
		}
	})
}

// Concurrent recoveries query the gateway once.
func TestConcurrentRecoveriesQueryTheGatewayOnce(t *testing.T) {
	t.Parallel()
	x := open(t, storetest.Open(t, store.Postgres))
	for range 5 {
		p := x.prepare(catalog.Standard)
		x.setPayment(p, paid)
		x.advance(2 * firstCheck)
		before := x.gateway.queries
		begin := make(chan struct{})
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				<-begin
				if err := x.Recover(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		close(begin)
		group.Wait()
		if n := x.gateway.queries - before; n != 1 {
			t.Fatalf("the gateway was asked %d times", n)
		}
	}
}

// Concurrent refunds refund what is there, and take back its days, once.
func TestRefundsAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		p := x.buy(catalog.Standard)
		actor := billing.Actor{User: storetest.User(t, x.st)}
		third := int64(3300)
		var group sync.WaitGroup
		for i := range 12 {
			group.Go(func() {
				_, err := x.Refund(t.Context(), actor, p.ID.String(), &third, "why", "key "+strconv.Itoa(i%4))
				_, isInput := errs.InputOf(err)
				if err != nil && !isInput && errs.CodeOf(err) != errs.Conflict {
					t.Error(err)
				}
			})
		}
		group.Wait()
		for i := range 4 { // A refused caller repeats the request.
			_, err := x.Refund(t.Context(), actor, p.ID.String(), &third, "why", "again "+strconv.Itoa(i))
			if _, isInput := errs.InputOf(err); err != nil && !isInput {
				t.Error(err)
			}
		}
		x.wantStatus(p, payment.StatusRefunded)
		x.wantMember(catalog.Standard, 0)
		if len(x.gateway.cancels) != 3 {
			t.Errorf("the gateway paid back %d times", len(x.gateway.cancels))
		}
		_, err := x.Refund(t.Context(), actor, p.ID.String(), nil, "why", "late")
		wantReason(t, err, errs.WrongStatus)
	})
}

// errDied is the end of the work at a point.
var errDied = errors.New("the process died here")

// checksThatDie are the points that a check of each source passes.
var checksThatDie = []billing.Point{billing.Answered, billing.Locked, billing.Granted, billing.Settled}

// Work that ends between any two steps leaves nothing half done. The recovery completes it, and so does a
// repetition of the same delivery.
func TestWorkThatEndsAnywhereIsCompleted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		for _, source := range sources {
			for _, at := range passed(source) {
				t.Run(fmt.Sprintf("%s, %s", at, source), func(t *testing.T) {
					x := open(t, st)
					p := x.prepare(catalog.Standard)
					x.setPayment(p, paid)
					x.advance(2 * firstCheck)
					attempt := task{Do: source, User: x.user, Payment: p.ID.String(), Gateway: x.gatewayName}
					attempt.Header, attempt.Body = notice(pay.NewID(), p.GatewayID)
					wantDeath(t, at, attempt.run(t.Context(), x.dying(at)))
					if source == paymentstep.SourceWebhook {
						must(t, attempt.run(t.Context(), x.Service))
						x.wantMember(catalog.Standard, 30*day)
						before := x.gateway.queries
						must(t, attempt.run(t.Context(), x.Service))
						if x.gateway.queries != before {
							t.Error("a delivery that was handled before queried the gateway")
						}
					}
					x.advance(day)
					must(t, x.Recover(t.Context()))
					x.wantStatus(p, payment.StatusPaid)
					x.wantMember(catalog.Standard, 30*day-x.clock().Sub(*x.read(p).GrantedAt))
					if x.grants(p) != 1 {
						t.Errorf("%d grants", x.grants(p))
					}
				})
			}
		}
	})
}
