package sandboxpay_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/pay/paytest"
	"github.com/weav-ai/weav/internal/pay/sandboxpay"
)

// book is a Book in memory. busy is how many more writes meet a concurrent one.
type book struct {
	mu      sync.Mutex
	entries map[string]sandboxpay.Entry
	busy    int
}

func (b *book) Load(ctx context.Context, id string) (*sandboxpay.Entry, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.entries[id]
	if !ok {
		return nil, ctx.Err()
	}
	return &e, ctx.Err()
}

func (b *book) Save(_ context.Context, e sandboxpay.Entry) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.busy > 0 || b.entries[e.ID].Revision != e.Revision {
		b.busy--
		return false, nil
	}
	e.Revision++
	b.entries[e.ID] = e
	return true, nil
}

// fixture is a sandbox with its page and the notices that it sent.
type fixture struct {
	*sandboxpay.Gateway
	url  string
	book *book

	mu      sync.Mutex
	notices []pay.Notice
	// refusesNotices lets deliveries of notices fail.
	refusesNotices bool
}

var secret = []byte("a secret of the sandbox's tests")

func open(tb testing.TB) *fixture {
	tb.Helper()
	s := &fixture{book: &book{entries: map[string]sandboxpay.Entry{}}}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	tb.Cleanup(server.Close)
	s.url = server.URL + "/sandbox/payments"
	var err error
	if s.Gateway, err = sandboxpay.New(sandboxpay.Config{PageURL: s.url, Book: s.book, Secret: secret, Notify: s.notified}); err != nil {
		tb.Fatal(err)
	}
	mux.Handle("/sandbox/payments/{id}", http.StripPrefix("/sandbox/payments", s.Handler()))
	return s
}

func (s *fixture) notified(_ context.Context, header http.Header, body []byte) error {
	n, err := s.Notice(header, body)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refusesNotices || err != nil {
		return errors.Join(err, errors.New("deaf"))
	}
	s.notices = append(s.notices, *n)
	return nil
}

// postOutcome posts an outcome as JSON.
func (s *fixture) postOutcome(tb testing.TB, id, outcome string) int {
	tb.Helper()
	res := send(tb, http.MethodPost, s.url+"/"+id, "application/json", `{"outcome":"`+outcome+`"}`)
	return res.StatusCode
}

func send(tb testing.TB, method, url, kind, body string) *http.Response {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), method, url, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = res.Body.Close() })
	return res
}

func (s *fixture) order(tb testing.TB) pay.Order {
	tb.Helper()
	o := pay.Order{ID: pay.NewID(), OrderName: `<b>30일</b>`, Currency: "KRW", Customer: "user_1", Amount: 9900}
	if _, err := s.Register(tb.Context(), o); err != nil {
		tb.Fatal(err)
	}
	return o
}

func TestSandbox(t *testing.T) {
	t.Parallel()
	paytest.Run(t, func(t *testing.T) paytest.Harness {
		s := open(t)
		return paytest.Harness{
			Gateway: s.Gateway,
			Secret:  "whsec_" + base64.StdEncoding.EncodeToString(secret),
			Happens: func(tb testing.TB, o pay.Order, what paytest.Outcome) {
				if got := s.postOutcome(tb, o.ID, string(what)); got != http.StatusNoContent {
					tb.Fatalf("%s is answered with %d", what, got)
				}
			},
			Body: func(tb testing.TB, id string) []byte {
				body, err := json.Marshal(map[string]any{"type": "Transaction.Changed", "paymentId": id, "timestamp": "2026-08-01T09:00:00Z"})
				if err != nil {
					tb.Fatal(err)
				}
				return body
			},
		}
	})
}

// TestOutcomes posts each outcome of a payment that is new, paid, or refunded.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	const yes, no = http.StatusNoContent, http.StatusConflict
	for _, tt := range []struct {
		outcome            string
		unpaid, paid, gone int
	}{
		{"paid", yes, yes, no},
		{"pending", yes, no, no},
		{"virtual_account", yes, no, no},
		{"failed", yes, no, no},
		{"wrong_amount", yes, yes, no},
		{"wrong_currency", yes, yes, no},
		{"wrong_order", yes, yes, no},
		{"wrong_payer", yes, yes, no},
		{"partial", no, yes, no},
		{"cancelled", no, yes, yes},
		{"disputed", no, yes, no},
		{"resolved", no, yes, no},
		{"nonsense", http.StatusBadRequest, http.StatusBadRequest, http.StatusBadRequest},
	} {
		t.Run(tt.outcome, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			for name, c := range map[string]struct {
				before []string
				want   int
			}{
				"unpaid": {nil, tt.unpaid}, "paid": {[]string{"paid"}, tt.paid}, "gone": {[]string{"paid", "cancelled"}, tt.gone},
			} {
				o := s.order(t)
				for _, b := range c.before {
					s.postOutcome(t, o.ID, b)
				}
				if got := s.postOutcome(t, o.ID, tt.outcome); got != c.want {
					t.Errorf("%s: answered %d, want %d", name, got, c.want)
				}
			}
		})
	}
}

// TestWrongPayments: each wrong outcome is paid, and differs in one property alone.
func TestWrongPayments(t *testing.T) {
	t.Parallel()
	s := open(t)
	for outcome, mend := range map[string]func(p, right *pay.Payment){
		"wrong_amount":   func(p, right *pay.Payment) { p.Total, p.Paid = right.Total, right.Paid },
		"wrong_currency": func(p, right *pay.Payment) { p.Currency = right.Currency },
		"wrong_order":    func(p, right *pay.Payment) { p.OrderName = right.OrderName },
		"wrong_payer":    func(p, right *pay.Payment) { p.Customer = right.Customer },
	} {
		o := s.order(t)
		s.postOutcome(t, o.ID, outcome)
		p, err := s.Payment(t.Context(), pay.Ref{ID: o.ID})
		if err != nil {
			t.Fatal(err)
		}
		right := pay.Payment{
			ID: o.ID, TransactionID: p.TransactionID, OrderName: o.OrderName, Currency: o.Currency, Customer: o.Customer,
			Status: pay.Paid, IsTest: true, Total: o.Amount, Paid: o.Amount, IsItemised: true, PaidAt: p.PaidAt,
		}
		if *p == right {
			t.Errorf("%s is right", outcome)
		}
		mend(p, &right)
		if *p != right {
			t.Errorf("%s: it is %+v, want %+v", outcome, *p, right)
		}
	}
}

func TestNoticesAreSent(t *testing.T) {
	t.Parallel()
	s := open(t)
	o := s.order(t)
	s.postOutcome(t, o.ID, "paid")
	if err := s.Cancel(t.Context(), pay.Cancel{ID: o.ID, Reason: "a test", Amount: 100, Key: pay.NewID()}); err != nil {
		t.Fatal(err)
	}
	if len(s.notices) != 2 || s.notices[0].ID == s.notices[1].ID || s.notices[0].PaymentID != o.ID {
		t.Errorf("the notices are %+v", s.notices)
	}
	s.refusesNotices = true
	if got := s.postOutcome(t, o.ID, "disputed"); got != http.StatusServiceUnavailable {
		t.Errorf("a notice that is not taken: %d", got)
	}
	if p, err := s.Payment(t.Context(), pay.Ref{ID: o.ID}); err != nil || !p.Disputed {
		t.Errorf("what was said is lost with its notice: %+v, %v", p, err)
	}
	if err := s.Cancel(t.Context(), pay.Cancel{ID: o.ID, Reason: "a test", Key: pay.NewID()}); err != nil {
		t.Errorf("the money went back, and the order fails: %v", err)
	}
}

// TestAChangeRetriesWhileTheBookIsBusy, but not forever.
func TestAChangeRetriesWhileTheBookIsBusy(t *testing.T) {
	t.Parallel()
	s := open(t)
	o := s.order(t)
	s.book.busy = 3
	if got := s.postOutcome(t, o.ID, "paid"); got != http.StatusNoContent {
		t.Errorf("a busy book: %d", got)
	}
	s.book.busy = 1000
	if got := s.postOutcome(t, o.ID, "disputed"); got != http.StatusServiceUnavailable {
		t.Errorf("a book that is always busy: %d", got)
	}
}

func TestShortSecret(t *testing.T) {
	t.Parallel()
	if _, err := sandboxpay.New(sandboxpay.Config{Secret: []byte("short")}); err == nil {
		t.Error("a secret that can be guessed is taken")
	}
}
