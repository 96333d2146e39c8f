package portonepay

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/weav-ai/weav/internal/pay"
)

// answer is a payment in PortOne's form, as far as it is read. Unknown fields are ignored, because PortOne
// may add some.
type answer struct {
	Status        string `json:"status"`
	ID            string `json:"id"`
	TransactionID string `json:"transactionId"`
	StoreID       string `json:"storeId"`
	Channel       *struct {
		Type string `json:"type"`
	} `json:"channel"`
	OrderName string `json:"orderName"`
	Amount    *struct {
		Total     int64  `json:"total"`
		Paid      *int64 `json:"paid"`
		Discount  *int64 `json:"discount"`
		Cancelled int64  `json:"cancelled"`
	} `json:"amount"`
	Currency string `json:"currency"`
	Customer struct {
		ID string `json:"id"`
	} `json:"customer"`
	PaidAt time.Time `json:"paidAt"`
	// Disputes are documented for PAID alone: a payment that is partly or fully cancelled reports none.
	Disputes []struct {
		Status string `json:"status"`
	} `json:"disputes"`
}

// statuses are PortOne's statuses, one of them in two spellings.
var statuses = map[string]pay.Status{
	"READY": pay.Ready, "PAY_PENDING": pay.Pending, "PENDING": pay.Pending, "VIRTUAL_ACCOUNT_ISSUED": pay.VirtualAccountIssued,
	"PAID": pay.Paid, "PARTIAL_CANCELLED": pay.PartialCancelled, "CANCELLED": pay.Cancelled, "FAILED": pay.Failed,
}

// Payment implements pay.Gateway. An answer that is not in PortOne's form is ErrUnavailable. One in its form
// with impossible values has the status Unknown.
func (g *Gateway) Payment(ctx context.Context, at pay.Ref) (*pay.Payment, error) {
	var a answer
	r := request{method: http.MethodGet, path: []string{"payments", at.ID}, query: url.Values{"storeId": {g.cfg.StoreID}}}
	if err := g.call(ctx, r, &a); err != nil {
		return nil, err
	}
	// A proxy with a wrong cache could answer with another payment.
	if a.ID != at.ID {
		return nil, pay.Fault(pay.ErrUnavailable, "an answer about another payment", nil)
	}
	return a.payment(), nil
}

// payment converts an answer. Negative or missing amounts leave the status Unknown, so that nothing is
// granted for them.
func (a answer) payment() *pay.Payment {
	p := &pay.Payment{
		ID: a.ID, TransactionID: a.TransactionID, StoreID: a.StoreID, OrderName: a.OrderName, Status: pay.Unknown,
		// Only LIVE is real money. A channel that is not named counts as a test.
		IsTest:   a.Channel == nil || a.Channel.Type != "LIVE",
		Currency: a.Currency, PaidAt: a.PaidAt, Customer: a.Customer.ID, Disputed: a.isDisputed(), DisputeUnknown: a.Status == "PARTIAL_CANCELLED",
	}
	if a.Amount == nil || min(a.Amount.Total, amountOf(a.Amount.Paid), amountOf(a.Amount.Discount), a.Amount.Cancelled) < 0 {
		return p
	}
	p.Total, p.Cancelled = a.Amount.Total, a.Amount.Cancelled
	p.Paid, p.Discount = amountOf(a.Amount.Paid), amountOf(a.Amount.Discount)
	p.IsItemised = a.Amount.Paid != nil && a.Amount.Discount != nil
	if s, ok := statuses[a.Status]; ok {
		p.Status = s
	}
	return p
}

// amountOf is an amount; 0 when it is not given.
func amountOf(amount *int64) int64 {
	if amount == nil {
		return 0
	}
	return *amount
}

// isDisputed reports whether a dispute is in any state other than RESOLVED. PortOne announces the beginning
// and the end by the notices Transaction.DisputeCreated and Transaction.DisputeResolved. The payment stays
// PAID meanwhile. The winner is not reported: a payer who won has the money back by a cancellation with the
// trigger CHARGEBACK.
func (a answer) isDisputed() bool {
	for _, d := range a.Disputes {
		if d.Status != "RESOLVED" {
			return true
		}
	}
	return false
}
