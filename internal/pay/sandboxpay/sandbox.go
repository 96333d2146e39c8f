// Package sandboxpay is a gateway that moves no money: on its page the user chooses the outcome of a payment.
// It stores outcomes, refunds, and sends signed notices, so that every path of a shop can be tried without an
// account.
package sandboxpay

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/weav-ai/weav/internal/pay"
)

// minSecret is the shortest secret, in bytes. Notices signed with an empty one could be forged.
const minSecret = 16

// Config configures the sandbox.
type Config struct {
	// PageURL is where Handler is served, without a trailing slash.
	PageURL string
	Book    Book
	// Secret signs notices and the page's forms; at least 16 bytes.
	Secret []byte
	// Notify delivers a notice, as a gateway's webhook would. Nil delivers none.
	Notify func(ctx context.Context, header http.Header, body []byte) error
}

// Gateway is the sandbox.
type Gateway struct {
	cfg  Config
	hook *standardwebhooks.Webhook
}

// New returns a sandbox. It fails when the secret is too short.
func New(c Config) (*Gateway, error) {
	if len(c.Secret) < minSecret {
		return nil, fmt.Errorf("sandboxpay: the secret must have at least %d bytes", minSecret)
	}
	hook, err := standardwebhooks.NewWebhookRaw(c.Secret)
	if err != nil {
		return nil, errors.New("sandboxpay: the secret cannot be used")
	}
	return &Gateway{cfg: c, hook: hook}, nil
}

// Name implements pay.Gateway.
func (*Gateway) Name() string { return "sandbox" }

// TakesTests implements pay.Gateway. The sandbox has only test payments.
func (*Gateway) TakesTests() bool { return true }

// StoreID implements pay.Gateway.
func (*Gateway) StoreID() string { return "" }

// Checkout implements pay.Gateway. It sends no request.
func (g *Gateway) Checkout(_ context.Context, at pay.Ref) (*pay.Checkout, error) {
	return &pay.Checkout{Gateway: g.Name(), URL: g.cfg.PageURL + "/" + at.ID}, nil
}

// Register implements pay.Gateway. The sandbox uses the ID alone.
func (g *Gateway) Register(ctx context.Context, o pay.Order) (string, error) {
	return "", g.change(ctx, o.ID, func(k *entryState) error {
		if k.ID == "" {
			k.Payment = pay.Payment{
				ID: o.ID, OrderName: o.OrderName, Currency: o.Currency, Customer: o.Customer, Total: o.Amount, IsItemised: true, Status: pay.Ready, IsTest: true,
			}
		}
		return nil
	})
}

// Payment implements pay.Gateway. An order is known from its registration on, before the payer begins.
func (g *Gateway) Payment(ctx context.Context, at pay.Ref) (*pay.Payment, error) {
	k, _, err := g.load(ctx, at.ID)
	if err != nil {
		return nil, err
	}
	if k.ID == "" {
		return nil, pay.ErrNotFound
	}
	return &k.Payment, nil
}

// Cancel implements pay.Gateway. It sends a notice, which may be lost like any other. The refund has
// succeeded nevertheless, so its failure is not reported.
func (g *Gateway) Cancel(ctx context.Context, c pay.Cancel) error {
	err := g.change(ctx, c.ID, func(k *entryState) error { return k.cancel(c) })
	if err != nil {
		return err
	}
	_ = g.notify(ctx, c.ID)
	return nil
}

// cancel refunds once per key, by the rules of the port.
func (k *entryState) cancel(c pay.Cancel) error {
	left := k.Paid - k.Cancelled
	amount := c.Amount
	if amount == 0 {
		amount = left
	}
	switch {
	case k.ID == "":
		return pay.ErrNotFound
	case k.Keys[c.Key]:
		return nil
	case !isHeld(k.Payment):
		return pay.Fault(pay.ErrRefused, "it is not paid", nil)
	case amount < 0 || amount > left || c.Cancellable != 0 && c.Cancellable != left:
		return pay.Fault(pay.ErrRefused, "another amount is left", nil)
	}
	if k.Keys == nil {
		k.Keys = map[string]bool{}
	}
	// The key is stored in the same write as the refund, so that it never refunds twice.
	k.Keys[c.Key] = true
	giveBack(&k.Payment, amount)
	return nil
}
