package portonepay_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/pay/paytest"
	"github.com/weav-ai/weav/internal/pay/portonepay"
)

// TestRequests reads what PortOne receives.
func TestRequests(t *testing.T) {
	t.Parallel()
	p := paytest.NewPortOne(t)
	g, o := open(t, p), newOrder()
	register(t, g, o)
	p.Set(paid(o))
	_, err := g.Payment(t.Context(), pay.Ref{ID: o.ID})
	must(t, err)
	must(t, g.Cancel(t.Context(), pay.Cancel{ID: o.ID, Reason: "환불", Amount: 500, Cancellable: o.Amount, Key: "key of a cancellation"}))
	must(t, g.Cancel(t.Context(), pay.Cancel{ID: o.ID, Reason: "all", Key: "key of another one"}))
	want := []struct{ line, key, body string }{
		{"POST /payments/" + o.ID + "/pre-register?", `"register-` + o.ID + `"`, `{"currency":"KRW","storeId":"` + paytest.StoreID + `","totalAmount":19900}`},
		{"GET /payments/" + o.ID + "?storeId=" + paytest.StoreID, "", ""},
		{"POST /payments/" + o.ID + "/cancel?", `"key of a cancellation"`, `{"amount":500,"currentCancellableAmount":19900,"reason":"환불","storeId":"` + paytest.StoreID + `"}`},
		{"POST /payments/" + o.ID + "/cancel?", `"key of another one"`, `{"reason":"all","storeId":"` + paytest.StoreID + `"}`},
	}
	got := p.Requests()
	if len(got) != len(want) {
		t.Fatalf("%d requests, want %d", len(got), len(want))
	}
	for i, w := range want {
		r := got[i]
		if line := r.Method + " " + r.Path + "?" + r.Query; line != w.line || r.Header.Get("Idempotency-Key") != w.key || string(r.Body) != w.body {
			t.Errorf("request %d is %s, %s, %s", i, line, r.Header.Get("Idempotency-Key"), r.Body)
		}
		if r.Header.Get("Authorization") != "PortOne "+p.APISecret {
			t.Errorf("request %d shows another secret", i)
		}
	}
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// register registers an order. PortOne uses our id and has no name of its own.
func register(tb testing.TB, g *portonepay.Gateway, o pay.Order) {
	tb.Helper()
	if reference, err := g.Register(tb.Context(), o); err != nil || reference != "" {
		tb.Fatalf("registered as %q: %v", reference, err)
	}
}

// TestRegisteringAPaidOrderSucceeds for an order that PortOne has not seen before.
func TestRegisteringAPaidOrderSucceeds(t *testing.T) {
	t.Parallel()
	p := paytest.NewPortOne(t)
	o := newOrder()
	p.Set(paid(o))
	register(t, open(t, p), o)
	if got := p.Requests()[0].Status; got != http.StatusConflict {
		t.Errorf("PortOne answered %d", got)
	}
}

// TestIDsAreEscapedInPaths uses ids that would be another address.
func TestIDsAreEscapedInPaths(t *testing.T) {
	t.Parallel()
	p := paytest.NewPortOne(t)
	g := open(t, p)
	for _, id := range []string{"a/cancel", "a?storeId=other", "a#b", "%2e%2e"} {
		if _, err := g.Payment(t.Context(), pay.Ref{ID: id}); !errors.Is(err, pay.ErrNotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
	for _, r := range p.Requests() {
		if r.Query != "storeId="+paytest.StoreID || strings.Count(r.Path, "/") > 3 {
			t.Errorf("asked %s?%s", r.Path, r.Query)
		}
	}
}

// TestInvalidIdempotencyKeysAreNotSent: PortOne would take them for others, or for none.
func TestInvalidIdempotencyKeysAreNotSent(t *testing.T) {
	t.Parallel()
	p := paytest.NewPortOne(t)
	g, o := open(t, p), newOrder()
	p.Set(paid(o))
	for name, key := range map[string]string{
		"none": "", "short": "123456789012345", "long": strings.Repeat("x", 257), "quoted": `12345678"12345678`, "of two lines": "12345678\n12345678",
		"Korean": "환불환불환불환불환불", "escaped": `12345678\12345678`,
	} {
		if err := g.Cancel(t.Context(), pay.Cancel{ID: o.ID, Reason: "a test", Key: key}); !errors.Is(err, pay.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(p.Requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestWrongSecret(t *testing.T) {
	t.Parallel()
	p := paytest.NewPortOne(t)
	g := open(t, p, func(c *portonepay.Config) { c.APISecret = "a wrong one" })
	if _, err := g.Payment(t.Context(), pay.Ref{ID: pay.NewID()}); !errors.Is(err, pay.ErrUnavailable) || strings.Contains(err.Error(), "a wrong one") {
		t.Errorf("the error is %v", err)
	}
}

func TestConfigs(t *testing.T) {
	t.Parallel()
	good := paytest.NewWebhookSecret()
	for _, tt := range []struct {
		name string
		edit func(*portonepay.Config)
		good bool
	}{
		{"one secret", func(c *portonepay.Config) { c.WebhookSecrets = []string{good} }, true},
		{"two secrets", func(c *portonepay.Config) { c.WebhookSecrets = []string{good, paytest.NewWebhookSecret()} }, true},
		{"no secret", func(*portonepay.Config) {}, true},
		{"an empty secret", func(c *portonepay.Config) { c.WebhookSecrets = []string{"whsec_"} }, false},
		{"a short secret", func(c *portonepay.Config) { c.WebhookSecrets = []string{"whsec_c2hvcnQ="} }, false},
		{"no prefix", func(c *portonepay.Config) { c.WebhookSecrets = []string{strings.TrimPrefix(good, "whsec_")} }, false},
		{"no base64", func(c *portonepay.Config) {
			c.WebhookSecrets = []string{good, "whsec_!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!"}
		}, false},
		{"no store", func(c *portonepay.Config) { c.StoreID = "" }, false},
		{"no API secret", func(c *portonepay.Config) { c.APISecret = "" }, false},
	} {
		c := portonepay.Config{StoreID: paytest.StoreID, APISecret: "an API secret"}
		tt.edit(&c)
		_, err := portonepay.New(c)
		if (err == nil) != tt.good {
			t.Errorf("%s: %v", tt.name, err)
		}
		if err != nil && (strings.Contains(err.Error(), "!!!") || strings.Contains(err.Error(), "c2hv")) {
			t.Errorf("%s: the error shows the secret: %v", tt.name, err)
		}
	}
}
