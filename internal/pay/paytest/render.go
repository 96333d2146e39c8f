package paytest

import (
	"maps"
	"time"

	"github.com/weav-ai/weav/internal/pay"
)

// requestedAt is the time of all requests here; nothing depends on it.
var requestedAt = time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC)

// statusNames are PortOne's names of statuses where they differ from the port's.
var statusNames = map[pay.Status]string{pay.Pending: "PAY_PENDING", pay.Unknown: "SOMETHING_NEW"}

// json is a payment in PortOne's form.
func (r *record) json() map[string]any {
	status := string(r.Status)
	if word, ok := statusNames[r.Status]; ok {
		status = word
	}
	channel := "LIVE"
	if r.IsTest {
		channel = "TEST"
	}
	customer := map[string]any{}
	if r.Customer != "" {
		customer["id"] = r.Customer
	}
	out := map[string]any{
		"status": status, "id": r.ID, "transactionId": r.TransactionID, "merchantId": "merchant-1", "storeId": r.StoreID,
		"channel": map[string]any{"type": channel, "pgProvider": "TOSSPAYMENTS", "pgMerchantId": "pg-merchant"},
		"version": "V2", "requestedAt": requestedAt, "updatedAt": requestedAt, "statusChangedAt": requestedAt,
		"orderName": r.OrderName, "currency": r.Currency, "customer": customer,
		"amount": map[string]any{
			"total": r.Total, "taxFree": 0, "discount": r.Discount, "paid": r.Paid, "cancelled": r.Cancelled, "cancelledTaxFree": 0,
		},
		"origin": map[string]any{"platformType": "PC", "ipAddress": "192.0.2.1"},
	}
	maps.Copy(out, r.statusFields())
	r.edit(out)
	return out
}

// statusFields are the fields that PortOne adds in this status.
func (r *record) statusFields() map[string]any {
	out := map[string]any{}
	if !r.PaidAt.IsZero() {
		out["paidAt"] = r.PaidAt
	}
	switch r.Status {
	case pay.Paid:
		out["disputes"] = r.disputes()
		if len(r.cancellations) > 0 { // None of them has succeeded.
			out["cancellations"] = r.cancellations
		}
	case pay.PartialCancelled, pay.Cancelled:
		out["cancellations"], out["cancelledAt"] = r.cancellations, requestedAt
	case pay.Failed:
		out["failure"], out["failedAt"] = map[string]any{"reason": "The card was refused."}, requestedAt
	case pay.VirtualAccountIssued:
		out["method"] = map[string]any{"type": "PaymentMethodVirtualAccount", "accountNumber": "0000000000", "bank": "KOOKMIN"}
	case pay.Ready, pay.Pending, pay.Unknown:
	}
	return out
}

// disputes are a resolved one, and an open one while the payment is disputed.
func (r *record) disputes() []map[string]any {
	old := map[string]any{"status": "RESOLVED", "reason": "a mistake", "createdAt": requestedAt, "resolvedAt": requestedAt}
	if !r.Disputed {
		return []map[string]any{old}
	}
	return []map[string]any{old, {"status": "UNRESOLVED", "reason": "not received", "createdAt": requestedAt}}
}

// cancellation is a cancellation in PortOne's form.
func cancellation(amount int64, reason string, status Cancellation) map[string]any {
	out := map[string]any{
		"status": status, "id": "cancellation-" + pay.NewID(), "totalAmount": amount, "taxFreeAmount": 0, "vatAmount": 0,
		"reason": reason, "requestedAt": requestedAt,
	}
	if status == Succeeded {
		out["cancelledAt"] = requestedAt
	}
	return out
}
