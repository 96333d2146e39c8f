// Package portonepay takes payments through PortOne V2.
//
// PortOne has no SDK for Go. What is sent and read here is held, in the tests, to its published description and to its
// own client for Node.
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
	// patience is how long an answer may take; PortOne asks for at least a minute.
	patience = 75 * time.Second
)

// Config says whose account it is.
type Config struct {
	// StoreID is the shop, ChannelKey the channel that its page takes payments by.
	StoreID, ChannelKey string
	// APISecret signs requests.
	APISecret string
	// WebhookSecrets verify notices; two while they are exchanged. Without any no notice is believed.
	WebhookSecrets []string
	// TakesTests says whether payments over TEST channels count.
	TakesTests bool
	// BaseURL is the API, without a slash at its end; empty for PortOne's.
	BaseURL string
	// Transport carries requests; nil for the default one.
	Transport http.RoundTripper
}

// Gateway is an account at PortOne.
type Gateway struct {
	cfg    Config
	client *http.Client
	hooks  []verifier
}

// New returns a gateway. It fails without a shop or an API secret, and when a webhook secret is none of PortOne's.
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
		// The keys of orders make a repetition safe for three hours. It is still the caller that repeats them, so that
		// one rule holds for all that moves money.
		Transport: httponce.Transport(c.Transport), Timeout: patience,
		// A redirect would carry the secret elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Name implements pay.Gateway.
func (*Gateway) Name() string { return "portone" }

// TakesTests implements pay.Gateway.
func (g *Gateway) TakesTests() bool { return g.cfg.TakesTests }

// StoreID implements pay.Gateway.
func (g *Gateway) StoreID() string { return g.cfg.StoreID }

// Checkout implements pay.Gateway. It asks nobody.
func (g *Gateway) Checkout(context.Context, pay.Ref) (*pay.Checkout, error) {
	return &pay.Checkout{Gateway: g.Name(), StoreID: g.cfg.StoreID, ChannelKey: g.cfg.ChannelKey}, nil
}
