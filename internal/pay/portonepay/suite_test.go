package portonepay_test

import (
	"encoding/json"
	"testing"

	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/pay/paytest"
	"github.com/weav-ai/weav/internal/pay/portonepay"
)

const channelKey = "channel-key-1"

func open(tb testing.TB, p *paytest.PortOne, edits ...func(*portonepay.Config)) *portonepay.Gateway {
	tb.Helper()
	c := portonepay.Config{
		StoreID: paytest.StoreID, ChannelKey: channelKey, APISecret: p.APISecret, WebhookSecrets: []string{p.WebhookSecret}, BaseURL: p.URL,
	}
	for _, edit := range edits {
		edit(&c)
	}
	g, err := portonepay.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

// paid is a correct payment of an order.
func paid(o pay.Order) pay.Payment {
	return pay.Payment{
		ID: o.ID, OrderName: o.OrderName, Currency: o.Currency, Customer: o.Customer, Status: pay.Paid, Total: o.Amount, Paid: o.Amount,
	}
}

// happen sets the payment of p to an outcome.
func happen(p *paytest.PortOne, o pay.Order, what paytest.Outcome) {
	x := paid(o)
	switch what {
	case paytest.Pending, paytest.VirtualAccount, paytest.Failed:
		x.Paid = 0
		x.Status = map[paytest.Outcome]pay.Status{
			paytest.Pending: pay.Pending, paytest.VirtualAccount: pay.VirtualAccountIssued, paytest.Failed: pay.Failed,
		}[what]
	case paytest.Cancelled:
		x.Status, x.Cancelled = pay.Cancelled, x.Total
	case paytest.Partial:
		x.Status, x.Cancelled = pay.PartialCancelled, x.Total/2
	case paytest.Disputed:
		x.Disputed = true
	case paytest.Paid, paytest.Resolved:
	}
	p.Set(x)
}

func TestPortOne(t *testing.T) {
	t.Parallel()
	paytest.Run(t, func(t *testing.T) paytest.Harness {
		p := paytest.NewPortOne(t)
		return paytest.Harness{
			Gateway: open(t, p),
			Secret:  p.WebhookSecret,
			Happens: func(_ testing.TB, o pay.Order, what paytest.Outcome) { happen(p, o, what) },
			Body: func(tb testing.TB, id string) []byte {
				body, err := json.Marshal(map[string]any{
					"type": "Transaction.Paid", "timestamp": "2026-08-01T09:00:00.123Z",
					"data": map[string]any{"storeId": paytest.StoreID, "paymentId": id, "transactionId": "tx-1"},
				})
				if err != nil {
					tb.Fatal(err)
				}
				return body
			},
		}
	})
}
