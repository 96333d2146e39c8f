package redislive

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/live/livetest"
	"github.com/weav-ai/weav/test/servicetest"
)

// soon is what a command may take on a server that is dead: its second, and the scheduler's mercy.
const soon = commandTimeout + time.Second

// TestRestart kills the server with its data, repeatedly.
func TestRestart(t *testing.T) {
	t.Parallel()
	server := servicetest.RedisServer(t)
	writer, reader := openAt(t, server.URL()), openAt(t, server.URL())
	var all []*livetest.Recorder
	for i := range 20 {
		all = append(all, livetest.Listen(t, reader, fmt.Sprint("topic", i)))
	}
	cancelled := livetest.Listen(t, reader, "cancelled")
	cancelled.Cancel()

	for round := range servicetest.Rounds() {
		if err := writer.Replace(t.Context(), "run", "forgotten"); err != nil {
			t.Fatal(err)
		}
		server.Restart()
		for i, r := range all {
			r.WaitLost(t, round+1)
			publishEventually(t, writer, fmt.Sprint("topic", i), fmt.Sprint("round", round))
			if got := r.Wait(t, round+1)[round]; got != fmt.Sprint("round", round) {
				t.Errorf("topic %d received %q after the restart", i, got)
			}
		}
		writesAgain(t, writer)
	}
	for i, r := range all {
		if r.Lost() != servicetest.Rounds() {
			t.Errorf("topic %d got %d losses in %d restarts", i, r.Lost(), servicetest.Rounds())
		}
	}
	if cancelled.Lost() != 0 {
		t.Error("lost was called after cancel")
	}
	wantSubscribed(t, admin(t, server.URL()), "weav:cancelled", 0)
}

// writesAgain writes as a writer whose text, and scripts, the server has lost.
func writesAgain(t *testing.T, bus *Bus) {
	t.Helper()
	at := live.Offset{}.End("forgotten")
	if _, ok, err := bus.Text(t.Context(), "run"); ok || err != nil {
		t.Errorf("text after the restart: %t, %v", ok, err)
	}
	if err := bus.Append(t.Context(), "run", at, "!"); !errors.Is(err, live.ErrMismatch) {
		t.Errorf("append after the restart: %v, want ErrMismatch", err)
	}
	if err := bus.Replace(t.Context(), "run", "forgotten!"); err != nil {
		t.Errorf("replace after the restart: %v", err)
	}
	if err := bus.Append(t.Context(), "run", at.End("!"), "?"); err != nil {
		t.Errorf("append after replace: %v", err)
	}
}

func TestDeadServer(t *testing.T) {
	t.Parallel()
	server := servicetest.RedisServer(t)
	bus := openAt(t, server.URL())
	r := livetest.Listen(t, bus, "a")
	server.Kill()
	for range 5 { // More connections than go-redis has refused before it stops dialling.
		failsSoon(t, bus)
	}

	confirmed := make(chan error, 1)
	go func() {
		cancel, err := bus.Subscribe(t.Context(), "b", func([]byte) {}, func() {})
		if err == nil {
			cancel()
		}
		confirmed <- err
	}()
	server.Start()
	if err := <-confirmed; err != nil {
		t.Errorf("a subscription begun while the server was away: %v", err)
	}
	r.WaitLost(t, 1)
	publishEventually(t, bus, "a", "back")
	r.Wait(t, 1)
}

// TestCloseWhileDead leaves it to the leak check whether all goroutines end. The outage may be known or not when a
// subscription is begun: it stands, or fails as the bus closes.
func TestCloseWhileDead(t *testing.T) {
	t.Parallel()
	server := servicetest.RedisServer(t)
	bus := openAt(t, server.URL())
	livetest.Listen(t, bus, "a")
	server.Kill()
	waiting := make(chan error, 1)
	go func() {
		_, err := bus.Subscribe(t.Context(), "b", func([]byte) {}, func() {})
		waiting <- err
	}()
	began := time.Now()
	if err := bus.Close(); err != nil {
		t.Error(err)
	}
	if err := <-waiting; err != nil && errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("subscribe on a bus that closes: %v", err)
	}
	if took := time.Since(began); took > soon {
		t.Errorf("close took %v", took)
	}
}

// TestSubscriptionsBegunInAnOutageAreKept subscribes to a dead server. What was published meanwhile is reported as lost, what
// is published later is received.
func TestSubscriptionsBegunInAnOutageAreKept(t *testing.T) {
	t.Parallel()
	server := servicetest.RedisServer(t)
	bus := openAt(t, server.URL())
	server.Kill()
	failsSoon(t, bus) // The outage is known.
	began := time.Now()
	r, leaves := livetest.Listen(t, bus, "a"), livetest.Listen(t, bus, "b")
	if took := time.Since(began); took > soon {
		t.Errorf("two subscriptions took %v on a dead server", took)
	}
	leaves.Cancel()
	server.Start()
	r.WaitLost(t, 1)
	publishEventually(t, bus, "a", "x")
	r.Wait(t, 1)
	if leaves.Lost() != 0 {
		t.Error("lost was called after cancel")
	}
	subscribed := admin(t, server.URL())
	wantSubscribed(t, subscribed, "weav:b", 0)
	r.Cancel()
	wantSubscribed(t, subscribed, "weav:a", 0)
}

// TestSubscribeEndsWithItsContext checks that a cancelled Subscribe does not wait for its confirmation.
func TestSubscribeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	road := newRoad(t, servicetest.RedisServer(t).Addr())
	bus := openAt(t, "redis://"+road.addr(), withProbe(time.Hour)) // Nobody notices the outage.
	livetest.Listen(t, bus, "a")
	defer road.freeze()()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := bus.Subscribe(ctx, "b", func([]byte) {}, func() {})
	if errs.CodeOf(err) != errs.Unavailable || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want UNAVAILABLE that keeps the deadline as its cause", err)
	}
}

// TestBrokenConnection breaks only the receiving connection.
func TestBrokenConnection(t *testing.T) {
	t.Parallel()
	url := servicetest.Redis(t)
	bus := openAt(t, url)
	server := admin(t, url)
	a, b := livetest.Listen(t, bus, "a"), livetest.Listen(t, bus, "b")
	before := connections(t, server)
	for i := range servicetest.Rounds() {
		if err := server.Do(t.Context(), "CLIENT", "KILL", "TYPE", "pubsub").Err(); err != nil {
			t.Fatal(err)
		}
		a.WaitLost(t, i+1)
		b.WaitLost(t, i+1)
		if err := bus.Publish(t.Context(), "a", []byte("x")); err != nil {
			t.Fatal(err)
		}
		a.Wait(t, i+1) // lost comes after the confirmation: nothing more is missed.
	}
	if made := connections(t, server) - before; made != servicetest.Rounds() {
		t.Errorf("%d connections for %d broken ones", made, servicetest.Rounds())
	}
}

// connections is how many connections the server has accepted in its life.
func connections(t *testing.T, server *redis.Client) int {
	t.Helper()
	_, after, _ := strings.Cut(server.Info(t.Context(), "stats").Val(), "total_connections_received:")
	var n int
	if _, err := fmt.Sscanf(after, "%d", &n); err != nil {
		t.Fatalf("INFO stats: %v", err)
	}
	return n
}

// TestChurnUnderFaults breaks the connection while subscriptions come and go. Each one receives
// its own message or a report of loss.
func TestChurnUnderFaults(t *testing.T) {
	t.Parallel()
	url := servicetest.Redis(t)
	bus := openAt(t, url)
	server := admin(t, url)
	var workers sync.WaitGroup
	for w := range 8 {
		workers.Go(func() {
			for i := range 30 * servicetest.Rounds() {
				receivesOrReportsLoss(t, bus, fmt.Sprint("topic", w%3), fmt.Sprint(w, "/", i))
			}
		})
	}
	done := make(chan struct{})
	go func() {
		workers.Wait()
		close(done)
	}()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			for i := range 3 {
				wantSubscribed(t, server, fmt.Sprint("weav:topic", i), 0)
			}
			return
		case <-tick.C:
			_ = server.Do(t.Context(), "CLIENT", "KILL", "TYPE", "pubsub").Err()
		}
	}
}

func receivesOrReportsLoss(t *testing.T, bus *Bus, topic, message string) {
	t.Helper()
	settled := make(chan struct{})
	settle := sync.OnceFunc(func() { close(settled) })
	cancel, err := bus.Subscribe(t.Context(), topic, func(p []byte) {
		if string(p) == message {
			settle()
		}
	}, settle)
	if err != nil {
		t.Errorf("subscribe: %v", err)
		return
	}
	defer cancel()
	if err := bus.Publish(t.Context(), topic, []byte(message)); err != nil {
		t.Errorf("publish: %v", err)
		return
	}
	select {
	case <-settled:
	case <-time.After(10 * time.Second):
		t.Error("a message was neither received nor reported as lost")
	}
}

func failsSoon(t *testing.T, bus *Bus) {
	t.Helper()
	steps := []struct {
		name string
		run  func() error
	}{
		{"publish", func() error { return bus.Publish(t.Context(), "a", []byte("x")) }},
		{"append", func() error { return bus.Append(t.Context(), "run", live.Offset{}, "x") }},
		{"replace", func() error { return bus.Replace(t.Context(), "run", "x") }},
		{"ping", func() error { return bus.Ping(t.Context()) }},
		{"text", func() error { _, _, err := bus.Text(t.Context(), "run"); return err }},
	}
	for _, s := range steps {
		began := time.Now()
		err := s.run()
		if took := time.Since(began); took > soon {
			t.Errorf("%s took %v on a dead server", s.name, took)
		}
		if errs.CodeOf(err) != errs.Unavailable {
			t.Errorf("%s on a dead server: %v, want UNAVAILABLE", s.name, err)
		}
	}
}

// publishEventually publishes as soon as the server takes it: go-redis checks once a second
// whether a server that refused many connections is back.
func publishEventually(t *testing.T, bus *Bus, topic, payload string) {
	t.Helper()
	eventually(t, "publishing", func() bool {
		return bus.Publish(t.Context(), topic, []byte(payload)) == nil
	})
}
