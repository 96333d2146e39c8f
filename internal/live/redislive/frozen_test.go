package redislive

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/live/livetest"
	"github.com/weav-ai/weav/test/servicetest"
)

// TestFrozenServer tests a server that leaves its connections open and does not answer.
func TestFrozenServer(t *testing.T) {
	t.Parallel()
	server := servicetest.RedisServer(t)
	road := newRoad(t, server.Addr())
	bus := openAt(t, "redis://"+road.addr(), withProbe(100*time.Millisecond))
	r, leaves := livetest.Listen(t, bus, "a"), livetest.Listen(t, bus, "b")
	thaw := road.freeze()
	defer thaw()

	failsSoon(t, bus)
	for range 20 { // Together they would block for long, if one blocked for a moment.
		subscribesAtOnce(t, bus)
	}
	began := time.Now()
	leaves.Cancel()
	if took := time.Since(began); took > commandTimeout/2 {
		t.Errorf("cancel took %v: it waits for the server", took)
	}

	thaw()
	r.WaitLost(t, 1)
	publishEventually(t, bus, "a", "thawed")
	r.Wait(t, 1)
	wantSubscribed(t, admin(t, server.URL()), "weav:b", 0)
}

func subscribesAtOnce(t *testing.T, bus *Bus) {
	t.Helper()
	began := time.Now()
	cancel, err := bus.Subscribe(t.Context(), "c", func([]byte) {}, func() {})
	if err != nil {
		t.Errorf("subscribe on a frozen server: %v", err)
		return
	}
	cancel()
	if took := time.Since(began); took > commandTimeout/2 {
		t.Errorf("subscribe took %v during an outage", took)
	}
}

// TestCloseWhileFrozen leaves it to the leak check whether all goroutines end.
func TestCloseWhileFrozen(t *testing.T) {
	t.Parallel()
	road := newRoad(t, servicetest.RedisServer(t).Addr())
	bus := openAt(t, "redis://"+road.addr())
	livetest.Listen(t, bus, "a")
	defer road.freeze()()
	began := time.Now()
	if err := bus.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > soon {
		t.Errorf("close took %v", took)
	}
}

// TestSilenceIsNotAFault waits through probes of a quiet, healthy connection.
func TestSilenceIsNotAFault(t *testing.T) {
	t.Parallel()
	url := servicetest.Redis(t)
	bus := openAt(t, url, withProbe(200*time.Millisecond))
	r := livetest.Listen(t, bus, "a")
	server := admin(t, url)
	eventually(t, "5 PINGs", func() bool {
		stats := server.Info(t.Context(), "commandstats").Val()
		_, after, _ := strings.Cut(stats, "cmdstat_ping:calls=")
		var calls int
		_, err := fmt.Sscanf(after, "%d", &calls)
		return err == nil && calls >= 5
	})
	if err := bus.Publish(t.Context(), "a", []byte("x")); err != nil {
		t.Fatal(err)
	}
	r.Wait(t, 1)
	if r.Lost() != 0 {
		t.Error("a quiet connection was given up")
	}
}

// road is the way to a server. Frozen, it accepts connections and carries nothing.
type road struct {
	listener net.Listener
	target   string
	open     sync.RWMutex // held for writing while frozen
	work     sync.WaitGroup
}

func newRoad(t *testing.T, target string) *road {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &road{listener: listener, target: target}
	r.work.Go(r.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		r.work.Wait()
	})
	return r
}

func (r *road) addr() string { return r.listener.Addr().String() }

// freeze holds back all that comes until the first call of thaw.
func (r *road) freeze() (thaw func()) {
	r.open.Lock()
	return sync.OnceFunc(r.open.Unlock)
}

func (r *road) accept() {
	for {
		near, err := r.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", r.target)
		if err != nil {
			_ = near.Close()
			continue
		}
		r.work.Go(func() { r.carry(far, near) })
		r.work.Go(func() { r.carry(near, far) })
	}
}

func (r *road) carry(to, from net.Conn) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		r.open.RLock()
		_, werr := to.Write(buf[:n])
		r.open.RUnlock()
		if err != nil || werr != nil {
			return
		}
	}
}
