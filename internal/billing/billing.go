// Package billing sells memberships. It creates orders, checks their payments at the gateway, and grants or
// takes back the days that were paid for.
//
// A browser, a notice and a timer are never trusted. Each of them only causes a check: the gateway is
// queried, and one function settles the answer in one transaction.
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
	// PayWithin is how long after its creation an order can be paid.
	PayWithin = 24 * time.Hour
	// MaxPending is the most unpaid orders that one user may have.
	MaxPending = 10
	// DefaultWait is how long a user's request waits for the gateway. It leaves room within the 10 s of an
	// operation.
	DefaultWait = 8 * time.Second
	// DefaultCheckWait is how long notices and the recovery wait for the gateway. PortOne asks callers to
	// allow a minute.
	DefaultCheckWait = 65 * time.Second
	// watchPeriod is how long the recovery checks a paid payment, for refunds and disputes whose notices were
	// lost.
	watchPeriod = 90 * 24 * time.Hour
)

// Parts are the dependencies of the service.
type Parts struct {
	Store *store.Store
	// Gateway takes new orders. Others serve the orders that were made while they took them; each has another
	// name.
	Gateway pay.Gateway
	Others  []pay.Gateway
	Plans   *membership.Plans
	Log     *slog.Logger
}

// Config changes how the service works. Its zero value is the default.
type Config struct {
	// Wait is how long a user's request waits for the gateway; 0 is [DefaultWait].
	Wait time.Duration
	// CheckWait is how long notices and the recovery wait for the gateway; 0 is [DefaultCheckWait].
	CheckWait time.Duration
	// Now is the clock; nil for the real one.
	Now func() time.Time
	// Fault is called between the steps of the work. Tests let it fail or end the process there. Nil does
	// nothing.
	Fault func(Point) error
}

// Point is a place between two steps of the work, at which a process may die.
type Point string

// The points, in the order in which a payment passes them.
const (
	// Prepared: the order is committed. The gateway does not know it.
	Prepared Point = "prepared"
	// Registered: the gateway knows the order.
	Registered Point = "registered"
	// Claimed: the recovery has postponed the next check and has not queried the gateway yet.
	Claimed Point = "claimed"
	// Answered: the gateway has answered. Nothing is written.
	Answered Point = "asked"
	// Locked: the transaction has begun and holds its locks.
	Locked Point = "locked"
	// Granted: membership and payment are written, not committed.
	Granted Point = "granted"
	// Settled: everything is committed. The caller has no answer yet.
	Settled Point = "settled"
	// RefundRequested: the refund is stored. The gateway does not know it.
	RefundRequested Point = "refund requested"
	// RefundOrdered: the gateway has refunded. Nothing of that is stored.
	RefundOrdered Point = "refund ordered"
)

// Service sells memberships. It is safe for concurrent use, in any number of processes.
type Service struct {
	store     *store.Store
	current   pay.Gateway // takes new orders
	gateways  map[string]pay.Gateway
	missing   sync.Map // names of gateways that payments refer to and this server does not serve
	plans     *membership.Plans
	rates     rates
	log       *slog.Logger
	wait      time.Duration // timeout of the gateway in a user's request
	checkWait time.Duration // the same for notices and the recovery
	now       func() time.Time
	fault     func(Point) error
}

// New returns a service.
func New(p Parts, cfg Config) *Service {
	s := &Service{
		store: p.Store, gateways: map[string]pay.Gateway{}, plans: p.Plans, rates: rates{p.Plans}, log: p.Log,
		wait: cmp.Or(cfg.Wait, DefaultWait), checkWait: cmp.Or(cfg.CheckWait, DefaultCheckWait), now: cfg.Now, fault: cfg.Fault,
	}
	for _, g := range append([]pay.Gateway{p.Gateway}, p.Others...) {
		if g != nil { // Tests without a gateway pass nil.
			s.gateways[g.Name()] = &loggedGateway{Gateway: g, log: p.Log}
		}
	}
	if p.Gateway != nil {
		s.current = s.gateways[p.Gateway.Name()]
	}
	if s.now == nil {
		s.now = store.Now
	}
	if s.fault == nil {
		s.fault = func(Point) error { return nil }
	}
	return s
}

// wrap adds what was being done to an error; nil stays nil.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("billing: %s: %w", doing, err)
}

// found turns a missing payment into NOT_FOUND.
func found(p *ent.Payment, err error) (*ent.Payment, error) {
	if ent.IsNotFound(err) {
		return nil, errNoPayment()
	}
	return p, wrap("read", err)
}

// errNoPayment is the same for unknown, malformed and foreign ids, so that an id cannot be probed.
func errNoPayment() error { return errs.New(errs.NotFound, "There is no such payment.") }

// errGateway is the error for a caller while the gateway cannot be reached.
func errGateway(cause error) error {
	const soon = 5 * time.Second
	return errs.Wrap(cause, errs.Unavailable, "The payment service cannot be reached. Please try again.").Retry(soon)
}
