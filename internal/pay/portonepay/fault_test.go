package portonepay_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/pay/paytest"
	"github.com/weav-ai/weav/internal/pay/portonepay"
)

func newOrder() pay.Order {
	return pay.Order{ID: pay.NewID(), OrderName: "WEAV-AI 프리미엄 30일", Currency: "KRW", Customer: "user_1", Amount: 19900}
}

// calls are all requests about an order.
func calls(g *portonepay.Gateway, o pay.Order) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"register": func(ctx context.Context) error { _, err := g.Register(ctx, o); return err },
		"cancel": func(ctx context.Context) error {
			return g.Cancel(ctx, pay.Cancel{ID: o.ID, Reason: "a test", Key: "key of a cancellation"})
		},
		"payment": func(ctx context.Context) error {
			_, err := g.Payment(ctx, pay.Ref{ID: o.ID})
			return err
		},
	}
}

// TestFaults: each failure is reported as what it is, soon, and without a secret.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, f := range paytest.Faults {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			want := pay.ErrUnavailable
			if f == paytest.NotFound {
				want = pay.ErrNotFound
			}
			p := paytest.NewPortOne(t)
			o := newOrder()
			p.Set(paid(o))
			p.Break("", f)
			for name, call := range calls(open(t, p), o) {
				if name == "register" && (f == paytest.Garbage || f == paytest.NotFound) {
					continue // The answer is not read, and no payment is needed.
				}
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				if f == paytest.Hangs {
					ctx, cancel = context.WithTimeout(ctx, 100*time.Millisecond)
				}
				err := call(ctx)
				cancel()
				if !errors.Is(err, want) || strings.Contains(err.Error(), p.APISecret) {
					t.Errorf("%s: %v", name, err)
				}
				if late := errors.Is(err, context.DeadlineExceeded); late != (f == paytest.Hangs) {
					t.Errorf("%s: it waited for its deadline: %v", name, late)
				}
			}
			for _, r := range p.Requests() {
				if r.Path == "/elsewhere" {
					t.Error("a redirect was followed, with the secret")
				}
			}
			p.Break("", paytest.Works)
			if got, err := open(t, p).Payment(t.Context(), pay.Ref{ID: o.ID}); err != nil || got.ID != o.ID {
				t.Errorf("once it works: %+v, %v", got, err)
			}
		})
	}
}

// TestRefusals reads errors that the local PortOne does not make.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   error
	}{
		{"by its rules", http.StatusConflict, `{"type":"PAYMENT_NOT_PAID"}`, pay.ErrRefused},
		{"forbidden", http.StatusForbidden, `{"type":"FORBIDDEN","message":"person@example.com"}`, pay.ErrRefused},
		{"an error that is new", http.StatusConflict, `{"type":"SOMETHING_NEW"}`, pay.ErrRefused},
		{"the bank's side", http.StatusBadGateway, `{"type":"PG_PROVIDER","pgCode":"E1","pgMessage":"person@example.com"}`, pay.ErrRefused},
		{"too many requests", http.StatusTooManyRequests, `{"type":"TOO_MANY_REQUESTS"}`, pay.ErrUnavailable},
		{"not found by a proxy", http.StatusNotFound, `<html>`, pay.ErrUnavailable},
		{"not found, of no type", http.StatusNotFound, `{"message":"person@example.com"}`, pay.ErrUnavailable},
		{"a type that is a sentence", http.StatusConflict, `{"type":"for person@example.com"}`, pay.ErrUnavailable},
		{"a type that is a number", http.StatusConflict, `{"type":7}`, pay.ErrUnavailable},
		{"found, of that type", http.StatusOK, `{"type":"PAYMENT_NOT_FOUND"}`, pay.ErrUnavailable},
		{"not found, of another status", http.StatusBadRequest, `{"type":"PAYMENT_NOT_FOUND"}`, pay.ErrRefused},
		{"created", http.StatusCreated, `{}`, pay.ErrUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := answering(t, tt.status, tt.body)
			err := g.Cancel(t.Context(), pay.Cancel{ID: "1", Reason: "a test", Key: "key of a cancellation"})
			if !errors.Is(err, tt.want) || errors.Is(err, pay.ErrNotFound) || strings.Contains(err.Error(), "example") {
				t.Errorf("cancel: %v", err)
			}
		})
	}
}

// TestStatesOfACancellation reads the states of a cancellation.
func TestStatesOfACancellation(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]error{
		"SUCCEEDED": nil, "REQUESTED": nil, "FAILED": pay.ErrRefused, "SOMETHING_NEW": pay.ErrUnavailable, "": pay.ErrUnavailable,
	} {
		g := answering(t, http.StatusOK, `{"cancellation":{"status":"`+status+`"}}`)
		if err := g.Cancel(t.Context(), pay.Cancel{ID: "1", Reason: "a test", Key: "key of a cancellation"}); !errors.Is(err, want) {
			t.Errorf("%s: %v", status, err)
		}
	}
}

// TestALostAnswerPaysBackOnce cancels with the answer cut off, and again with the same key.
func TestALostAnswerPaysBackOnce(t *testing.T) {
	t.Parallel()
	p := paytest.NewPortOne(t)
	g, o := open(t, p), newOrder()
	p.Set(paid(o))
	c := pay.Cancel{ID: o.ID, Reason: "a test", Amount: 5000, Key: "key of a cancellation"}
	p.Break(o.ID, paytest.Cut)
	if err := g.Cancel(t.Context(), c); !errors.Is(err, pay.ErrUnavailable) {
		t.Errorf("cut off: %v", err)
	}
	p.Break(o.ID, paytest.Works)
	if err := g.Cancel(t.Context(), c); err != nil {
		t.Errorf("again: %v", err)
	}
	if got, err := g.Payment(t.Context(), pay.Ref{ID: o.ID}); err != nil || got.Cancelled != 5000 {
		t.Errorf("it is %+v, %v", got, err)
	}
}

// TestACancellationThatTakesItsTime is no failure, refunds nothing before it is done, and is ordered once.
func TestACancellationThatTakesItsTime(t *testing.T) {
	t.Parallel()
	p := paytest.NewPortOne(t)
	g, o := open(t, p), newOrder()
	p.Set(paid(o))
	p.Cancels(o.ID, paytest.Requested)
	c := pay.Cancel{ID: o.ID, Reason: "a test", Amount: 5000, Cancellable: o.Amount, Key: "key of a cancellation"}
	for range 2 {
		must(t, g.Cancel(t.Context(), c))
		if got, err := g.Payment(t.Context(), pay.Ref{ID: o.ID}); err != nil || got.Status != pay.Paid || got.Cancelled != 0 {
			t.Errorf("while it is asked for: %+v, %v", got, err)
		}
	}
	c.Key = "key of another cancellation"
	if err := g.Cancel(t.Context(), c); !errors.Is(err, pay.ErrRefused) {
		t.Errorf("the same money again: %v", err)
	}
	p.Decide(o.ID, paytest.Succeeded)
	if got, err := g.Payment(t.Context(), pay.Ref{ID: o.ID}); err != nil || got.Status != pay.PartialCancelled || got.Cancelled != 5000 {
		t.Errorf("once it is done: %+v, %v", got, err)
	}
	p.Cancels(o.ID, paytest.Refused)
	c.Key, c.Cancellable = "key of a third cancellation", o.Amount-5000
	if err := g.Cancel(t.Context(), c); !errors.Is(err, pay.ErrRefused) {
		t.Errorf("one that fails: %v", err)
	}
	if got, err := g.Payment(t.Context(), pay.Ref{ID: o.ID}); err != nil || got.Cancelled != 5000 {
		t.Errorf("once one has failed: %+v, %v", got, err)
	}
}
