package billing_test

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/weav-ai/weav/internal/pay"
)

// fakeGateway is a gateway that answers what the test sets.
type fakeGateway struct {
	mu       sync.Mutex
	payments map[string]pay.Payment
	// all answers for payments that were not set; nil: they are unknown.
	all func(id string) pay.Payment
	// down and hangs say how requests fail.
	down, hangs bool
	queries     int
	registered  map[string]pay.Order
	// cancels are the keys of completed cancellations.
	cancels map[string]bool
}

const shop = "store-1"

func newFakeGateway() *fakeGateway {
	return &fakeGateway{payments: map[string]pay.Payment{}, registered: map[string]pay.Order{}, cancels: map[string]bool{}}
}

func (*fakeGateway) Name() string { return "fake" }

func (*fakeGateway) TakesTests() bool { return false }

func (*fakeGateway) StoreID() string { return shop }

func (*fakeGateway) Checkout(context.Context, pay.Ref) (*pay.Checkout, error) {
	return &pay.Checkout{Gateway: "fake", StoreID: shop, ChannelKey: "channel"}, nil
}

func (d *fakeGateway) Register(_ context.Context, o pay.Order) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down {
		return "", pay.Fault(pay.ErrUnavailable, "down", nil)
	}
	d.registered[o.ID] = o
	return "", nil
}

func (d *fakeGateway) Payment(ctx context.Context, at pay.Ref) (*pay.Payment, error) {
	d.mu.Lock()
	d.queries++
	down, hangs, all := d.down, d.hangs, d.all
	p, ok := d.payments[at.ID]
	d.mu.Unlock()
	switch {
	case hangs:
		<-ctx.Done()
		return nil, pay.Fault(pay.ErrUnavailable, "no answer", ctx.Err())
	case down:
		return nil, pay.Fault(pay.ErrUnavailable, "500", nil)
	case !ok && all != nil:
		p = all(at.ID)
	case !ok:
		return nil, pay.ErrNotFound
	}
	return &p, nil
}

func (d *fakeGateway) Cancel(_ context.Context, c pay.Cancel) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.payments[c.ID]
	switch left := p.Total - p.Cancelled; {
	case d.down:
		return pay.Fault(pay.ErrUnavailable, "down", nil)
	case d.cancels[c.Key]:
		return nil
	case c.Cancellable != left, c.Amount > left:
		return pay.Fault(pay.ErrRefused, "another amount is left", nil)
	}
	d.cancels[c.Key] = true
	p.Cancelled += c.Amount
	if p.Status = pay.PartialCancelled; p.Cancelled == p.Total {
		p.Status = pay.Cancelled
	}
	d.payments[c.ID] = p
	return nil
}

func (*fakeGateway) Notice(header http.Header, body []byte) (*pay.Notice, error) {
	if header.Get("signature") != "good" {
		return nil, pay.ErrBadSignature
	}
	at, _ := time.Parse(time.RFC3339Nano, header.Get("at")) // Zero without a header.
	return &pay.Notice{
		ID: header.Get("id"), Type: "Transaction.Paid", PaymentID: string(body), Dispute: pay.Dispute(header.Get("dispute")), At: at,
	}, nil
}

// notice is a signed delivery.
func notice(id, payment string) (header http.Header, body []byte) {
	h := http.Header{}
	h.Set("signature", "good")
	h.Set("id", id)
	return h, []byte(payment)
}

// set changes the answer about a payment that matches its order.
func (d *fakeGateway) set(o pay.Order, change func(*pay.Payment)) {
	p := pay.Payment{
		ID: o.ID, StoreID: shop, TransactionID: "tx", OrderName: o.OrderName, Currency: o.Currency, Customer: o.Customer,
		Status: pay.Paid, Total: o.Amount, Paid: o.Amount,
	}
	change(&p)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.payments[o.ID] = p
}

// fail lets requests fail, or not.
func (d *fakeGateway) fail(down, hangs bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.down, d.hangs = down, hangs
}

func (d *fakeGateway) order(id string) (pay.Order, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	o, ok := d.registered[id]
	return o, ok
}

func (d *fakeGateway) forget(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.payments, id)
}
