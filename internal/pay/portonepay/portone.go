// Package portonepay takes payments through PortOne V2.
//
// PortOne has no SDK for Go. The tests verify requests and answers against PortOne's published description
// and its own client for Node.
package portonepay

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/weav-ai/weav/internal/httponce"
	"github.com/weav-ai/weav/internal/pay"
)

const (
	// vendorURL is PortOne's API.
	vendorURL = "https://api.portone.io"
	// callTimeout is the longest time for an answer. PortOne asks for at least a minute.
	callTimeout = 75 * time.Second
)

// Config configures an account.
type Config struct {
	// StoreID is the shop. ChannelKey is the channel of its payment page.
	StoreID, ChannelKey string
	// APISecret authorizes requests.
	APISecret string
	// WebhookSecrets verify notices. There are two while a secret is being replaced. Without any, every
	// notice is refused.
	WebhookSecrets []string
	// TakesTests says whether payments over TEST channels count.
	TakesTests bool
	// BaseURL is the API, without a trailing slash; empty for PortOne's.
	BaseURL string
	// Transport sends requests; nil for the default one.
	Transport http.RoundTripper
}

// Gateway is an account at PortOne.
type Gateway struct {
	cfg    Config
	client *http.Client
	hooks  []verifier
}

// New returns a gateway. It fails without a shop or an API secret, and for a webhook secret that is not in
// PortOne's form.
func New(c Config) (*Gateway, error) {
	if c.StoreID == "" || c.APISecret == "" {
		return nil, errors.New("portonepay: it takes a store's id and an API secret")
	}
	if c.BaseURL == "" {
		c.BaseURL = vendorURL
	}
	hooks, err := verifiers(c.WebhookSecrets)
	if err != nil {
		return nil, err
	}
	return &Gateway{cfg: c, hooks: hooks, client: &http.Client{
		// Idempotency keys make a repetition safe for three hours. Yet the transport sends a request once and
		// the caller repeats it, so that one rule holds for everything that moves money.
		Transport: httponce.Transport(c.Transport), Timeout: callTimeout,
		// A redirect would send the secret elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Name implements pay.Gateway.
func (*Gateway) Name() string { return "portone" }

// TakesTests implements pay.Gateway.
func (g *Gateway) TakesTests() bool { return g.cfg.TakesTests }

// StoreID implements pay.Gateway.
func (g *Gateway) StoreID() string { return g.cfg.StoreID }

// Checkout implements pay.Gateway. It sends no request.
func (g *Gateway) Checkout(context.Context, pay.Ref) (*pay.Checkout, error) {
	return &pay.Checkout{Gateway: g.Name(), StoreID: g.cfg.StoreID, ChannelKey: g.cfg.ChannelKey}, nil
}
