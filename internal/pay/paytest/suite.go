// Package paytest tests adapters of the pay port against its contract, and provides a local PortOne for all
// tests of payments.
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

// The outcomes that every gateway supports.
const (
	Paid           Outcome = "paid"
	Pending        Outcome = "pending"
	VirtualAccount Outcome = "virtual_account"
	Failed         Outcome = "failed"
	// Cancelled, Partial and Disputed happen to a payment that is paid. Partial refunds half of it.
	Cancelled Outcome = "cancelled"
	Partial   Outcome = "partial"
	Disputed  Outcome = "disputed"
	Resolved  Outcome = "resolved"
)

// Harness is a gateway with control over its far side.
type Harness struct {
	Gateway pay.Gateway
	// Happens makes an outcome happen to a registered payment.
	Happens func(tb testing.TB, o pay.Order, what Outcome)
	// Body is a notice about a payment.
	Body func(tb testing.TB, paymentID string) []byte
	// Secret signs notices; it has the form whsec_ and base64.
	Secret string
}

// Run tests a gateway against the port's contract. open makes a new one for each test.
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

// price is the price of every order here.
const price = 9900

// order registers an order.
func (h Harness) order(t *testing.T) pay.Order {
	t.Helper()
	o := pay.Order{ID: pay.NewID(), OrderName: "WEAV-AI 스탠다드 30일", Currency: "KRW", Customer: "user_1", Amount: price}
	h.at(t, o)
	return o
}

// at registers an order, possibly again, which returns the names that the gateway knows it by.
func (h Harness) at(t *testing.T, o pay.Order) pay.Ref {
	t.Helper()
	reference, err := h.Gateway.Register(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return pay.Ref{ID: o.ID, Reference: reference}
}

// paid returns a paid order.
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

// testNotFound requests payments that were never registered.
func testNotFound(t *testing.T, h Harness) {
	if p, err := h.Gateway.Payment(t.Context(), pay.Ref{ID: pay.NewID()}); !errors.Is(err, pay.ErrNotFound) {
		t.Errorf("an id that nobody registered: %+v, %v", p, err)
	}
	err := h.Gateway.Cancel(t.Context(), pay.Cancel{ID: pay.NewID(), Reason: "a test", Key: pay.NewID()})
	if !errors.Is(err, pay.ErrNotFound) {
		t.Errorf("a cancellation of what nobody registered: %v", err)
	}
}

// testRegisteredTwice registers an order again after it was paid, as a late retry would.
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

// testPaidLate pays after failures: no outcome before the payment is final.
func testPaidLate(t *testing.T, h Harness) {
	o := h.order(t)
	for _, what := range []Outcome{Failed, Pending, VirtualAccount, Paid} {
		h.Happens(t, o, what)
	}
	if p := h.payment(t, o); p.Status != pay.Paid || p.PaidAt.IsZero() {
		t.Errorf("it is %+v", p)
	}
}

// testCanceledContext queries with a cancelled context.
func testCanceledContext(t *testing.T, h Harness) {
	at := h.at(t, h.paid(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Gateway.Payment(ctx, at); !errors.Is(err, pay.ErrUnavailable) {
		t.Errorf("asked with a context that has ended: %v", err)
	}
}

// testCheckout requires a way to pay, and a plausible time of the payment.
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
