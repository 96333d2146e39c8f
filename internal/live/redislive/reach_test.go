package redislive

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/live/livetest"
	"github.com/weav-ai/weav/test/servicetest"
)

// lines is a log.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

// Write implements io.Writer.
func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(line)
}

func (l *lines) warnings() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.all.String(), "level=WARN")
}

// TestOutageIsLoggedOnceEachWay kills the server under many commands and subscriptions.
func TestOutageIsLoggedOnceEachWay(t *testing.T) {
	t.Parallel()
	server := servicetest.RedisServer(t)
	log := &lines{}
	bus := openAt(t, server.URL(), WithLogger(slog.New(slog.NewTextHandler(log, nil))))
	eventually(t, "the bus in reach", bus.Reachable)
	for outage := range 2 {
		server.Kill()
		for range 200 {
			if err := bus.Append(t.Context(), "run", live.Offset{}, "x"); err == nil {
				t.Error("appended to a dead server")
			}
		}
		livetest.Listen(t, bus, "a")
		eventually(t, "a warning", func() bool { return log.warnings() == 2*outage+1 })
		if bus.Reachable() {
			t.Error("a dead server is in reach")
		}
		server.Start()
		eventually(t, "the bus in reach", bus.Reachable)
		eventually(t, "a second warning", func() bool { return log.warnings() == 2*outage+2 })
	}
	if n := log.warnings(); n != 4 {
		t.Errorf("%d warnings of 2 outages, want one as each begins and one as it ends:\n%s", n, log.all.String())
	}
}

// TestOpensWithoutServer begins before its server does.
func TestOpensWithoutServer(t *testing.T) {
	t.Parallel()
	server := servicetest.RedisServer(t)
	server.Kill()
	log := &lines{}
	bus := openAt(t, server.URL(), WithLogger(slog.New(slog.NewTextHandler(log, nil))))
	r := livetest.Listen(t, bus, "a")
	if bus.Reachable() {
		t.Error("a server that is not there is in reach")
	}
	failsSoon(t, bus)
	server.Start()
	r.WaitLost(t, 1)
	publishEventually(t, bus, "a", "x")
	r.Wait(t, 1)
	eventually(t, "two warnings", func() bool { return log.warnings() == 2 })
}

// TestFrozenServerIsOutOfReach checks that readers poll the database before the connection is closed.
func TestFrozenServerIsOutOfReach(t *testing.T) {
	t.Parallel()
	road := newRoad(t, servicetest.RedisServer(t).Addr())
	bus := openAt(t, "redis://"+road.addr())
	r := livetest.Listen(t, bus, "a")
	eventually(t, "the bus in reach", bus.Reachable)
	thaw := road.freeze()
	eventually(t, "the bus out of reach", func() bool { return !bus.Reachable() })
	thaw()
	eventually(t, "the bus in reach again", bus.Reachable)
	if r.Lost() != 0 {
		t.Error("a connection that paused was given up")
	}
}
