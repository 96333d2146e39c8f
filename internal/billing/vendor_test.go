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

// vendor is the far side of a gateway, which a test moves.
type vendor interface {
	// works makes it answer whatever is asked.
	works()
	// becomes makes it answer of an order as a state has it.
	becomes(o pay.Order, s state)
	// notice is a delivery of its own about a payment, signed; id is new to it.
	notice(id, payment string) (header http.Header, body []byte)
	// hidesDisputes says that it tells of no dispute of a payment that is partly paid back.
	hidesDisputes() bool
}

func (d *desk) works() { d.fail(false, false) }

func (d *desk) becomes(o pay.Order, s state) {
	d.fail(s.name == "500", s.name == "hang")
	d.forget(o.ID)
	if s.change != nil {
		d.set(o, s.change)
	}
}

func (*desk) notice(id, payment string) (header http.Header, body []byte) { return notice(id, payment) }

func (*desk) hidesDisputes() bool { return false }

// portOne is a local PortOne, which is asked over HTTP by the real adapter.
type portOne struct{ *paytest.PortOne }

func (portOne) works() {} // What fails are single payments.

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

// gatewayOf is the adapter of PortOne at an address.
func gatewayOf(t *testing.T, url, secret, webhookSecret string) pay.Gateway {
	t.Helper()
	g, err := portonepay.New(portonepay.Config{
		StoreID: paytest.StoreID, ChannelKey: "channel", APISecret: secret, WebhookSecrets: []string{webhookSecret}, BaseURL: url,
	})
	must(t, err)
	return g
}

// openPortOne is a till whose gateway is PortOne's adapter. Only where no answer can come does it wait briefly for one.
func openPortOne(t *testing.T, st *store.Store) (*till, portOne) {
	t.Helper()
	x, p := open(t, st), portOne{paytest.NewPortOne(t)}
	g := gatewayOf(t, p.URL, p.APISecret, p.WebhookSecret)
	x.desk, x.vendor, x.gateway = nil, p, g.Name()
	x.Service = service(t, st, g, billing.Config{Now: x.clock})
	x.hasty = service(t, st, g, billing.Config{Now: x.clock, Wait: 20 * time.Millisecond, CheckWait: 20 * time.Millisecond})
	return x, p
}
