// Package billing sells memberships: it fixes an order, finds out from the gateway what became of it, and gives and
// takes back the days that were paid for. What a browser, a notice or a timer says only makes it ask the gateway:
// all of them end in one function, which settles in one transaction what the gateway answers.
package billing

import (
	"cmp"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/store"
)

const (
	// PayWithin is how long a payment can be paid after it was prepared.
	PayWithin = 24 * time.Hour
	// MaxPending is how many payments of one person may wait to be paid.
	MaxPending = 10
	// DefaultWait is how long a person's call waits for the gateway. It leaves room in an operation's 10 s.
	DefaultWait = 8 * time.Second
	// DefaultCheckWait is how long a notice and the recovery wait for it; it may take a minute.
	DefaultCheckWait = 65 * time.Second
	// watched is how long the recovery looks after a paid payment, for refunds and disputes whose notices were lost.
	watched = 90 * 24 * time.Hour
)

// Parts are what the service is made of.
type Parts struct {
	Store *store.Store
	// Gateway takes new orders. Others, each of another name, serve those that were made while they did.
	Gateway pay.Gateway
	Others  []pay.Gateway
	Plans   *membership.Plans
	Log     *slog.Logger
}

// Config changes how the service works; its zero value is the default.
type Config struct {
	// Wait is how long a person's call waits for the gateway; 0 is [DefaultWait].
	Wait time.Duration
	// CheckWait is how long a notice and the recovery wait for the gateway; 0 is [DefaultCheckWait].
	CheckWait time.Duration
	// Now is the clock; nil for the real one.
	Now func() time.Time
	// Fault is called between the steps of the work, for tests that end it there: with an error, or with the whole
	// process. Nil does nothing.
	Fault func(Point) error
}

// Point is a place between two steps of the work.
type Point string

// The points, in the order in which a payment passes them.
const (
	// Prepared: the order is committed, the gateway knows nothing of it.
	Prepared Point = "prepared"
	// Registered: the gateway knows the order.
	Registered Point = "registered"
	// Claimed: the recovery has put off the next look, and has not asked.
	Claimed Point = "claimed"
	// Asked: the gateway has answered, nothing is written.
	Asked Point = "asked"
	// Locked: the transaction has begun and holds its locks.
	Locked Point = "locked"
	// Granted: membership and payment are written, not committed.
	Granted Point = "granted"
	// Settled: all is committed, the caller knows nothing of it.
	Settled Point = "settled"
	// RefundRequested: a refund is written down, the gateway knows nothing of it.
	RefundRequested Point = "refund requested"
	// RefundOrdered: the gateway has given the money back, nothing of that is written.
	RefundOrdered Point = "refund ordered"
)

// Service sells memberships. It is safe for concurrent use, in any number of processes.
type Service struct {
	store    *store.Store
	present  pay.Gateway // for new orders
	gateways map[string]pay.Gateway
	missing  sync.Map // the names of gateways that payments are of and that there are not
	plans    *membership.Plans
	rates    rates
	log      *slog.Logger
	wait     time.Duration // for the gateway, of a person's call
	patient  time.Duration // the same, of a notice and the recovery
	now      func() time.Time
	fault    func(Point) error
}

// New returns a service.
func New(p Parts, cfg Config) *Service {
	s := &Service{
		store: p.Store, gateways: map[string]pay.Gateway{}, plans: p.Plans, rates: rates{p.Plans}, log: p.Log,
		wait: cmp.Or(cfg.Wait, DefaultWait), patient: cmp.Or(cfg.CheckWait, DefaultCheckWait), now: cfg.Now, fault: cfg.Fault,
	}
	for _, g := range append([]pay.Gateway{p.Gateway}, p.Others...) {
		if g != nil { // Tests sell nothing.
			s.gateways[g.Name()] = &heard{Gateway: g, log: p.Log}
		}
	}
	if p.Gateway != nil {
		s.present = s.gateways[p.Gateway.Name()]
	}
	if s.now == nil {
		s.now = store.Now
	}
	if s.fault == nil {
		s.fault = func(Point) error { return nil }
	}
	return s
}

// wrap tells where a failure came from.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("billing: %s: %w", doing, err)
}

// found gives NOT_FOUND to a payment that is not there.
func found(p *ent.Payment, err error) (*ent.Payment, error) {
	if ent.IsNotFound(err) {
		return nil, errNoPayment()
	}
	return p, wrap("read", err)
}

func errNoPayment() error { return errs.New(errs.NotFound, "There is no such payment.") }

// errGateway tells a caller that the gateway cannot be asked now.
func errGateway(cause error) error {
	const soon = 5 * time.Second
	return errs.Wrap(cause, errs.Unavailable, "The payment service cannot be reached. Please try again.").Retry(soon)
}
