package billing_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/ent/paymentstep"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/servicetest"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

// A thousand looks at once, from all sources and several processes' stores, grant once.
func TestAThousandLooksAtOnceGrantOnce(t *testing.T) {
	t.Parallel()
	const processes, looks, payments = 4, 1_200, 3
	url := storetest.URL(t, store.Postgres)
	x := open(t, storetest.At(t, url))
	services := []*billing.Service{x.Service}
	for range processes - 1 {
		services = append(services, service(t, storetest.At(t, url), x.desk, billing.Config{Now: x.clock}))
	}
	var bought []string
	var gateway []string
	for range payments {
		p := x.prepare(catalog.Standard)
		x.says(p, paid)
		bought, gateway = append(bought, p.ID.String()), append(gateway, p.GatewayID)
	}
	x.pass(3 * firstCheck)
	var group sync.WaitGroup
	var failures atomic.Pointer[error]
	slots := make(chan struct{}, 48)
	for i := range looks {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			look := func() error {
				return lookOf(t, services[i%processes], x.user, i, bought[i%payments], gateway[i%payments])
			}
			err := look()
			for errs.CodeOf(err) == errs.Unavailable { // A database that is overrun says so; whoever looks, looks again.
				err = look()
			}
			if err != nil {
				failures.Store(&err)
			}
		})
	}
	group.Wait()
	if err := failures.Load(); err != nil {
		t.Fatal(*err)
	}
	for _, id := range bought {
		p, err := x.Get(t.Context(), id)
		must(t, err)
		if n := x.grants(p); n != 1 || p.Status != payment.StatusPaid {
			t.Errorf("%s has %d grants", p.Status, n)
		}
		if n := count(x.steps(p), paymentstep.TypeGranted) + count(x.steps(p), paymentstep.TypePaid); n != 2 {
			t.Errorf("its timeline is %v", x.steps(p))
		}
	}
	x.wantMember(catalog.Standard, payments*30*day)
}

// firstCheck is when the recovery first looks.
const firstCheck = 2 * 60 * 1_000_000_000

func lookOf(t *testing.T, s *billing.Service, who oid.User, i int, id, gatewayID string) error {
	switch i / 12 % 3 {
	case 0:
		_, err := s.Complete(t.Context(), who, id)
		return err
	case 1:
		header, body := notice(strconv.Itoa(i/24), gatewayID) // Each delivery comes twice.
		return s.Notice(t.Context(), "desk", header, body)
	default:
		return s.Recover(t.Context())
	}
}

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

// Work that ends between any two steps leaves nothing half done, and the recovery completes it.
func TestWorkThatEndsAnywhereIsCompleted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		for _, at := range append([]billing.Point{billing.Claimed}, looksThatDie...) {
			for i, source := range sources {
				t.Run(fmt.Sprintf("%s, %s", at, source), func(t *testing.T) {
					x := open(t, st)
					p := x.prepare(catalog.Standard)
					x.says(p, paid)
					died := false
					dying := service(t, st, x.desk, billing.Config{Now: x.clock, Fault: func(point billing.Point) error {
						if point == at {
							died = true
							return errDied
						}
						return nil
					}})
					x.pass(2 * firstCheck)
					if err := lookOf(t, dying, x.user, 12*i, p.ID.String(), p.GatewayID); died != errors.Is(err, errDied) {
						t.Fatalf("died %v: %v", died, err)
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

// The variables by which this program, run as another process, is told what to do and where to die.
const (
	dieAt, dieStore, diePayment, dieUser, dieSource = "BILLING_DIE_AT", "BILLING_STORE", "BILLING_PAYMENT", "BILLING_USER", "BILLING_SOURCE"
	dieNow                                          = "BILLING_NOW"
)

// A process that is killed between any two steps has granted once or not at all, and the recovery sees to it.
func TestKilledProcesses(t *testing.T) {
	t.Parallel()
	for _, dialect := range storetest.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			if dialect == "sqlite" && servicetest.Race {
				t.Skip("SQLite is too slow under the race detector")
			}
			url := storetest.URL(t, dialect)
			st := storetest.At(t, url)
			for i, source := range sources {
				points := looksThatDie
				if source == paymentstep.SourceRecovery {
					points = append([]billing.Point{billing.Claimed}, points...)
				}
				for _, at := range points {
					x := open(t, st)
					p := x.prepare(catalog.Standard)
					x.pass(2 * firstCheck)
					x.die(at, url, p, i)
					x.says(p, paid)
					x.pass(day)
					must(t, x.Recover(t.Context()))
					if x.grants(p) != 1 || x.read(p).Status != payment.StatusPaid {
						t.Errorf("%s killed when %s: %d grants, %s", source, at, x.grants(p), x.read(p).Status)
					}
				}
			}
		})
	}
}

// die looks at a payment from one of the sources in a process of its own, which goes by the same clock and kills itself at a point.
func (x *till) die(at billing.Point, url string, p *ent.Payment, source int) {
	t := x.t
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDies$")
	cmd.Env = append(os.Environ(), dieAt+"="+string(at), dieStore+"="+url, diePayment+"="+p.GatewayID+" "+p.ID.String(),
		dieUser+"="+x.user.String(), dieSource+"="+strconv.Itoa(12*source), dieNow+"="+x.clock().Format(time.RFC3339))
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the process was to die when %s: %v\n%s", at, err, out)
	}
}

// TestDies is what another process does for TestKilledProcesses.
func TestDies(t *testing.T) {
	at := billing.Point(os.Getenv(dieAt))
	if at == "" {
		t.Skip("it is run by TestKilledProcesses")
	}
	var gatewayID, id string
	_, err := fmt.Sscan(os.Getenv(diePayment), &gatewayID, &id)
	must(t, err)
	who, err := oid.Parse[oid.User](os.Getenv(dieUser))
	must(t, err)
	i, err := strconv.Atoi(os.Getenv(dieSource))
	must(t, err)
	st := storetest.At(t, os.Getenv(dieStore))
	d := newDesk()
	p, err := st.Client().Payment.Query().Where(payment.GatewayID(gatewayID)).Only(t.Context())
	must(t, err)
	d.set(pay.Order{ID: gatewayID, OrderName: p.OrderName, Currency: p.Currency, Amount: p.Amount, Customer: who.String()}, paid)
	now, err := time.Parse(time.RFC3339, os.Getenv(dieNow))
	must(t, err)
	s := service(t, st, d, billing.Config{Now: func() time.Time { return now }, Fault: func(point billing.Point) error {
		if point == at {
			return syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
		return nil
	}})
	t.Fatal("it lives: ", lookOf(t, s, who, i, id, gatewayID))
}
