package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/pay/portonepay"
	"github.com/weav-ai/weav/internal/pay/sandboxpay"
)

// portonePrefix begins PAYMENTS where PortOne takes them; the shop follows.
const portonePrefix = "portone:"

// sandbox is the gateway without money.
const sandbox = "sandbox"

// Payments say who takes payments.
type Payments struct {
	// Gateways stand each at most once: the first takes new orders, the others serve what was ordered there.
	Gateways Gateways `env:"PAYMENTS" envDefault:"sandbox" help:"who takes payments: sandbox, beside AUTH=dev only, or portone:STORE_ID; behind a comma the one that serves what was ordered there before"`
	// ChannelKey is public: browsers get it.
	ChannelKey string `env:"PORTONE_CHANNEL_KEY" help:"the channel of PortOne's SDK in browsers"`
	APISecret  Secret `env:"PORTONE_API_SECRET" secret:"true" help:"asks PortOne"`
	// WebhookSecret holds two with a comma between them while they are exchanged.
	WebhookSecret Secret `env:"PORTONE_WEBHOOK_SECRET" secret:"true" help:"verifies PortOne's notices; two with a comma between them while they are exchanged"`
	TakesTests    bool   `env:"PORTONE_TEST_MODE" envDefault:"false" help:"payments over test channels count; refused outside AUTH=dev"`
	BaseURL       string `env:"PORTONE_BASE_URL" default:"PortOne's" help:"PortOne's API, for tests"`
}

// Gateways are names of gateways, sandbox or portone:STORE.
type Gateways []string

// UnmarshalText implements encoding.TextUnmarshaler: the names have commas between them.
func (g *Gateways) UnmarshalText(text []byte) error {
	*g = fields(string(text))
	return nil
}

// fields are the parts of a list with commas between.
func fields(list string) []string {
	parts := strings.Split(list, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// store is PortOne's shop; empty where PortOne serves no payments.
func (p Payments) store() string {
	for _, gateway := range p.Gateways {
		if store, isPortOne := strings.CutPrefix(gateway, portonePrefix); isPortOne {
			return store
		}
	}
	return ""
}

// hasSandbox says whether payments may be settled without money.
func (p Payments) hasSandbox() bool { return slices.Contains(p.Gateways, sandbox) }

// checkGateways refuses names that are not known, and two of a kind.
func (p Payments) checkGateways() error {
	seen := map[string]bool{}
	for _, gateway := range p.Gateways {
		kind, store, _ := strings.Cut(gateway, ":")
		if gateway != sandbox && (kind+":" != portonePrefix || store == "") {
			return fmt.Errorf("PAYMENTS=%s is not known: it is sandbox, or portone:STORE_ID, or both with a comma between", gateway)
		}
		if seen[kind] {
			return fmt.Errorf("PAYMENTS names %s twice: one of a kind can be served", kind)
		}
		seen[kind] = true
	}
	return nil
}

// checkPayments refuses to give memberships away, and half a gateway.
func (c Config) checkPayments() error {
	p := c.Payments
	way, _ := c.ways() // One that is not known is a fault of its own.
	if err := p.checkGateways(); err != nil {
		return err
	}
	switch {
	case p.hasSandbox() && c.Billing && !way.dev:
		return errors.New("PAYMENTS=sandbox gives memberships away: set PAYMENTS=portone:STORE_ID, or ENABLE_BILLING=false")
	case p.store() != "" && (!p.APISecret.IsSet() || !p.WebhookSecret.IsSet()):
		return errors.New("PAYMENTS=portone:… needs PORTONE_API_SECRET and PORTONE_WEBHOOK_SECRET")
	case p.TakesTests && p.store() != "" && !way.dev:
		return errors.New("PORTONE_TEST_MODE=true gives memberships away for test payments: unset it outside AUTH=dev")
	}
	if err := p.checkAddress(); err != nil || p.store() == "" {
		return err
	}
	if _, err := p.portOne(); err != nil {
		return errors.New("PORTONE_WEBHOOK_SECRET must begin with whsec_, as the console shows it; two have a comma between them while they are exchanged")
	}
	return nil
}

// checkAddress refuses to send the secret in the clear.
func (p Payments) checkAddress() error {
	if p.BaseURL == "" {
		return nil
	}
	u, err := url.Parse(p.BaseURL)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Host)) {
		return errors.New("PORTONE_BASE_URL must begin with https://, or with http:// and an address of this machine with its port")
	}
	return nil
}

// portOne opens PortOne. It fails for webhook secrets that are none, and asks nobody.
func (p Payments) portOne() (*portonepay.Gateway, error) {
	return portonepay.New(portonepay.Config{
		StoreID: p.store(), ChannelKey: p.ChannelKey, APISecret: p.APISecret.Reveal(), TakesTests: p.TakesTests,
		WebhookSecrets: fields(p.WebhookSecret.Reveal()), BaseURL: strings.TrimSuffix(p.BaseURL, "/"),
	})
}

// note says what a checklist shows of who takes payments.
func (p Payments) note() string {
	if p.store() == "" {
		return "the sandbox: no money moves"
	}
	note := map[bool]string{true: "the sandbox takes new orders, in which no money moves; ", false: ""}[p.Gateways[0] == sandbox]
	note += "PortOne; API secret " + p.APISecret.String() + ", webhook secret " + p.WebhookSecret.String()
	if p.ChannelKey == "" {
		note += "; without PORTONE_CHANNEL_KEY the pages that take payments must know their channel themselves"
	}
	if p.TakesTests {
		note += "; payments that move no money count (PORTONE_TEST_MODE)"
	}
	return note
}

// payments asks the gateway for a payment that there is not: only one that knows this server can say so.
func (p probe) payments(ctx context.Context) (string, error) {
	if p.cfg.Payments.store() == "" {
		return "in the process", nil
	}
	gateway, err := p.cfg.Payments.portOne()
	if err != nil {
		return "", errors.New("not asked: its settings are at fault")
	}
	switch _, err = gateway.Payment(ctx, pay.Ref{ID: pay.NewID()}); {
	case errors.Is(err, pay.ErrNotFound):
		return "answers, and takes the secret", nil
	case errors.Is(err, pay.ErrRefused):
		return "", fmt.Errorf("%w: check that PAYMENTS names the shop's id", err)
	case errors.Is(err, pay.ErrUnauthorized):
		return "", errors.New("the gateway does not take PORTONE_API_SECRET: copy the V2 API secret of the console again")
	default:
		return "", fmt.Errorf("%w: check PORTONE_BASE_URL and the network", err)
	}
}

// openGateways opens who takes and who serves payments, in their order, with the sandbox's pages; nil where there is none.
func (a *App) openGateways(secret []byte) (all []pay.Gateway, pages http.Handler, err error) {
	for _, name := range a.cfg.Payments.Gateways {
		if name != sandbox {
			gateway, err := a.cfg.Payments.portOne()
			if err != nil {
				return nil, nil, err
			}
			all = append(all, gateway)
			continue
		}
		box, err := a.openSandbox(secret)
		if err != nil {
			return nil, nil, err
		}
		all, pages = append(all, box), box.Handler()
	}
	return all, pages, nil
}

func (a *App) openSandbox(secret []byte) (*sandboxpay.Gateway, error) {
	return sandboxpay.New(sandboxpay.Config{
		PageURL: a.cfg.publicURL() + "/sandbox/payments", Book: sandboxBook{a.store}, Secret: derived(secret, "sandbox payments"),
		// The sandbox's notices take the way that another gateway's take from the webhook on.
		Notify: func(ctx context.Context, header http.Header, body []byte) error {
			return a.billing.Notice(ctx, sandbox, header, body)
		},
	})
}
