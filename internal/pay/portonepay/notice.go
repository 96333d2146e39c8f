package portonepay

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/weav-ai/weav/internal/pay"
)

const (
	// secretPrefix begins each webhook secret; base64 follows.
	secretPrefix = "whsec_"
	// minSecret is the shortest secret, in bytes. The signatures of shorter ones can be guessed, and an empty
	// one accepts anything.
	minSecret = 16
)

// verifier verifies a notice with one secret.
type verifier interface {
	Verify(payload []byte, headers http.Header) error
}

// verifiers decodes the secrets. Errors name a secret by its number, never by its value.
func verifiers(secrets []string) ([]verifier, error) {
	var out []verifier
	for i, secret := range secrets {
		code, ok := strings.CutPrefix(secret, secretPrefix)
		raw, err := base64.StdEncoding.DecodeString(code)
		if !ok || err != nil || len(raw) < minSecret {
			return nil, fmt.Errorf("portonepay: the webhook secret %d is not one of PortOne's: it begins with %s and is base64", i+1, secretPrefix)
		}
		v, err := standardwebhooks.NewWebhookRaw(raw)
		if err != nil {
			return nil, fmt.Errorf("portonepay: the webhook secret %d cannot be used", i+1)
		}
		out = append(out, v)
	}
	return out, nil
}

// disputes are the kinds of notices about disputes.
var disputes = map[string]pay.Dispute{"Transaction.DisputeCreated": pay.DisputeCreated, "Transaction.DisputeResolved": pay.DisputeResolved}

// Notice implements pay.Gateway, by the rules of Standard Webhooks: signed with one of the secrets, at most
// five minutes ago. Notices about payments of other shops, and of unknown kinds, have no PaymentID.
func (g *Gateway) Notice(header http.Header, body []byte) (*pay.Notice, error) {
	if !g.isSigned(header, body) {
		return nil, pay.ErrBadSignature
	}
	var n struct {
		Type      string          `json:"type"`
		Timestamp string          `json:"timestamp"`
		Data      json.RawMessage `json:"data"`
	}
	if json.Unmarshal(body, &n) != nil || n.Type == "" {
		return nil, pay.Fault(pay.ErrRefused, "a notice in another form", nil)
	}
	notice := &pay.Notice{ID: header.Get(standardwebhooks.HeaderWebhookID), Type: n.Type, Dispute: disputes[n.Type]}
	if at, err := time.Parse(time.RFC3339Nano, n.Timestamp); err == nil {
		notice.At = at.UTC()
	}
	// Kinds such as BillingKey.* concern no payment.
	if !strings.HasPrefix(n.Type, "Transaction.") {
		return notice, nil
	}
	var of struct {
		PaymentID string `json:"paymentId"`
		StoreID   string `json:"storeId"`
	}
	if json.Unmarshal(n.Data, &of) != nil {
		return nil, pay.Fault(pay.ErrRefused, "a notice about no payment", nil)
	}
	if of.StoreID == g.cfg.StoreID {
		notice.PaymentID = of.PaymentID
	}
	return notice, nil
}

// isSigned reports whether one of the secrets signed a delivery.
func (g *Gateway) isSigned(header http.Header, body []byte) bool {
	for _, v := range g.hooks {
		if v.Verify(body, header) == nil {
			return true
		}
	}
	return false
}
