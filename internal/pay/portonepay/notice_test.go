package portonepay_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/pay/paytest"
	"github.com/weav-ai/weav/internal/pay/portonepay"
)

// TestNotices reads kinds of notices, all signed well.
func TestNotices(t *testing.T) {
	t.Parallel()
	const at = `"timestamp":"2026-08-01T09:00:00.123Z"`
	p := paytest.NewPortOne(t)
	old := paytest.NewWebhookSecret()
	g := open(t, p, func(c *portonepay.Config) { c.WebhookSecrets = append(c.WebhookSecrets, old) })
	for _, tt := range []struct {
		name, body, payment string
		want                error
	}{
		{"paid", `{"type":"Transaction.Paid",` + at + `,"data":{"storeId":"` + paytest.StoreID + `","paymentId":"p1","transactionId":"t1"}}`, "p1", nil},
		{"cancelled", `{"type":"Transaction.Cancelled",` + at + `,"data":{"storeId":"` + paytest.StoreID + `","paymentId":"p1","cancellationId":"c1"}}`, "p1", nil},
		{"a dispute", `{"type":"Transaction.DisputeCreated",` + at + `,"data":{"storeId":"` + paytest.StoreID + `","paymentId":"p1"}}`, "p1", nil},
		{"of another shop", `{"type":"Transaction.Paid",` + at + `,"data":{"storeId":"another","paymentId":"p1"}}`, "", nil},
		{"of no shop", `{"type":"Transaction.Paid",` + at + `,"data":{"paymentId":"p1"}}`, "", nil},
		{"a billing key", `{"type":"BillingKey.Issued",` + at + `,"data":{"storeId":"` + paytest.StoreID + `","billingKey":"b1"}}`, "", nil},
		{"a kind that is new", `{"type":"Weather.Rain",` + at + `,"data":"rain"}`, "", nil},
		{"no data", `{"type":"Weather.Rain"}`, "", nil},
		{"the original's id at the top", `{"type":"Transaction.Paid",` + at + `,"paymentId":"p1","data":{}}`, "", nil},
		{"data in another form", `{"type":"Transaction.Paid",` + at + `,"data":"p1"}`, "", pay.ErrRefused},
		{"no type", `{"data":{"paymentId":"p1"}}`, "", pay.ErrRefused},
		{"no JSON", `type=Transaction.Paid`, "", pay.ErrRefused},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, secret := range []string{p.WebhookSecret, old} {
				n, err := g.Notice(paytest.Sign("msg_1", time.Now(), []byte(tt.body), secret), []byte(tt.body))
				if !errors.Is(err, tt.want) || err == nil && n.PaymentID != tt.payment {
					t.Errorf("it is read as %+v, %v", n, err)
				}
			}
		})
	}
	if _, err := open(t, p, func(c *portonepay.Config) { c.WebhookSecrets = nil }).Notice(http.Header{}, nil); !errors.Is(err, pay.ErrBadSignature) {
		t.Errorf("without a secret: %v", err)
	}
	for kind, want := range map[string]pay.Dispute{
		"Transaction.DisputeCreated": pay.DisputeCreated, "Transaction.DisputeResolved": pay.DisputeResolved, "Transaction.Cancelled": "",
	} {
		header, body := p.Notice(kind, "p1")
		if n, err := g.Notice(header, body); err != nil || n.Dispute != want || n.At.IsZero() {
			t.Errorf("%s is read as %+v, %v", kind, n, err)
		}
	}
	header, body := p.Notice("Transaction.Paid", "p1")
	if n, err := g.Notice(header, body); err != nil || n.PaymentID != "p1" {
		t.Errorf("the local PortOne's own: %+v, %v", n, err)
	}
}
