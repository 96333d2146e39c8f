package paytest

import (
	"testing"

	"github.com/weav-ai/weav/internal/pay"
)

// runOutcomes makes each outcome happen and reads the payment.
func runOutcomes(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	tests := []struct {
		name            string
		happens         []Outcome
		status          pay.Status
		paid, cancelled int64
		disputed        bool
	}{
		{"paid", []Outcome{Paid}, pay.Paid, price, 0, false},
		{"pending", []Outcome{Pending}, pay.Pending, 0, 0, false},
		{"virtual account", []Outcome{VirtualAccount}, pay.VirtualAccountIssued, 0, 0, false},
		{"failed", []Outcome{Failed}, pay.Failed, 0, 0, false},
		{"cancelled", []Outcome{Paid, Cancelled}, pay.Cancelled, price, price, false},
		{"partly cancelled", []Outcome{Paid, Partial}, pay.PartialCancelled, price, price / 2, false},
		{"partly, then wholly cancelled", []Outcome{Paid, Partial, Cancelled}, pay.Cancelled, price, price, false},
		{"disputed", []Outcome{Paid, Disputed}, pay.Paid, price, 0, true},
		{"dispute resolved", []Outcome{Paid, Disputed, Resolved}, pay.Paid, price, 0, false},
		{"paid twice", []Outcome{Paid, Paid}, pay.Paid, price, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			o := h.order(t)
			for _, what := range tt.happens {
				h.Happens(t, o, what)
			}
			got := h.payment(t, o)
			h.checkIdentity(t, o, got)
			if got.Status != tt.status || got.Paid != tt.paid || got.Cancelled != tt.cancelled || got.Disputed != tt.disputed {
				t.Errorf("it is %+v", got)
			}
			if got.PaidAt.IsZero() != (tt.paid == 0) {
				t.Errorf("paid at %v", got.PaidAt)
			}
		})
	}
}

// checkIdentity compares the payment with its order.
func (h Harness) checkIdentity(t *testing.T, o pay.Order, got *pay.Payment) {
	t.Helper()
	is := pay.Order{ID: got.ID, OrderName: got.OrderName, Currency: got.Currency, Customer: got.Customer, Amount: got.Total}
	if is != o {
		t.Errorf("it is of %+v, want %+v", is, o)
	}
	if got.StoreID != h.Gateway.StoreID() {
		t.Errorf("it is of the shop %q, want %q", got.StoreID, h.Gateway.StoreID())
	}
	if got.Paid > 0 && got.TransactionID == "" {
		t.Error("it was paid in no transaction")
	}
}
