package paytest

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/pay"
)

// testNotices delivers a valid notice, and variants of which one detail is invalid.
func testNotices(t *testing.T, h Harness) {
	o := h.paid(t)
	at, body := h.at(t, o), h.Body(t, o.ID)
	id := "msg_" + pay.NewID()
	sign := func(ago time.Duration, secrets ...string) http.Header {
		return Sign(id, time.Now().Add(-ago), body, secrets...)
	}
	without := func(name string) http.Header {
		header := sign(0, h.Secret)
		header.Del(name)
		return header
	}
	foreign := NewWebhookSecret()
	for _, tt := range []struct {
		name   string
		header http.Header
		body   []byte
		good   bool
	}{
		{"good", sign(0, h.Secret), body, true},
		{"four minutes old", sign(4*time.Minute, h.Secret), body, true},
		{"signed with a foreign secret besides", sign(0, foreign, h.Secret), body, true},
		{"six minutes old", sign(6*time.Minute, h.Secret), body, false},
		{"of the future", sign(-6*time.Minute, h.Secret), body, false},
		{"foreign secret", sign(0, foreign), body, false},
		{"empty secret", sign(0, "whsec_"), body, false},
		{"tampered", sign(0, h.Secret), append(slices.Clone(body), ' '), false},
		{"another id", renamed(sign(0, h.Secret)), body, false},
		{"no signature", without("Webhook-Signature"), body, false},
		{"no time", without("Webhook-Timestamp"), body, false},
		{"no id", without("Webhook-Id"), body, false},
		{"nothing", http.Header{}, nil, false},
	} {
		n, err := h.Gateway.Notice(tt.header, tt.body)
		switch {
		case !tt.good && !errors.Is(err, pay.ErrBadSignature):
			t.Errorf("%s: it passes as %+v, %v", tt.name, n, err)
		case tt.good && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.good && (n.ID != id || !isOf(n, at) || n.Type == "" || n.At.IsZero()):
			t.Errorf("%s: it is read as %+v", tt.name, n)
		}
	}
}

// isOf reports whether a notice names a payment, by our id or by the gateway's reference.
func isOf(n *pay.Notice, at pay.Ref) bool {
	return n.PaymentID == at.ID || n.PaymentID == "" && n.Reference != "" && n.Reference == at.Reference
}

// renamed changes the id of a delivery, which the signature covers.
func renamed(header http.Header) http.Header {
	header.Set("Webhook-Id", "msg_of_another")
	return header
}
