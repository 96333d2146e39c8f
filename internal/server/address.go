package server

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// hostBits is the prefix of an IPv6 address that identifies one client: providers assign a /64 to each.
const hostBits = 64

type addressKey struct{}

// ClientAddress is the address of a request or socket as limits count it: an IPv4 address, or the /64 network
// of an IPv6 address. It is "" when unknown.
func ClientAddress(ctx context.Context) string {
	address, _ := ctx.Value(addressKey{}).(string)
	return address
}

// withClientAddress puts the client's address into the context.
func (o Options) withClientAddress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address := counted(clientOf(r, o.TrustedProxies))
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), addressKey{}, address)))
	})
}

// clientOf returns the peer of the connection. If that is a trusted proxy, it returns the last address in
// X-Forwarded-For that is not one. Entries before it come from the client itself and could be forged.
func clientOf(r *http.Request, trusted []netip.Prefix) netip.Addr {
	client := parseAddress(r.RemoteAddr)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !isTrusted(client, trusted) {
			break
		}
		before := parseAddress(strings.TrimSpace(hop))
		if !before.IsValid() {
			break // Trusted proxies write addresses, so entries before this one are not from them.
		}
		client = before
	}
	return client
}

// isTrusted reports whether an address belongs to a trusted proxy.
func isTrusted(a netip.Addr, trusted []netip.Prefix) bool {
	return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(a) })
}

// parseAddress reads an address with or without a port; the zero Addr when it is malformed. IPv4 in IPv6
// becomes IPv4, so that one client has one address.
func parseAddress(s string) netip.Addr {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

// counted is the form of an address that limits count.
func counted(a netip.Addr) string {
	switch {
	case !a.IsValid():
		return ""
	case a.Is4():
		return a.String()
	default:
		return netip.PrefixFrom(a, hostBits).Masked().String()
	}
}
