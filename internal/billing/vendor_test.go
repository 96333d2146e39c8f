package billing_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/pay/paytest"
	"github.com/weav-ai/weav/internal/pay/portonepay"
	"github.com/weav-ai/weav/internal/store"
)

// vendor is the far side of a gateway, which a test controls.
type vendor interface {
	// works lets it answer every request.
	works()
	// becomes sets its answer about an order to a state.
	becomes(o pay.Order, s state)
	// notice is a signed delivery about a payment; id is a new id.
	notice(id, payment string) (header http.Header, body []byte)
	// hidesDisputes says that it reports no dispute of a payment that is partly refunded.
	hidesDisputes() bool
}

func (d *fakeGateway) works() { d.fail(false, false) }

func (d *fakeGateway) becomes(o pay.Order, s state) {
	d.fail(s.name == "500", s.name == "hang")
	d.forget(o.ID)
	if s.change != nil {
		d.set(o, s.change)
	}
}

func (*fakeGateway) notice(id, payment string) (header http.Header, body []byte) {
	return notice(id, payment)
}

func (*fakeGateway) hidesDisputes() bool { return false }

// portOne is a local PortOne, which the real adapter queries over HTTP.
type portOne struct{ *paytest.PortOne }

func (portOne) works() {} // Only single payments fail.

func (p portOne) becomes(o pay.Order, s state) {
	p.Break(o.ID, map[string]paytest.Fault{"500": paytest.ServerError, "hang": paytest.Hangs}[s.name])
	if s.change == nil {
		p.Forget(o.ID)
		return
	}
	x := pay.Payment{
		ID: o.ID, StoreID: paytest.StoreID, OrderName: o.OrderName, Currency: o.Currency, Customer: o.Customer,
		Status: pay.Paid, Total: o.Amount, Paid: o.Amount,
	}
	s.change(&x)
	named := x.StoreID
	x.StoreID = paytest.StoreID
	p.Set(x, func(answer map[string]any) { answer["storeId"] = named })
}

func (p portOne) notice(_, payment string) (header http.Header, body []byte) {
	return p.Notice("Transaction.Paid", payment)
}

func (portOne) hidesDisputes() bool { return true }

// gatewayOf is PortOne's adapter for an address.
func gatewayOf(t *testing.T, url, secret, webhookSecret string) pay.Gateway {
	t.Helper()
	g, err := portonepay.New(portonepay.Config{
		StoreID: paytest.StoreID, ChannelKey: "channel", APISecret: secret, WebhookSecrets: []string{webhookSecret}, BaseURL: url,
	})
	must(t, err)
	return g
}

// openPortOne is a harness whose gateway is PortOne's adapter. Its timeout is short only where no answer can
// come.
func openPortOne(t *testing.T, st *store.Store) (*harness, portOne) {
	t.Helper()
	x, p := open(t, st), portOne{paytest.NewPortOne(t)}
	g := gatewayOf(t, p.URL, p.APISecret, p.WebhookSecret)
	x.gateway, x.vendor, x.gatewayName = nil, p, g.Name()
	x.Service = service(t, st, g, billing.Config{Now: x.clock})
	x.impatient = service(t, st, g, billing.Config{Now: x.clock, Wait: 20 * time.Millisecond, CheckWait: 20 * time.Millisecond})
	return x, p
}
