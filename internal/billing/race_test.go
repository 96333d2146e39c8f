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

// firstCheck is when the recovery first looks.
const firstCheck = 2 * time.Minute

func count[T comparable](list []T, of T) (n int) {
	for _, one := range list {
		if one == of {
			n++
		}
	}
	return n
}

// An answer that comes late does not overwrite a newer one: the dispute that came in between stands.
func TestALateAnswerIsNotBelieved(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *till) {
		p := x.prepare(catalog.Standard)
		x.says(p, paid)
		late := sync.OnceFunc(func() {
			x.complete(p)
			x.told(p, disputed)
		})
		slow := service(t, x.st, x.desk, billing.Config{Now: x.clock, Fault: func(point billing.Point) error {
			if point == billing.Asked {
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

// Nor does it overwrite a newer one that brought no news: the dispute had ended before anybody wrote it down.
func TestALateAnswerIsNotBelievedAfterOneWithoutNews(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *till) {
		p := x.buy(catalog.Standard)
		x.says(p, disputed)
		ended := sync.OnceFunc(func() { x.told(p, paid) })
		slow := service(t, x.st, x.desk, billing.Config{Now: x.clock, Fault: func(point billing.Point) error {
			if point == billing.Asked {
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

// Nor does it take the place of a newer word of the gateway's that nobody is told of.
func TestALateWordIsNotKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *till) {
		p := x.prepare(catalog.Standard)
		x.says(p, is(pay.Ready))
		newer := sync.OnceFunc(func() { x.told(p, is(pay.Pending)) })
		slow := service(t, x.st, x.desk, billing.Config{Now: x.clock, Fault: func(point billing.Point) error {
			if point == billing.Asked {
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

// Several processes that look at the same time ask the gateway once.
func TestARecoveryAsksOnce(t *testing.T) {
	t.Parallel()
	x := open(t, storetest.Open(t, store.Postgres))
	for range 5 {
		p := x.prepare(catalog.Standard)
		x.says(p, paid)
		x.pass(2 * firstCheck)
		before := x.desk.asked
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
		if n := x.desk.asked - before; n != 1 {
			t.Fatalf("the gateway was asked %d times", n)
		}
	}
}

// Many refunds at once pay back what is there, and take back its days, once.
func TestRefundsAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *till) {
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
		for i := range 4 { // Whoever was refused asks again.
			_, err := x.Refund(t.Context(), actor, p.ID.String(), &third, "why", "again "+strconv.Itoa(i))
			if _, isInput := errs.InputOf(err); err != nil && !isInput {
				t.Error(err)
			}
		}
		x.wantStatus(p, payment.StatusRefunded)
		x.wantMember(catalog.Standard, 0)
		if len(x.desk.cancels) != 3 {
			t.Errorf("the gateway paid back %d times", len(x.desk.cancels))
		}
		_, err := x.Refund(t.Context(), actor, p.ID.String(), nil, "why", "late")
		wantReason(t, err, errs.WrongStatus)
	})
}

// errDied is the end of the work at a point.
var errDied = errors.New("the process died here")

// looksThatDie are the points that a look of each source passes.
var looksThatDie = []billing.Point{billing.Asked, billing.Locked, billing.Granted, billing.Settled}

// Work that ends between any two steps leaves nothing half done, and the recovery completes it; so does the same delivery when it
// comes again.
func TestWorkThatEndsAnywhereIsCompleted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		for _, source := range sources {
			for _, at := range passed(source) {
				t.Run(fmt.Sprintf("%s, %s", at, source), func(t *testing.T) {
					x := open(t, st)
					p := x.prepare(catalog.Standard)
					x.says(p, paid)
					x.pass(2 * firstCheck)
					look := errand{Do: source, User: x.user, Payment: p.ID.String(), Gateway: x.gateway}
					look.Header, look.Body = notice(pay.NewID(), p.GatewayID)
					wantDeath(t, at, look.run(t.Context(), x.dying(at)))
					if source == paymentstep.SourceWebhook {
						must(t, look.run(t.Context(), x.Service))
						x.wantMember(catalog.Standard, 30*day)
						asked := x.desk.asked
						must(t, look.run(t.Context(), x.Service))
						if x.desk.asked != asked {
							t.Error("a delivery that was worked off asked the gateway")
						}
					}
					x.pass(day)
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
