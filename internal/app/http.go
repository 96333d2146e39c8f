package app

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/weav-ai/weav/internal/server"
)

// HTTP says how requests are taken.
type HTTP struct {
	// FrontendURL has no slash at its end.
	FrontendURL string `env:"FRONTEND_URL" help:"where the app for people lives when it is not here, such as https://app.example.com: its pages may call, and / leads there"`
	// Hosts are all names where none is given; on a loopback address those of loopback are always among them, and are the default.
	Hosts []string `env:"ALLOWED_HOSTS" default:"any; loopback names on a loopback address" help:"the names, comma separated, that the server answers to besides that of PUBLIC_URL: api.example.com, .example.com with all below it, * for any; others get 421"`
	// Connections is by default enough for some ten browsers behind one address.
	Connections int `env:"MAX_CONNECTIONS_PER_ADDRESS" envDefault:"100" min:"0" max:"1000000" help:"connections of one client address before sign-in; 0 is any number"`
	Bodies      Bodies
}

// Bodies are how long a request's body may take to arrive.
type Bodies struct {
	Idle time.Duration `env:"REQUEST_BODY_IDLE_TIMEOUT" envDefault:"10s" help:"the longest wait for the next byte of a request's body"`
	// Total does not hold for uploads of files.
	Total time.Duration `env:"REQUEST_BODY_TIMEOUT" envDefault:"30s" help:"the longest wait for all of a request's body, but for uploads of files"`
}

// origins are those whose pages may call besides the server's own.
func (c Config) origins() []string {
	u, err := url.Parse(c.HTTP.FrontendURL)
	if err != nil || u.Host == "" {
		return c.Origins
	}
	return append(slices.Clone(c.Origins), u.Scheme+"://"+u.Host)
}

// frontend is where the server's root leads; empty where the app lives here, which would lead in a circle.
func (c Config) frontend() string {
	u, err := url.Parse(c.HTTP.FrontendURL)
	own, ownErr := url.Parse(c.publicURL())
	if err != nil || ownErr != nil || strings.EqualFold(u.Host, own.Host) && strings.Trim(u.Path, "/") == "" {
		return ""
	}
	return c.HTTP.FrontendURL
}

// checkOrigins refuses what no browser sends as an origin.
func (c Config) checkOrigins() error {
	for _, o := range c.Origins {
		u, err := url.Parse(o)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.Path != "" {
			return fmt.Errorf("CORS_ALLOWED_ORIGINS: %q is no origin; write https://app.example.com", o)
		}
	}
	return nil
}

// checkFrontend refuses an address that no browser could be sent to.
func (c Config) checkFrontend() error {
	if c.HTTP.FrontendURL == "" {
		return nil
	}
	u, err := url.Parse(c.HTTP.FrontendURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("the setting FRONTEND_URL must be the address of the app for people, such as https://app.example.com; further origins stand in CORS_ALLOWED_ORIGINS")
	}
	return nil
}

// hosts are the names that the server answers to; none for all. On loopback a name that is not listed is refused, against DNS
// rebinding.
func (c Config) hosts() server.Hosts {
	isLocal := loopback(c.ListenAddr)
	if len(c.HTTP.Hosts) == 0 && !isLocal {
		return nil
	}
	all := make(server.Hosts, 0, len(c.HTTP.Hosts)+4)
	for _, host := range c.HTTP.Hosts {
		all = append(all, strings.Trim(host, "[]"))
	}
	if isLocal {
		all = append(all, "localhost", "127.0.0.1", "::1")
	}
	if u, err := url.Parse(c.PublicURL); err == nil && u.Hostname() != "" {
		all = append(all, u.Hostname())
	}
	return all
}

// checkHosts refuses what no Host header holds.
func (c Config) checkHosts() error {
	for _, host := range c.HTTP.Hosts {
		bare := strings.Trim(host, "[]")
		_, err := netip.ParseAddr(bare)
		if host == "*" || err == nil || isHostName(strings.TrimPrefix(host, ".")) {
			continue
		}
		return fmt.Errorf("ALLOWED_HOSTS: %q is no host; write api.example.com, .example.com for all below it too, or * for any, without a scheme, a port or a path", host)
	}
	return nil
}

func isHostName(s string) bool {
	odd := func(c rune) bool {
		return (c < 'a' || 'z' < c) && (c < 'A' || 'Z' < c) && (c < '0' || '9' < c) && !strings.ContainsRune("-_.", c)
	}
	return s != "" && len(s) <= 253 && !strings.ContainsFunc(s, odd)
}

// The widest public networks that hold proxies: those of the large content networks, in bits of their prefix.
const (
	widestIPv4 = 12
	widestIPv6 = 24
)

// notStrangers are the networks whose addresses no stranger on the internet has.
var notStrangers = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("fc00::/7"), netip.MustParsePrefix("fe80::/10"), netip.MustParsePrefix("::1/128"),
}

// isPublic says whether a network holds addresses of strangers.
func isPublic(p netip.Prefix) bool {
	return !slices.ContainsFunc(notStrangers, func(own netip.Prefix) bool { return own.Bits() <= p.Bits() && own.Contains(p.Addr()) })
}

// doubts are settings with which the server starts, and that an operator should check.
func (c Config) doubts() []Finding {
	var list []Finding
	for _, p := range c.TrustedProxies {
		widest := widestIPv6
		if p.Addr().Is4() {
			widest = widestIPv4
		}
		if isPublic(p) && p.Bits() < widest {
			list = append(list, Finding{Unsafe, "TRUSTED_PROXIES", p.String() + " covers addresses of strangers, each of whom could claim any address and so escape every limit: name the networks of your own proxies alone"})
		}
	}
	if w, err := c.ways(); err == nil && w.dev && slices.Contains(c.HTTP.Hosts, "*") {
		list = append(list, Finding{Unsafe, "ALLOWED_HOSTS", "with AUTH=dev the host * lets any web page that a developer opens sign in here (DNS rebinding): name the hosts"})
	}
	return list
}

// httpNotes say how requests are taken.
func (c Config) httpNotes() []Finding {
	limit := fmt.Sprintf("%d before sign-in", c.HTTP.Connections)
	if c.HTTP.Connections == 0 {
		limit = "any number"
	}
	list := []Finding{
		{Fine, "MAX_CONNECTIONS_PER_ADDRESS", limit},
		{Fine, "REQUEST_BODY_TIMEOUT", fmt.Sprintf("%s in all, %s without a byte", c.HTTP.Bodies.Total, c.HTTP.Bodies.Idle)},
	}
	trusted := "none: X-Forwarded-For is not read, and behind a proxy all people share its address"
	if n := len(c.TrustedProxies); n > 0 {
		trusted = fmt.Sprintf("%d networks", n)
	}
	return append(list, Finding{Fine, "TRUSTED_PROXIES", trusted})
}

// hostsNote says which names the server answers to.
func (c Config) hostsNote() string {
	hosts := c.hosts()
	if len(hosts) == 0 || slices.Contains(hosts, "*") {
		return "any name"
	}
	return "answers to " + strings.Join(hosts, ", ")
}

// postgres is the database's address out of the original's names, unless there is one.
func (s sources) postgres(address string) string {
	if address != "" || s.PostgresHost == "" {
		return address
	}
	port := s.PostgresPort
	if strings.HasPrefix(port, "tcp://") {
		port = defaultOf("POSTGRES_PORT") // Kubernetes sets this name for a service that is called postgres.
	}
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(s.PostgresUser, s.PostgresPassword),
		Path:     "/" + s.PostgresDB,
		Host:     net.JoinHostPort(s.PostgresHost, port),
		RawQuery: "sslmode=" + s.PostgresSSLMode,
	}
	return u.String()
}
