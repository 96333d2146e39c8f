package geminiai

import (
	"errors"
	"net/url"
	"strings"
)

var (
	errAddress = errors.New("the file's address is malformed")
	// errForeign keeps the server from fetching whatever an answer names.
	errForeign = errors.New("the file's address is none of the provider's")
)

// storageHosts are where Google keeps files that the API sends one on to; a name that
// begins with a dot stands for all below it.
var storageHosts = []string{"storage.googleapis.com", ".googleusercontent.com"}

// address is where a file is asked for.
type address struct {
	url *url.URL
	// keyed says that the host is the API's own, and may see the key.
	keyed bool
}

// locate reads the address of a file as the API tells it, or as a redirect from an address does. An
// address on the API's own host is asked for at the base URL, like every other request, so that a
// gateway's key stays with the gateway; Google's storage is asked without a key; and nobody else at all.
func (p *Provider) locate(from *url.URL, raw string) (address, error) {
	u, err := from.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil {
		return address{}, errAddress
	}
	u.Fragment = ""
	if sameHost(u, p.base) {
		u.Scheme, u.Host = p.base.Scheme, p.base.Host
		return address{url: u, keyed: true}, nil
	}
	vendor, err := url.Parse(vendorURL)
	if err != nil {
		return address{}, err
	}
	switch {
	case sameHost(u, vendor):
		moved := p.base.JoinPath(u.EscapedPath())
		moved.RawQuery = u.RawQuery
		return address{url: moved, keyed: true}, nil
	case u.Scheme == "https" && isStorage(u):
		return address{url: u}, nil
	default:
		return address{}, errForeign
	}
}

// sameHost compares host and port. A request to b goes by b's scheme, whatever a's is.
func sameHost(a, b *url.URL) bool {
	return strings.EqualFold(a.Hostname(), b.Hostname()) && portOf(a, b.Scheme) == portOf(b, b.Scheme)
}

// portOf is the port that is said, or scheme's own.
func portOf(u *url.URL, scheme string) string {
	switch port := u.Port(); {
	case port != "":
		return port
	case scheme == "https":
		return "443"
	default:
		return "80"
	}
}

func isStorage(u *url.URL) bool {
	if u.Port() != "" && u.Port() != "443" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	for _, h := range storageHosts {
		if host == h || strings.HasPrefix(h, ".") && strings.HasSuffix(host, h) {
			return true
		}
	}
	return false
}
