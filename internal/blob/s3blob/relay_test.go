package s3blob

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// relay is a network before a store that lets some bytes pass and then stands still or breaks.
type relay struct {
	// up and down are how many bytes pass to the store and back, per connection.
	up, down int64
	// cut breaks the connection behind them; else it stands still, open.
	cut bool
}

// unlimited lets everything pass.
const unlimited = 1 << 60

// before starts the relay and returns its URL. The end of the test ends what passes through it.
func (r relay) before(t *testing.T, endpoint string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background()) // It outlives the test's, for the cleanups.
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { r.pass(ctx, conn, strings.TrimPrefix(endpoint, "http://")) })
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = listener.Close()
		all.Wait()
	})
	return "http://" + listener.Addr().String()
}

func (r relay) pass(ctx context.Context, client net.Conn, addr string) {
	defer func() { _ = client.Close() }()
	store, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return
	}
	defer func() { _ = store.Close() }()
	ended := make(chan struct{}, 2)
	var both sync.WaitGroup
	carry := func(to io.Writer, from io.Reader, most int64) {
		_, err := io.CopyN(to, from, most)
		if err == nil && !r.cut {
			<-ctx.Done()
		}
		ended <- struct{}{}
	}
	both.Go(func() { carry(store, client, r.up) })
	both.Go(func() { carry(client, store, r.down) })
	select {
	case <-ended:
	case <-ctx.Done():
	}
	_, _ = client.Close(), store.Close() // Whatever still waits on them ends.
	both.Wait()
}

// silent listens and never says a word.
func silent(t *testing.T) string {
	t.Helper()
	return relay{up: 0, down: 0}.before(t, servesNothing(t))
}

// servesNothing is the address of a listener that accepts no connection.
func servesNothing(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return "http://" + listener.Addr().String()
}
