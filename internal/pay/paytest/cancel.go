package paytest

import (
	"cmp"
	"encoding/json"
	"net/http"

	"github.com/weav-ai/weav/internal/pay"
)

// Cancellation is the state of a refund, in PortOne's words.
type Cancellation string

// The states of a cancellation. Only one that Succeeded changes the payment.
const (
	Succeeded Cancellation = "SUCCEEDED"
	Requested Cancellation = "REQUESTED"
	Refused   Cancellation = "FAILED"
)

// Cancels sets how PortOne answers refunds of a payment from now on; the default is Succeeded.
func (p *PortOne) Cancels(id string, how Cancellation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cancels[id] = how
}

// Decide ends the Requested cancellations of a payment as Succeeded or Refused.
func (p *PortOne) Decide(id string, how Cancellation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.payments[id]
	for _, c := range x.cancellations {
		if c["status"] != Requested {
			continue
		}
		c["status"] = how
		if how == Succeeded {
			c["cancelledAt"] = requestedAt
			x.giveBack(c["totalAmount"].(int64)) //nolint:errcheck // cancellation makes it one.
		}
	}
}

// giveBack refunds an amount of the payment.
func (r *record) giveBack(amount int64) {
	r.Cancelled += amount
	if r.Status = pay.PartialCancelled; r.Cancelled == r.Total {
		r.Status = pay.Cancelled
	}
}

// left is the refundable amount, without what is requested already.
func (r *record) left() int64 {
	left := r.Total - r.Cancelled
	for _, c := range r.cancellations {
		if amount, ok := c["totalAmount"].(int64); ok && c["status"] == Requested {
			left -= amount
		}
	}
	return left
}

// cancel refunds by PortOne's rules: the amount must be left, and the caller's refundable amount must be
// right.
//
//nolint:gocyclo // One refusal after the other, in the order of the published description.
func (p *PortOne) cancel(w http.ResponseWriter, id string, body []byte) {
	var in struct {
		StoreID     string `json:"storeId"`
		Reason      string `json:"reason"`
		Amount      *int64 `json:"amount"`
		Cancellable *int64 `json:"currentCancellableAmount"`
	}
	if json.Unmarshal(body, &in) != nil || in.Reason == "" || in.Amount != nil && *in.Amount < 1 {
		refuse(w, http.StatusBadRequest, "INVALID_REQUEST")
		return
	}
	if in.StoreID != "" && in.StoreID != StoreID {
		refuse(w, http.StatusForbidden, "FORBIDDEN")
		return
	}
	x, ok := p.payments[id]
	if !ok || x.StoreID != StoreID {
		refuse(w, http.StatusNotFound, "PAYMENT_NOT_FOUND")
		return
	}
	left := x.left()
	amount := left
	if in.Amount != nil {
		amount = *in.Amount
	}
	switch {
	case x.Status == pay.Cancelled:
		refuse(w, http.StatusConflict, "PAYMENT_ALREADY_CANCELLED")
	case x.Status != pay.Paid && x.Status != pay.PartialCancelled:
		refuse(w, http.StatusConflict, "PAYMENT_NOT_PAID")
	case in.Cancellable != nil && *in.Cancellable != left:
		refuse(w, http.StatusConflict, "CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN")
	case amount > left || amount < 1:
		refuse(w, http.StatusConflict, "CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT")
	default:
		done := cancellation(amount, in.Reason, cmp.Or(p.cancels[id], Succeeded))
		x.cancellations = append(x.cancellations, done)
		if done["status"] == Succeeded {
			x.giveBack(amount)
		}
		answer(w, http.StatusOK, map[string]any{"cancellation": done})
	}
}
