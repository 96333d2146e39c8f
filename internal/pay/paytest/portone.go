package paytest

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/pay"
)

// StoreID is the shop of every [PortOne].
const StoreID = "store-00000000-0000-4000-8000-000000000001"

// PortOne is a local PortOne: the payment part of its API, by its published description. A test sets its
// payments and faults, and reads the requests that it received.
type PortOne struct {
	// URL is its address, on loopback.
	URL string
	// APISecret is required of requests. WebhookSecret signs notices.
	APISecret, WebhookSecret string

	mu       sync.Mutex
	payments map[string]*record
	faults   map[string]Fault
	// answered are the stored answers by idempotency key.
	answered map[string]storedAnswer
	orders   map[string]pay.Order
	// cancels are the answers to cancellations, by payment.
	cancels  map[string]Cancellation
	requests []Request
	// came is closed and replaced with each request, which wakes all waiting tests.
	came chan struct{}
	// closed ends requests that hang.
	closed chan struct{}
}

// record is a payment; edit changes its JSON.
type record struct {
	pay.Payment
	cancellations []map[string]any
	edit          func(map[string]any)
}

// storedAnswer is the answer of an idempotency key. call is the request, since a key must not be used for
// another one.
type storedAnswer struct {
	call   string
	status int
	body   any
}

// Request is a received request with its answer; Status is 0 when it was cut off or not answered.
type Request struct {
	Method, Path, Query string
	Header              http.Header
	Body                []byte
	Status              int
	Answer              []byte
}

// NewPortOne starts a PortOne without payments, which stops with the test.
func NewPortOne(tb testing.TB) *PortOne {
	tb.Helper()
	p := &PortOne{
		APISecret: "secret-" + pay.NewID(), WebhookSecret: NewWebhookSecret(),
		payments: map[string]*record{}, faults: map[string]Fault{}, answered: map[string]storedAnswer{}, orders: map[string]pay.Order{},
		cancels: map[string]Cancellation{}, came: make(chan struct{}), closed: make(chan struct{}),
	}
	server := httptest.NewServer(p.routes())
	p.URL = server.URL
	tb.Cleanup(func() {
		close(p.closed)
		server.Close()
	})
	return p
}

// NewWebhookSecret returns a secret in PortOne's form.
func NewWebhookSecret() string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte(pay.NewID()))
}

// Set sets a payment from now on. An empty store is [StoreID], an empty transaction gets an id; IsTest,
// Disputed and the amounts are used as given.
//
// A payment of another store is not found, as at PortOne. An edit can answer with one nevertheless: edits
// change the JSON of each answer at the end, whether or not it stays valid.
func (p *PortOne) Set(x pay.Payment, edits ...func(map[string]any)) {
	if x.StoreID == "" {
		x.StoreID = StoreID
	}
	if x.TransactionID == "" {
		x.TransactionID = "tx-" + x.ID
	}
	if x.PaidAt.IsZero() && x.Paid > 0 {
		x.PaidAt = time.Now().UTC().Truncate(time.Microsecond)
	}
	r := &record{Payment: x, edit: func(answer map[string]any) {
		for _, edit := range edits {
			edit(answer)
		}
	}}
	if x.Cancelled > 0 {
		r.cancellations = append(r.cancellations, cancellation(x.Cancelled, "asked for at the console", Succeeded))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.payments[x.ID] = r
}

// Forget removes a payment.
func (p *PortOne) Forget(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.payments, id)
}

// Break makes requests for a payment fail until it is set to [Works]. An empty id stands for all payments
// without a fault of their own.
func (p *PortOne) Break(id string, f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults[id] = f
}

// Ordered returns what was registered under an id. PortOne receives neither name nor customer.
func (p *PortOne) Ordered(id string) (pay.Order, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	o, ok := p.orders[id]
	return o, ok
}

// Requests returns all requests so far, in the order of their answers.
func (p *PortOne) Requests() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Request(nil), p.requests...)
}

// StatusRequests returns the requests for the status of a payment.
func (p *PortOne) StatusRequests(id string) (out []Request) {
	for _, r := range p.Requests() {
		if r.Method == http.MethodGet && r.Path == "/payments/"+id {
			out = append(out, r)
		}
	}
	return out
}

// AwaitStatusRequests returns once n requests for the status of a payment have arrived, answered or not.
func (p *PortOne) AwaitStatusRequests(ctx context.Context, id string, n int) error {
	for {
		p.mu.Lock()
		came := p.came
		p.mu.Unlock()
		if len(p.StatusRequests(id)) >= n {
			return nil
		}
		select {
		case <-came:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
