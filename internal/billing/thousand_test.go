package billing_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/membershipchange"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/ent/paymentstep"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

const (
	// leastRaces is the least number of contested payments.
	leastRaces = 1_000
	// racers are the users of the payments, and perRacer is how many payments of each are contested at once.
	racers, perRacer = 16, 3
)

// scripts are the states of a payment at PortOne while it is contested, one after the other. Half of them do
// not change.
var scripts = [][]string{
	{"paid"}, {"paid", "partial", "disputed", "cancelled"},
	{"paid"}, {"paid", "disputed", "paid"},
	{"paid"}, {"pending", "failed", "paid"},
	{"paid"}, {"paid", "partial"},
	{"paid"}, {"paid", "disputed", "partial"},
	{"paid"}, {"paid", "cancelled"},
}

// At least a thousand payments are each contested at once by a user's request, a notice that arrives twice,
// and the recovery, from three stores of this process and two other processes, three payments of one user at
// a time. Half of them change at the gateway just after it has answered a check, and a notice reports each
// change.
//
// Each payment ends as in the model for the states that were seen, whichever those were, the last among them.
// A payment that was paid throughout has exactly one grant. Each user's membership is the sum, to the
// microsecond. ROUNDS beyond twenty adds more of them.
func TestAThousandRaces(t *testing.T) {
	t.Parallel()
	r := newRaces(t)
	waves := max((leastRaces+racers*perRacer-1)/(racers*perRacer), servicetest.Rounds())
	var stood, moved int
	for range waves {
		entries := r.wave()
		for _, e := range entries {
			r.judge(e)
			if len(e.script) == 1 {
				stood++
			} else {
				moved++
			}
		}
		if t.Failed() {
			return
		}
	}
	r.sums()
	t.Logf("%d races, %d of them with a gateway that moved", stood+moved, moved)
}

// races is the setting of the races.
type races struct {
	*harness
	portone  portOne
	people   []oid.User
	services []*billing.Service
	helpers  []*helper
	n        int
	// due is what each user's membership must be.
	due map[oid.User]time.Duration
}

func newRaces(t *testing.T) *races {
	t.Helper()
	url := storetest.URL(t, store.Postgres)
	x, p := openPortOne(t, storetest.At(t, url))
	r := &races{harness: x, portone: p, services: []*billing.Service{x.Service}, due: map[oid.User]time.Duration{}}
	for range 2 {
		gateway := gatewayOf(t, p.URL, p.APISecret, p.WebhookSecret)
		r.services = append(r.services, service(t, storetest.At(t, url), gateway, billing.Config{Now: x.clock}))
		r.helpers = append(r.helpers, help(t, childOf(x, p.PortOne, url)))
	}
	for range racers {
		r.people = append(r.people, storetest.User(t, x.st))
	}
	return r
}

// race is a contested payment.
type race struct {
	p      *ent.Payment
	script []state
	// answered receives when PortOne has answered with the present state.
	answered chan struct{}
}

// wave contests three payments of each user and returns when all checks have ended.
func (r *races) wave() []*race {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	all := r.enter()
	batches := r.checks(all)
	begin := make(chan struct{})
	var group sync.WaitGroup
	for i, h := range r.helpers {
		group.Add(1)
		h.take(batches[len(r.services)+i], begin, func(err error) {
			defer group.Done()
			r.check(err)
		})
	}
	for i, s := range r.services {
		for _, e := range batches[i] {
			group.Go(func() {
				<-begin
				r.check(e.retry(ctx, s))
			})
		}
	}
	for i, e := range all {
		group.Go(func() {
			<-begin
			r.check(r.move(ctx, e, r.services[i%len(r.services)]))
		})
	}
	close(begin)
	group.Wait()
	return all
}

func (r *races) check(err error) {
	if err != nil {
		r.t.Error(err)
	}
}

// enter creates the payments of a wave, all due for the recovery, and sets the first state of each at
// PortOne.
func (r *races) enter() (all []*race) {
	r.t.Helper()
	for _, who := range r.people {
		r.user = who
		for range perRacer {
			e := &race{p: r.prepare(catalog.Standard)}
			for _, name := range scripts[r.n%len(scripts)] {
				e.script = append(e.script, stateOf(name))
			}
			r.n++
			r.setState(e, e.script[0])
			all = append(all, e)
		}
	}
	must(r.t, r.st.Client().Payment.Update().SetNextCheckAt(noon).Where(payment.StatusEQ(payment.StatusPending)).Exec(r.t.Context()))
	return all
}

func stateOf(name string) state {
	return states[slices.IndexFunc(states, func(s state) bool { return s.name == name })]
}

// setState sets the state of a payment at PortOne. answered receives the first answer with it.
func (r *races) setState(e *race, s state) {
	answered := make(chan struct{}, 1)
	e.answered = answered
	x := pay.Payment{ID: e.p.GatewayID, Customer: e.p.UserID.String(), OrderName: e.p.OrderName, Currency: e.p.Currency, Status: pay.Paid, Total: e.p.Amount, Paid: e.p.Amount}
	s.change(&x)
	r.portone.Set(x, func(map[string]any) {
		select {
		case answered <- struct{}{}:
		default:
		}
	})
}

// checks distributes the checks of the payments of a wave to the processes, with a recovery for each.
func (r *races) checks(all []*race) [][]task {
	n := len(r.services) + len(r.helpers)
	batches := make([][]task, n)
	for i := range batches {
		batches[i] = append(batches[i], task{Do: paymentstep.SourceRecovery})
	}
	for i, e := range all {
		notice := r.notice(e)
		client := task{Do: paymentstep.SourceClient, User: *e.p.UserID, Payment: e.p.ID.String()}
		for k, one := range []task{client, notice, notice} { // The delivery comes twice, to two processes.
			batches[(i+k)%n] = append(batches[(i+k)%n], one)
		}
	}
	return batches
}

func (r *races) notice(e *race) task {
	out := task{Do: paymentstep.SourceWebhook, Gateway: r.gatewayName}
	out.Header, out.Body = r.portone.Notice("Transaction.Paid", e.p.GatewayID)
	return out
}

// move continues a payment's script each time that PortOne has answered, and delivers a notice of each
// change.
func (r *races) move(ctx context.Context, e *race, s *billing.Service) error {
	var group sync.WaitGroup
	defer group.Wait()
	for _, next := range e.script[1:] {
		select {
		case <-e.answered:
		case <-ctx.Done():
			return fmt.Errorf("nobody asked for %s: %w", e.p.GatewayID, ctx.Err())
		}
		r.setState(e, next)
		notice := r.notice(e)
		group.Go(func() { r.check(notice.retry(ctx, s)) })
	}
	return nil
}

// judge compares the end of a payment with the model, for all ways in which its states may have been seen.
func (r *races) judge(e *race) {
	r.t.Helper()
	ctx := r.t.Context()
	p := r.read(e.p)
	rows, err := r.st.Client().MembershipChange.Query().Where(membershipchange.PaymentID(p.ID)).All(ctx)
	must(r.t, err)
	got := model{status: p.Status, granted: p.GrantedAt != nil, refunded: p.RefundedAmount}
	for _, c := range rows {
		got.days += time.Duration(c.Micros) * time.Microsecond
		if c.Kind == membershipchange.KindGrant {
			got.grants++
		}
	}
	r.due[*p.UserID] += got.days
	var may []model
	for seen := range 1 << (len(e.script) - 1) { // The last one is always seen.
		m := model{status: payment.StatusPending}
		for i, s := range e.script {
			if i == len(e.script)-1 || seen&(1<<i) != 0 {
				m.see(s, r.vendor.hidesDisputes())
			}
		}
		may = append(may, m)
	}
	if !slices.Contains(may, got) {
		r.t.Errorf("%v ended as %+v, after %v; the model has %+v", names(e.script), got, r.steps(p), may)
	}
	if len(e.script) == 1 && len(rows) != 1 {
		r.t.Errorf("paid throughout, it changed the membership %d times", len(rows))
	}
	if n := count(r.steps(p), paymentstep.TypePaid); n > 1 {
		r.t.Errorf("%v was paid %d times", names(e.script), n)
	}
}

// sums compares each user's membership with their payments.
func (r *races) sums() {
	r.t.Helper()
	for _, who := range r.people {
		u, err := r.st.Client().User.Get(r.t.Context(), who)
		must(r.t, err)
		if left := u.MembershipExpiresAt.Sub(r.clock()); left != r.due[who] || left < day {
			r.t.Errorf("%v are left of %v", left, r.due[who])
		}
	}
}
