package server

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// Connections bounds what one client address has open before it has signed in: connections, and behind a
// trusted proxy, whose connections serve many clients, requests and sockets. It is safe for concurrent use.
type Connections struct {
	limit   int
	trusted []netip.Prefix
	refused func()

	mu   sync.Mutex
	held map[string]int
}

// NewConnections returns a bound of most for each address; 0 is none. trusted are the proxies whose
// X-Forwarded-For is used. refused is called for each refusal.
func NewConnections(most int, trusted []netip.Prefix, refused func()) *Connections {
	return &Connections{limit: most, trusted: trusted, refused: refused, held: map[string]int{}}
}

type slotKey struct{}

// SignedIn releases the slot that a connection uses of its address: from now on the limits of its user apply.
// A second call does nothing.
func SignedIn(ctx context.Context) {
	if release, ok := ctx.Value(slotKey{}).(func()); ok {
		release()
	}
}

// acquire takes a slot of an address, and returns the function that releases it; false when none is left. An
// unknown address is not counted, since all unknown ones would share one bound.
func (c *Connections) acquire(address string) (release func(), ok bool) {
	if c.limit == 0 || address == "" {
		return func() {}, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held[address] >= c.limit {
		c.refused()
		return nil, false
	}
	c.held[address]++
	return sync.OnceFunc(func() { c.release(address) }), true
}

// release gives a slot back, and removes the entry of an address without any, so that the map does not grow.
func (c *Connections) release(address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held[address]--
	if c.held[address] == 0 {
		delete(c.held, address)
	}
}

// limitRequests takes a slot for a request, unless its connection has one.
func (c *Connections) limitRequests(next http.Handler) http.Handler {
	if c == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Context().Value(slotKey{}) != nil {
			next.ServeHTTP(w, r)
			return
		}
		release, ok := c.acquire(ClientAddress(r.Context()))
		if !ok {
			w.Header().Set("Retry-After", "1")
			refuse(w, r, http.StatusTooManyRequests, "Too many connections from this address.")
			return
		}
		defer release()
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), slotKey{}, release)))
	})
}

// Listen bounds the connections that l accepts. Those of trusted proxies are not counted here, but their
// requests are.
func (c *Connections) Listen(l net.Listener) net.Listener { return &boundedListener{l, c} }

// boundedListener bounds the accepted connections.
type boundedListener struct {
	net.Listener
	bound *Connections
}

// Accept implements net.Listener. A connection beyond the bound is answered and closed without being read, so
// that it costs no goroutine.
func (l *boundedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer := parseAddress(conn.RemoteAddr().String())
		if isTrusted(peer, l.bound.trusted) {
			return conn, nil
		}
		release, ok := l.bound.acquire(counted(peer))
		if ok {
			return &countedConn{conn, release}, nil
		}
		rejectConn(conn)
	}
}

// countedConn is a connection that uses a slot of its address.
type countedConn struct {
	net.Conn
	release func()
}

// Close implements net.Conn.
func (c *countedConn) Close() error {
	c.release()
	return c.Conn.Close()
}

// withSlot puts the slot of a connection into the context of its requests.
func withSlot(ctx context.Context, conn net.Conn) context.Context {
	if held, ok := conn.(*countedConn); ok {
		return context.WithValue(ctx, slotKey{}, held.release)
	}
	return ctx
}

// rejection is the answer to a connection beyond the bound.
const rejection = "HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nRetry-After: 1\r\nContent-Type: text/plain; charset=utf-8\r\n" +
	"Content-Length: 40\r\n\r\nToo many connections from this address.\n"

// rejectConn answers without waiting: the few bytes fit into the send buffer of a new connection.
func rejectConn(conn net.Conn) {
	_ = conn.SetWriteDeadline(time.Now().Add(time.Second)) // It is no fault when a rejected client misses the reason.
	_, _ = conn.Write([]byte(rejection))
	_ = conn.Close()
}
