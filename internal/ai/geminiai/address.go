package geminiai

import (
	"errors"
	"net/url"
	"strings"
)

var (
	errAddress = errors.New("the file's address is malformed")
	// errForeign prevents the server from fetching any URL that an answer contains.
	errForeign = errors.New("the file's address is none of the provider's")
)

// storageHosts are Google's hosts that the API redirects file requests to. A name that begins with a dot
// stands for all below it.
var storageHosts = []string{"storage.googleapis.com", ".googleusercontent.com"}

// address is where a file is requested.
type address struct {
	url *url.URL
	// withKey is set for the API's own host, which gets the key.
	withKey bool
}

// locate reads the address of a file from an answer or a redirect. An address on the API's own host is
// requested at the base URL like every other request, so that a gateway's key is sent only to the gateway.
// Google's storage is requested without a key, and no other host at all.
func (p *Provider) locate(from *url.URL, raw string) (address, error) {
	u, err := from.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil {
		return address{}, errAddress
	}
	u.Fragment = ""
	if sameHost(u, p.base) {
		u.Scheme, u.Host = p.base.Scheme, p.base.Host
		return address{url: u, withKey: true}, nil
	}
	vendor, err := url.Parse(vendorURL)
	if err != nil {
		return address{}, err
	}
	switch {
	case sameHost(u, vendor):
		moved := p.base.JoinPath(u.EscapedPath())
		moved.RawQuery = u.RawQuery
		return address{url: moved, withKey: true}, nil
	case u.Scheme == "https" && isStorage(u):
		return address{url: u}, nil
	default:
		return address{}, errForeign
	}
}

// sameHost compares host and port. A request to b uses b's scheme, whatever a's is.
func sameHost(a, b *url.URL) bool {
	return strings.EqualFold(a.Hostname(), b.Hostname()) && portOf(a, b.Scheme) == portOf(b, b.Scheme)
}

// portOf is the stated port, or the default of scheme.
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

// isStorage reports whether an address is on one of Google's storage hosts, at the default port.
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
