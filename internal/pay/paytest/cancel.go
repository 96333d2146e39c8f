package paytest

import (
	"encoding/json"
	"net/http"

	"github.com/weav-ai/weav/internal/pay"
)

// cancel gives money back, by PortOne's rules: what is left must do, and be what the caller thinks it is.
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
	if !ok {
		refuse(w, http.StatusNotFound, "PAYMENT_NOT_FOUND")
		return
	}
	left := x.Total - x.Cancelled
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
	case amount > left:
		refuse(w, http.StatusConflict, "CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT")
	default:
		done := cancellation(amount, in.Reason)
		x.cancellations = append(x.cancellations, done)
		x.Cancelled += amount
		if x.Status = pay.PartialCancelled; x.Cancelled == x.Total {
			x.Status = pay.Cancelled
		}
		answer(w, http.StatusOK, map[string]any{"cancellation": done})
	}
}
