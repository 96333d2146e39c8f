package app

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/weav-ai/weav/internal/ai/sandboxai"
)

// The adapters.
const (
	AdapterOpenAI = "openai"
	AdapterGoogle = "google"
)

// Provider is one account at one provider of models, or one server of somebody's own.
type Provider struct {
	// Name is the provider's in the catalogue: "openai" and "google", or one of PROVIDERS.
	Name string
	// Adapter says which wire format it speaks: AdapterOpenAI or AdapterGoogle.
	Adapter string
	// Key may be missing for servers that ask for none.
	Key Secret
	// BaseURL is where it answers; empty for the vendor's own address.
	BaseURL string
	// Form is "responses" or "chat", how AdapterOpenAI asks for text; empty for other adapters.
	Form string

	keySetting, urlSetting string // their names, for messages
}

// providerName is what a provider may be called.
var providerName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// ownProvider are the settings PROVIDER_NAME_… of one provider of PROVIDERS.
type ownProvider struct {
	BaseURL string `section:"Models" env:"BASE_URL" help:"where it answers"`
	Key     Secret `env:"API_KEY" secret:"true" help:"its key, where it asks for one"`
	Adapter string `env:"ADAPTER" envDefault:"openai" help:"the wire format that it speaks: openai or google"`
	Form    string `env:"FORM" default:"chat for openai" help:"how the adapter openai asks for text: chat, or responses"`
}

// providers are the two vendors, each by its key or address, and then those that PROVIDERS names.
func (e *environment) providers(s sources) []Provider {
	vendors := []Provider{
		{
			Name: "openai", Adapter: AdapterOpenAI, Form: "responses", keySetting: "OPENAI_API_KEY", urlSetting: "OPENAI_BASE_URL",
			Key: s.OpenAIKey, BaseURL: s.OpenAIBaseURL,
		},
		{
			Name: "google", Adapter: AdapterGoogle, keySetting: "GEMINI_API_KEY", urlSetting: "GOOGLE_GEMINI_BASE_URL",
			Key: s.GeminiKey, BaseURL: s.GeminiBaseURL,
		},
	}
	all := slices.DeleteFunc(vendors, func(p Provider) bool { return !p.Key.IsSet() && p.BaseURL == "" })
	for _, name := range s.Providers {
		all = append(all, e.provider(name))
	}
	return all
}

// provider reads PROVIDER_NAME_…. The chat form is the one that servers other than OpenAI's know.
func (e *environment) provider(name string) Provider {
	prefix := "PROVIDER_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_"
	var own ownProvider
	e.read(&own, prefix)
	p := Provider{
		Name: name, Adapter: own.Adapter, keySetting: prefix + "API_KEY", urlSetting: prefix + "BASE_URL",
		Key: own.Key, BaseURL: own.BaseURL, Form: own.Form,
	}
	if p.Adapter == AdapterOpenAI && p.Form == "" {
		p.Form = "chat"
	}
	return p
}

// defaultProvider is the provider whose models come first: that of the setting, else by the keys. The original called Google's
// gemini.
func defaultProvider(name string, all []Provider) string {
	has := func(name string) bool {
		return slices.ContainsFunc(all, func(p Provider) bool { return p.Name == name })
	}
	switch {
	case name == "gemini" && !has(name):
		return "google"
	case name != "":
		return name
	case has("openai"):
		return "openai"
	case has("google"):
		return "google"
	}
	return sandboxai.Name
}

// configured says whether a provider can be asked.
func (c Config) configured(name string) bool {
	return name == sandboxai.Name || slices.ContainsFunc(c.Providers, func(p Provider) bool { return p.Name == name })
}

// checkProviders refuses providers that cannot work, or to which a key would travel in the clear.
func (c Config) checkProviders() error {
	seen := map[string]bool{}
	for _, p := range c.Providers {
		if seen[p.Name] {
			return fmt.Errorf("there are two providers named %q: give each its own name in PROVIDERS", p.Name)
		}
		seen[p.Name] = true
		if err := p.check(); err != nil {
			return err
		}
	}
	if c.AIProviderDefault != "" && !c.configured(c.AIProviderDefault) {
		return fmt.Errorf("AI_PROVIDER_DEFAULT=%s names a provider that is not set up: give its key, name it in PROVIDERS, or unset AI_PROVIDER_DEFAULT", c.AIProviderDefault)
	}
	return nil
}

func (p Provider) check() error {
	prefix := strings.TrimSuffix(p.keySetting, "API_KEY")
	switch {
	case p.Name == sandboxai.Name:
		return errors.New("the name sandbox is taken by the models that WEAV makes up itself: choose another in PROVIDERS")
	case !providerName.MatchString(p.Name):
		return fmt.Errorf("%q in PROVIDERS is no name of a provider: 1 to 32 of a-z, 0-9 and -, a letter first", p.Name)
	case p.Adapter != AdapterOpenAI && p.Adapter != AdapterGoogle:
		return fmt.Errorf("%sADAPTER must be openai or google", prefix)
	case p.Adapter == AdapterOpenAI && p.Form != "chat" && p.Form != "responses":
		return fmt.Errorf("%sFORM must be chat or responses", prefix)
	case p.Adapter == AdapterGoogle && p.Form != "":
		return fmt.Errorf("%sFORM is for the adapter openai alone: unset it", prefix)
	}
	return p.checkAccess()
}

// checkAccess refuses a provider that there is no way to, or no safe one.
func (p Provider) checkAccess() error {
	unprintable := func(r rune) bool { return r <= ' ' || r > '~' }
	switch {
	case strings.ContainsFunc(p.Key.Reveal(), unprintable):
		return fmt.Errorf("%s holds a blank, a line's end or a letter that no key has: copy it again", p.keySetting)
	case p.Adapter == AdapterGoogle && !p.Key.IsSet():
		return fmt.Errorf("the setting %s is missing: the provider %s asks for a key at any address", p.keySetting, p.Name)
	case p.BaseURL == "" && !p.Key.IsSet():
		return fmt.Errorf("the provider %s has neither %s nor %s: set one, or both", p.Name, p.keySetting, p.urlSetting)
	case p.BaseURL == "":
		return nil
	}
	return checkBaseURL(p.urlSetting, p.BaseURL)
}

// checkBaseURL refuses what is no address, and plain http to where others may listen.
func checkBaseURL(setting, raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("%s must be an address such as https://api.example.com/v1, without a user, a query or a fragment", setting)
	case u.Scheme == "http" && !private(u.Hostname()):
		return fmt.Errorf("%s is plain http to a public address, where others could read the key and what people write: begin it with https://", setting)
	}
	return nil
}

// private says whether a host is this machine or on a network of the operator's own: a name without a dot
// is one that containers give each other.
func private(host string) bool {
	host = strings.ToLower(host)
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast()
	}
	ownZone := func(zone string) bool { return strings.HasSuffix(host, zone) }
	return !strings.Contains(host, ".") || slices.ContainsFunc([]string{".localhost", ".local", ".internal"}, ownZone)
}
