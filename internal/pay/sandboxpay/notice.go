package sandboxpay

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/weav-ai/weav/internal/pay"
)

// noticeBody is the body of a notice.
type noticeBody struct {
	Type      string    `json:"type"`
	PaymentID string    `json:"paymentId"`
	Timestamp time.Time `json:"timestamp"`
}

// Notice implements pay.Gateway, by the rules of Standard Webhooks.
func (g *Gateway) Notice(header http.Header, body []byte) (*pay.Notice, error) {
	if g.hook.Verify(body, header) != nil {
		return nil, pay.ErrBadSignature
	}
	var n noticeBody
	if json.Unmarshal(body, &n) != nil {
		return nil, pay.Fault(pay.ErrRefused, "a notice in another form", nil)
	}
	return &pay.Notice{ID: header.Get(standardwebhooks.HeaderWebhookID), Type: n.Type, PaymentID: n.PaymentID, At: n.Timestamp}, nil
}

// notify sends a notice that a payment has changed.
func (g *Gateway) notify(ctx context.Context, id string) error {
	if g.cfg.Notify == nil {
		return nil
	}
	now := time.Now().UTC()
	body, err := json.Marshal(noticeBody{Type: "Transaction.Changed", PaymentID: id, Timestamp: now})
	if err != nil {
		return fmt.Errorf("sandboxpay: %w", err)
	}
	name := "notice_" + pay.NewID()
	signature, err := g.hook.Sign(name, now, body)
	if err != nil {
		return fmt.Errorf("sandboxpay: %w", err)
	}
	header := http.Header{}
	header.Set(standardwebhooks.HeaderWebhookID, name)
	header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return g.cfg.Notify(ctx, header, body)
}
