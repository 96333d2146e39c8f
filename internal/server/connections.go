package server

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// Connections bounds what one client address holds open before it has signed in: connections, and behind a trusted proxy, whose
// connections are those of many clients, requests and sockets. It is safe for concurrent use.
type Connections struct {
	most    int
	trusted []netip.Prefix
	refused func()

	mu   sync.Mutex
	held map[string]int
}

// NewConnections returns a bound of most for each address; 0 is none. trusted are the proxies that are believed what they say of
// a client's address. refused hears of each refusal.
func NewConnections(most int, trusted []netip.Prefix, refused func()) *Connections {
	return &Connections{most: most, trusted: trusted, refused: refused, held: map[string]int{}}
}

type placeKey struct{}

// SignedIn gives back the place that a connection holds for its address: from now on it counts for its person. Twice is once.
func SignedIn(ctx context.Context) {
	if leave, ok := ctx.Value(placeKey{}).(func()); ok {
		leave()
	}
}

// take takes a place for an address, and returns what gives it back; false when there is none left. An unknown address is not
// counted.
func (c *Connections) take(address string) (leave func(), ok bool) {
	if c.most == 0 || address == "" {
		return func() {}, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held[address] >= c.most {
		c.refused()
		return nil, false
	}
	c.held[address]++
	return sync.OnceFunc(func() { c.leave(address) }), true
}

func (c *Connections) leave(address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held[address]--
	if c.held[address] == 0 {
		delete(c.held, address)
	}
}

// hold takes a place for a request, unless its connection has one.
func (c *Connections) hold(next http.Handler) http.Handler {
	if c == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Context().Value(placeKey{}) != nil {
			next.ServeHTTP(w, r)
			return
		}
		leave, ok := c.take(ClientAddress(r.Context()))
		if !ok {
			w.Header().Set("Retry-After", "1")
			refuse(w, r, http.StatusTooManyRequests, "Too many connections from this address.")
			return
		}
		defer leave()
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), placeKey{}, leave)))
	})
}

// Listen bounds the connections that l accepts. Those of trusted proxies are not counted here.
func (c *Connections) Listen(l net.Listener) net.Listener { return &boundedListener{l, c} }

type boundedListener struct {
	net.Listener
	bound *Connections
}

// Accept implements net.Listener. A connection beyond the bound is answered and closed without being read.
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
		leave, ok := l.bound.take(counted(peer))
		if ok {
			return &heldConn{conn, leave}, nil
		}
		turnAway(conn)
	}
}

// heldConn is a connection that holds a place of its address.
type heldConn struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *heldConn) Close() error {
	c.leave()
	return c.Conn.Close()
}

// withPlace puts the place of a connection into the context of its requests.
func withPlace(ctx context.Context, conn net.Conn) context.Context {
	if held, ok := conn.(*heldConn); ok {
		return context.WithValue(ctx, placeKey{}, held.leave)
	}
	return ctx
}

// turnedAway is the answer to a connection beyond the bound.
const turnedAway = "HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nRetry-After: 1\r\nContent-Type: text/plain; charset=utf-8\r\n" +
	"Content-Length: 40\r\n\r\nToo many connections from this address.\n"

// turnAway answers without waiting: the few bytes fit into what an unused connection takes in.
func turnAway(conn net.Conn) {
	_ = conn.SetWriteDeadline(time.Now().Add(time.Second)) // A client that is turned away may miss the reason.
	_, _ = conn.Write([]byte(turnedAway))
	_ = conn.Close()
}
