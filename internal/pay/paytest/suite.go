// Package paytest holds adapters of the pay port to its contract, and has a local PortOne for the tests of all that
// takes payments.
package paytest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/pay"
)

// Outcome is something that happens to a payment at its gateway.
type Outcome string

// The outcomes that every gateway can be brought to.
const (
	Paid           Outcome = "paid"
	Pending        Outcome = "pending"
	VirtualAccount Outcome = "virtual_account"
	Failed         Outcome = "failed"
	// Cancelled, Partial and Disputed happen to a payment that is paid; Partial gives back half of it.
	Cancelled Outcome = "cancelled"
	Partial   Outcome = "partial"
	Disputed  Outcome = "disputed"
	Resolved  Outcome = "resolved"
)

// Harness is a gateway with what a test needs of its vendor's side.
type Harness struct {
	Gateway pay.Gateway
	// Happens makes something happen to a payment that is registered.
	Happens func(tb testing.TB, o pay.Order, what Outcome)
	// Body is a notice that something happened to a payment.
	Body func(tb testing.TB, paymentID string) []byte
	// Secret signs notices, in the form whsec_ and base64.
	Secret string
}

// Run holds a gateway to the port's contract. open makes one of its own for each test.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Harness){
		"not found":         testNotFound,
		"registered twice":  testRegisteredTwice,
		"paid late":         testPaidLate,
		"cancel":            testCancel,
		"cancel refused":    testCancelRefused,
		"canceled context":  testCanceledContext,
		"notices":           testNotices,
		"checkout and name": testCheckout,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
	runOutcomes(t, open)
}

// price is what every order costs here.
const price = 9900

// order registers an order.
func (h Harness) order(t *testing.T) pay.Order {
	t.Helper()
	o := pay.Order{ID: pay.NewID(), OrderName: "WEAV-AI 스탠다드 30일", Currency: "KRW", Customer: "user_1", Amount: price}
	h.at(t, o)
	return o
}

// at registers an order, once more or for the first time, which tells what the gateway knows it by.
func (h Harness) at(t *testing.T, o pay.Order) pay.Ref {
	t.Helper()
	reference, err := h.Gateway.Register(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return pay.Ref{ID: o.ID, Reference: reference}
}

// paid is an order that is paid.
func (h Harness) paid(t *testing.T) pay.Order {
	t.Helper()
	o := h.order(t)
	h.Happens(t, o, Paid)
	return o
}

// payment reads a payment.
func (h Harness) payment(t *testing.T, o pay.Order) *pay.Payment {
	t.Helper()
	p, err := h.Gateway.Payment(t.Context(), h.at(t, o))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func testNotFound(t *testing.T, h Harness) {
	if p, err := h.Gateway.Payment(t.Context(), pay.Ref{ID: pay.NewID()}); !errors.Is(err, pay.ErrNotFound) {
		t.Errorf("an id that nobody registered: %+v, %v", p, err)
	}
	err := h.Gateway.Cancel(t.Context(), pay.Cancel{ID: pay.NewID(), Reason: "a test", Key: pay.NewID()})
	if !errors.Is(err, pay.ErrNotFound) {
		t.Errorf("a cancellation of what nobody registered: %v", err)
	}
}

func testRegisteredTwice(t *testing.T, h Harness) {
	o := h.order(t)
	at := h.at(t, o)
	h.Happens(t, o, Paid)
	if again := h.at(t, o); again != at || len(at.Reference) > 255 {
		t.Errorf("registered once it was paid it is %+v, was %+v", again, at)
	}
	if p := h.payment(t, o); p.Status != pay.Paid {
		t.Errorf("it is %s", p.Status)
	}
}

func testPaidLate(t *testing.T, h Harness) {
	o := h.order(t)
	for _, what := range []Outcome{Failed, Pending, VirtualAccount, Paid} {
		h.Happens(t, o, what)
	}
	if p := h.payment(t, o); p.Status != pay.Paid || p.PaidAt.IsZero() {
		t.Errorf("it is %+v", p)
	}
}

// testCanceledContext asks with a context that has ended.
func testCanceledContext(t *testing.T, h Harness) {
	at := h.at(t, h.paid(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Gateway.Payment(ctx, at); !errors.Is(err, pay.ErrUnavailable) {
		t.Errorf("asked with a context that has ended: %v", err)
	}
}

func testCheckout(t *testing.T, h Harness) {
	c, err := h.Gateway.Checkout(t.Context(), h.at(t, h.order(t)))
	if err != nil {
		t.Fatal(err)
	}
	if c.Gateway == "" || c.Gateway != h.Gateway.Name() || c.StoreID != h.Gateway.StoreID() {
		t.Errorf("checkout = %+v of %s %s", c, h.Gateway.Name(), h.Gateway.StoreID())
	}
	if c.ChannelKey == "" && c.URL == "" {
		t.Errorf("there is no way to pay: %+v", c)
	}
	if at := h.payment(t, h.paid(t)).PaidAt; time.Since(at).Abs() > time.Minute {
		t.Errorf("paid at %v", at)
	}
}
