package server

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

// peer is a connection from an address.
type peer struct {
	net.Conn
	address string
	written strings.Builder
	closed  bool
}

func (p *peer) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(p.address))
}
func (p *peer) Write(b []byte) (int, error)    { return p.written.Write(b) }
func (*peer) SetWriteDeadline(time.Time) error { return nil }
func (p *peer) Close() error                   { p.closed = true; return nil }

// line is a listener at which connections stand.
type line chan net.Conn

func (l line) Accept() (net.Conn, error) {
	conn, ok := <-l
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}
func (line) Close() error   { return nil }
func (line) Addr() net.Addr { return nil }

// accepted has a listener accept all that stand there.
func accepted(l net.Listener) (all []net.Conn) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return all
		}
		all = append(all, conn)
	}
}

// TestConnectionsOfAnAddressAreBounded, those of another go on, and those of a trusted proxy are not counted.
func TestConnectionsOfAnAddressAreBounded(t *testing.T) {
	t.Parallel()
	refused := 0
	c := NewConnections(2, []netip.Prefix{netip.MustParsePrefix("172.16.0.0/12")}, func() { refused++ })
	peers := map[string][]*peer{}
	stand := make(line, 100)
	for _, address := range []string{"203.0.113.7:1", "198.51.100.9:1", "172.18.0.1:1", "[2001:db8:1:2::3]:1", "[2001:db8:1:2::4]:1"} {
		for range 3 {
			p := &peer{address: address}
			peers[address] = append(peers[address], p)
			stand <- p
		}
	}
	close(stand)
	in := accepted(c.Listen(stand))
	for address, want := range map[string]int{
		"203.0.113.7:1": 2, "198.51.100.9:1": 2, "172.18.0.1:1": 3, "[2001:db8:1:2::3]:1": 2, "[2001:db8:1:2::4]:1": 0, // One client has all of them.
	} {
		open := 0
		for _, p := range peers[address] {
			if !p.closed {
				open++
			} else if !strings.HasPrefix(p.written.String(), "HTTP/1.1 429 ") {
				t.Errorf("%s is turned away with %q", address, p.written.String())
			}
		}
		if open != want {
			t.Errorf("%s has %d connections, want %d", address, open, want)
		}
	}
	if refused != 6 {
		t.Errorf("%d refusals were reported", refused)
	}
	for _, conn := range in {
		for range 2 { // Twice is once.
			if err := conn.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(c.held) != 0 {
		t.Errorf("after the end the places %v are held", c.held)
	}
}

// holder serves requests that last until they are let go.
type holder struct {
	began, end chan struct{}
	signedIn   bool
}

func (h holder) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	if h.signedIn {
		SignedIn(r.Context())
		SignedIn(r.Context())
	}
	h.began <- struct{}{}
	<-h.end
}

// TestRequestsBehindAProxyAreBoundedByClient, and a signed-in client counts only for its user.
func TestRequestsBehindAProxyAreBoundedByClient(t *testing.T) {
	t.Parallel()
	for name, signedIn := range map[string]bool{"nobody": false, "somebody": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trusted := []netip.Prefix{netip.MustParsePrefix("172.16.0.0/12")}
			c := NewConnections(2, trusted, func() {})
			h := holder{make(chan struct{}), make(chan struct{}), signedIn}
			o := Options{TrustedProxies: trusted, Connections: c}
			handler := o.withClientAddress(c.limitRequests(h))
			ask := func(client string) int {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/graphql", http.NoBody)
				r.RemoteAddr = "172.18.0.1:1"
				r.Header.Set("X-Forwarded-For", client)
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				return w.Code
			}
			var all sync.WaitGroup
			hold := func(client string) {
				all.Go(func() { ask(client) })
				<-h.began
			}
			hold("203.0.113.7")
			hold("203.0.113.7")
			if signedIn {
				hold("203.0.113.7")
			} else if status := ask("203.0.113.7"); status != http.StatusTooManyRequests {
				t.Errorf("one more is answered with %d", status)
			}
			hold("198.51.100.9")
			close(h.end)
			all.Wait()
			if len(c.held) != 0 {
				t.Errorf("after the end the places %v are held", c.held)
			}
		})
	}
}

// TestARequestOfACountedConnectionIsNotCountedAgain on a server with a place for one.
func TestARequestOfACountedConnectionIsNotCountedAgain(t *testing.T) {
	t.Parallel()
	c := NewConnections(1, nil, func() {})
	l, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	handler := Options{}.withClientAddress(c.limitRequests(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "in") })))
	go func() { ended <- Serve(ctx, c.Listen(l), handler, time.Minute, func(context.Context) {}) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for range 3 {
		res, err := client.Get("http://" + l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(res.Body); string(text) != "in" || res.Body.Close() != nil {
			t.Errorf("answered with %d %s, %v", res.StatusCode, text, err)
		}
	}
	other := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	if res, err := other.Get("http://" + l.Addr().String()); err == nil { // It may be cut before its answer is read.
		_ = res.Body.Close()
		if res.StatusCode != http.StatusTooManyRequests {
			t.Errorf("a second connection is answered with %d", res.StatusCode)
		}
	}
}
