package paytest

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/weav-ai/weav/internal/pay"
)

// Sessions is a gateway in memory that creates a session for each order, as Stripe does. A payment can only
// be queried, paid and refunded by the session's name, and notices name the session or the transaction, never
// our id.
type Sessions struct {
	// WebhookSecret signs notices.
	WebhookSecret string

	mu sync.Mutex
	// sessions are the payments by their sessions' names; named holds the names by order.
	sessions map[string]*session
	named    map[string]string
	down     bool
}

// session is a payment with the keys of its completed cancellations.
type session struct {
	pay.Payment
	cancels map[string]bool
}

// NewSessions returns a gateway without orders.
func NewSessions() *Sessions {
	return &Sessions{WebhookSecret: NewWebhookSecret(), sessions: map[string]*session{}, named: map[string]string{}}
}

// Name implements pay.Gateway.
func (*Sessions) Name() string { return "sessions" }

// TakesTests implements pay.Gateway.
func (*Sessions) TakesTests() bool { return false }

// StoreID implements pay.Gateway.
func (*Sessions) StoreID() string { return "" }

// Down makes every request fail, or work again.
func (s *Sessions) Down(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// find returns a session by its name; the lock is held.
func (s *Sessions) find(ctx context.Context, name string) (*session, error) {
	one, ok := s.sessions[name]
	switch {
	case ctx.Err() != nil || s.down:
		return nil, pay.Fault(pay.ErrUnavailable, "down", ctx.Err())
	case !ok:
		return nil, pay.ErrNotFound
	}
	return one, nil
}

// Register implements pay.Gateway.
func (s *Sessions) Register(ctx context.Context, o pay.Order) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil || s.down {
		return "", pay.Fault(pay.ErrUnavailable, "down", ctx.Err())
	}
	name, ok := s.named[o.ID]
	if !ok {
		name = "cs_live_" + pay.NewID() + pay.NewID()
		s.named[o.ID] = name
		s.sessions[name] = &session{cancels: map[string]bool{}, Payment: pay.Payment{
			ID: o.ID, OrderName: o.OrderName, Currency: o.Currency, Customer: o.Customer, Total: o.Amount, Status: pay.Ready,
		}}
	}
	return name, nil
}

// Checkout implements pay.Gateway. It looks the session up, because only the session has the address.
func (s *Sessions) Checkout(ctx context.Context, at pay.Ref) (*pay.Checkout, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.find(ctx, at.Reference); err != nil {
		return nil, err
	}
	return &pay.Checkout{Gateway: s.Name(), URL: "https://checkout.example/" + at.Reference}, nil
}

// Payment implements pay.Gateway.
func (s *Sessions) Payment(ctx context.Context, at pay.Ref) (*pay.Payment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one, err := s.find(ctx, at.Reference)
	if err != nil {
		return nil, err
	}
	p := one.Payment
	return &p, nil
}

// Cancel implements pay.Gateway.
func (s *Sessions) Cancel(ctx context.Context, c pay.Cancel) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	one, err := s.find(ctx, c.Reference)
	if err != nil {
		return err
	}
	left := one.Paid - one.Cancelled
	if c.Amount == 0 {
		c.Amount = left
	}
	switch {
	case one.cancels[c.Key]:
		return nil
	case left == 0, c.Amount > left, c.Cancellable != 0 && c.Cancellable != left:
		return pay.Fault(pay.ErrRefused, "another amount is left", nil)
	}
	one.cancels[c.Key] = true
	one.giveBack(c.Amount)
	return nil
}

// giveBack refunds an amount of the payment.
func (s *session) giveBack(amount int64) {
	s.Cancelled += amount
	if s.Status = pay.PartialCancelled; s.Cancelled == s.Paid {
		s.Status = pay.Cancelled
	}
}

// Happens makes an outcome happen to a registered order.
func (s *Sessions) Happens(tb testing.TB, id string, what Outcome) {
	tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	one, ok := s.sessions[s.named[id]]
	if !ok {
		tb.Fatalf("there is no session for %s", id)
	}
	switch what {
	case Paid:
		if one.Paid == 0 {
			one.Status, one.Paid, one.TransactionID, one.PaidAt = pay.Paid, one.Total, "pi_"+pay.NewID(), time.Now().UTC()
		}
	case Pending, VirtualAccount, Failed:
		one.Status = map[Outcome]pay.Status{Pending: pay.Pending, VirtualAccount: pay.VirtualAccountIssued, Failed: pay.Failed}[what]
	case Cancelled:
		one.giveBack(one.Paid - one.Cancelled)
	case Partial:
		one.giveBack(one.Paid / 2)
	case Disputed, Resolved:
		one.Disputed = what == Disputed
	}
}

// Body is a notice about an order's session, or about its transaction once there is one.
func (s *Sessions) Body(id string, ofTransaction bool) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	object := s.named[id]
	if ofTransaction {
		object = s.sessions[object].TransactionID
	}
	return []byte(`{"type":"something.happened","object":"` + object + `","created":"2026-11-23T12:00:00Z"}`)
}

// Notice implements pay.Gateway.
func (s *Sessions) Notice(header http.Header, body []byte) (*pay.Notice, error) {
	hook, err := standardwebhooks.NewWebhook(s.WebhookSecret)
	if err != nil || hook.Verify(body, header) != nil {
		return nil, pay.ErrBadSignature
	}
	var n struct {
		Type, Object string
		Created      time.Time
	}
	if json.Unmarshal(body, &n) != nil {
		return nil, pay.Fault(pay.ErrRefused, "a notice in another form", nil)
	}
	return &pay.Notice{ID: header.Get("Webhook-Id"), Type: n.Type, Reference: n.Object, At: n.Created}, nil
}
