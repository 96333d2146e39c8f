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

// PortOne is a local PortOne: the part of its API that takes payments, by its published description. A test says what
// it knows of payments, or has it fail, and reads what it was asked.
type PortOne struct {
	// URL is its address, on loopback.
	URL string
	// APISecret is what requests must show, WebhookSecret what notices are signed with.
	APISecret, WebhookSecret string

	mu       sync.Mutex
	payments map[string]*record
	faults   map[string]Fault
	// answered are the answers kept by idempotency key.
	answered map[string]kept
	orders   map[string]pay.Order
	// cancels say how cancellations are answered, by payment.
	cancels  map[string]Cancellation
	requests []Request
	// came is closed and replaced with each request.
	came chan struct{}
	// closed ends what hangs.
	closed chan struct{}
}

// record is a payment here; edit changes what is said of it.
type record struct {
	pay.Payment
	cancellations []map[string]any
	edit          func(map[string]any)
}

type kept struct {
	call   string
	status int
	body   any
}

// Request is a request that came, with its answer; Status is 0 for one that was cut off or never answered.
type Request struct {
	Method, Path, Query string
	Header              http.Header
	Body                []byte
	Status              int
	Answer              []byte
}

// NewPortOne starts a PortOne that knows no payments and ends with the test.
func NewPortOne(tb testing.TB) *PortOne {
	tb.Helper()
	p := &PortOne{
		APISecret: "secret-" + pay.NewID(), WebhookSecret: NewWebhookSecret(),
		payments: map[string]*record{}, faults: map[string]Fault{}, answered: map[string]kept{}, orders: map[string]pay.Order{},
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

// Set says what PortOne knows of a payment from now on. An empty store is [StoreID], an empty transaction is one of the
// payment's own; of IsTest, Disputed and the amounts it says what they hold. One of another store is not found, as it would
// not be: an edit can have it answer with one all the same. Edits change each answer's JSON at the end, whether or not that
// leaves it valid.
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

// Forget makes PortOne know a payment no more.
func (p *PortOne) Forget(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.payments, id)
}

// Break makes PortOne fail at what is asked of a payment, until it is told that it [Works]; an empty id is for all
// payments that have no fault of their own.
func (p *PortOne) Break(id string, f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults[id] = f
}

// Ordered returns what was registered under an id, without name and customer, which PortOne is not told.
func (p *PortOne) Ordered(id string) (pay.Order, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	o, ok := p.orders[id]
	return o, ok
}

// Requests returns all that came so far, in the order of their answers.
func (p *PortOne) Requests() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Request(nil), p.requests...)
}

// Asked returns the requests for how a payment stands.
func (p *PortOne) Asked(id string) (out []Request) {
	for _, r := range p.Requests() {
		if r.Method == http.MethodGet && r.Path == "/payments/"+id {
			out = append(out, r)
		}
	}
	return out
}

// AwaitAsked returns once n requests for how a payment stands have come, answered or not.
func (p *PortOne) AwaitAsked(ctx context.Context, id string, n int) error {
	for {
		p.mu.Lock()
		came := p.came
		p.mu.Unlock()
		if len(p.Asked(id)) >= n {
			return nil
		}
		select {
		case <-came:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
