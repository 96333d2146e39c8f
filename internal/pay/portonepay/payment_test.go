package portonepay_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/pay/paytest"
	"github.com/weav-ai/weav/internal/pay/portonepay"
)

// answering is a gateway whose PortOne gives the same answer to everything.
func answering(tb testing.TB, status int, body string) *portonepay.Gateway {
	tb.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	tb.Cleanup(server.Close)
	g, err := portonepay.New(portonepay.Config{StoreID: paytest.StoreID, APISecret: "secret", BaseURL: server.URL})
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

type object = map[string]any

// TestMalformedPaymentsAreUnknown: nothing is concluded from an impossible payment, and new fields do no
// harm.
func TestMalformedPaymentsAreUnknown(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		edit func(answer object)
		want func(p *pay.Payment) bool
	}{
		{"a status that is new", func(a object) { a["status"] = "PAID_LATER" }, isUnknown},
		{"a status in other letters", func(a object) { a["status"] = "Paid" }, isUnknown},
		{"no status", func(a object) { delete(a, "status") }, isUnknown},
		{"no amount", func(a object) { delete(a, "amount") }, isUnknown},
		{"an amount below nothing", func(a object) { a["amount"] = object{"total": -1} }, isUnknown},
		{"a discount below nothing", func(a object) { a["amount"] = object{"total": 1, "paid": 2, "discount": -1} }, isUnknown},
		{"a discount", func(a object) { a["amount"] = object{"total": 19900, "paid": 18900, "discount": 1000} }, func(p *pay.Payment) bool {
			return p.IsItemised && p.Paid == 18900 && p.Discount == 1000 && p.Status == pay.Paid
		}},
		{"no discount is told", func(a object) { a["amount"] = object{"total": 19900, "paid": 18900} }, isNotItemised},
		{"a discount that is null", func(a object) { a["amount"] = object{"total": 19900, "paid": 18900, "discount": nil} }, isNotItemised},
		{"nothing paid is told", func(a object) { a["amount"] = object{"total": 19900, "discount": 0} }, isNotItemised},
		{"the other spelling of pending", func(a object) { a["status"] = "PENDING" }, func(p *pay.Payment) bool { return p.Status == pay.Pending }},
		{"no channel", func(a object) { delete(a, "channel") }, func(p *pay.Payment) bool { return p.IsTest }},
		{"a channel of no type", func(a object) { a["channel"] = object{} }, func(p *pay.Payment) bool { return p.IsTest }},
		{"a channel that is new", func(a object) { a["channel"] = object{"type": "SANDBOX"} }, func(p *pay.Payment) bool { return p.IsTest }},
		{"a dispute in a state that is new", func(a object) { a["disputes"] = []object{{"status": "LOST"}} }, func(p *pay.Payment) bool { return p.Disputed }},
		{"no customer", func(a object) { delete(a, "customer") }, func(p *pay.Payment) bool { return p.Customer == "" && p.Status == pay.Paid }},
		{"fields that are new", func(a object) { a["new"] = object{"field": []int{1}} }, func(p *pay.Payment) bool { return p.Status == pay.Paid && !p.IsTest }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := paytest.NewPortOne(t)
			o := newOrder()
			p.Set(paid(o), tt.edit)
			if got, err := open(t, p).Payment(t.Context(), pay.Ref{ID: o.ID}); err != nil || !tt.want(got) {
				t.Errorf("it is read as %+v, %v", got, err)
			}
		})
	}
}

func isNotItemised(p *pay.Payment) bool {
	return !p.IsItemised && p.Total == 19900 && p.Status == pay.Paid
}

func isUnknown(p *pay.Payment) bool { return p.Status == pay.Unknown && p.ID != "" }

// TestAnswersInAnotherForm: these are errors.
func TestAnswersInAnotherForm(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(answer object){
		"an amount that is a number":   func(a object) { a["amount"] = 19900 },
		"an amount that is a text":     func(a object) { a["amount"] = object{"total": "19900"} },
		"an amount with a fraction":    func(a object) { a["amount"] = object{"total": 19900.5} },
		"an amount beyond all numbers": func(a object) { a["amount"] = object{"total": 1e30} },
		"a payment of another id":      func(a object) { a["id"] = "another" },
		"no id":                        func(a object) { delete(a, "id") },
		"disputes that are none":       func(a object) { a["disputes"] = "none" },
		"a time that is none":          func(a object) { a["paidAt"] = "soon" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := paytest.NewPortOne(t)
			o := newOrder()
			p.Set(paid(o), edit)
			if got, err := open(t, p).Payment(t.Context(), pay.Ref{ID: o.ID}); !errors.Is(err, pay.ErrUnavailable) {
				t.Errorf("it is read as %+v, %v", got, err)
			}
		})
	}
	for _, body := range []string{"", "null", "[]", `"PAID"`, "{", "{}{}"} {
		if got, err := answering(t, http.StatusOK, body).Payment(t.Context(), pay.Ref{ID: "1"}); !errors.Is(err, pay.ErrUnavailable) {
			t.Errorf("%q is read as %+v, %v", body, got, err)
		}
	}
}

// ofAnother makes an answer name another shop.
func ofAnother(answer object) { answer["storeId"] = "store-of-another" }

// TestForeignAndTestPayments: both are distinguished, for the domain to decide.
func TestForeignAndTestPayments(t *testing.T) {
	t.Parallel()
	p := paytest.NewPortOne(t)
	g := open(t, p)
	foreign, gone := paid(newOrder()), paid(newOrder())
	gone.StoreID = "store-of-another"
	test := paid(newOrder())
	test.IsTest = true
	p.Set(foreign, ofAnother)
	p.Set(gone)
	p.Set(test)
	if got, err := g.Payment(t.Context(), pay.Ref{ID: foreign.ID}); err != nil || got.StoreID == g.StoreID() {
		t.Errorf("another shop's: %+v, %v", got, err)
	}
	if got, err := g.Payment(t.Context(), pay.Ref{ID: gone.ID}); !errors.Is(err, pay.ErrNotFound) {
		t.Errorf("looked for in this shop, another's: %+v, %v", got, err)
	}
	other := open(t, p, func(c *portonepay.Config) { c.StoreID = "store-of-another" })
	if got, err := other.Payment(t.Context(), pay.Ref{ID: gone.ID}); !errors.Is(err, pay.ErrRefused) {
		t.Errorf("looked for in a shop that is not the secret's: %+v, %v", got, err)
	}
	if got, err := g.Payment(t.Context(), pay.Ref{ID: test.ID}); err != nil || !got.IsTest || g.TakesTests() {
		t.Errorf("a test: %+v, %v", got, err)
	}
}

// TestAWrongSecretIsErrUnauthorized for every call, as distinct from a gateway that is down: an operator must
// correct it.
func TestAWrongSecretIsErrUnauthorized(t *testing.T) {
	t.Parallel()
	p := paytest.NewPortOne(t)
	wrong := open(t, p, func(c *portonepay.Config) { c.APISecret = "another" })
	o := newOrder()
	for name, call := range calls(wrong, o) {
		if err := call(t.Context()); !errors.Is(err, pay.ErrUnauthorized) || !errors.Is(err, pay.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, call := range calls(answering(t, http.StatusUnauthorized, "no JSON"), o) {
		if err := call(t.Context()); !errors.Is(err, pay.ErrUnauthorized) {
			t.Errorf("%s, without a type: %v", name, err)
		}
	}
	for name, call := range calls(answering(t, http.StatusInternalServerError, "{}"), o) {
		if err := call(t.Context()); errors.Is(err, pay.ErrUnauthorized) {
			t.Errorf("%s, down: %v", name, err)
		}
	}
}
