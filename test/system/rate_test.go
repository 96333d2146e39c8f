package systemtest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

// TestRatesHoldOverProcessesAndOutages takes a limit of operations from two servers, with Redis and without it.
func TestRatesHoldOverProcessesAndOutages(t *testing.T) {
	t.Parallel()
	const limit = 30
	c := clusterOn(t, storetest.URL(t, store.Postgres), 2, 0, func(settings map[string]string) {
		settings["RATE_OPERATIONS_PER_MINUTE"] = "30"
	})
	people := map[string][]*client.Client{}
	for _, when := range []string{"before", "meanwhile", "afterwards"} {
		people[when] = c.clients(t, uuid.NewString()+"@example.com")
	}
	wantAllowed(t, people["before"], limit, 1)

	c.redis.Kill()
	for i := range c.servers { // The first to find out pays for it with a moment.
		allowed(t, people["meanwhile"][i:i+1], 1)
	}
	wantAllowed(t, people["meanwhile"], limit, len(c.servers))
	for i, p := range c.servers {
		if n := strings.Count(p.output(), "counted by each process on its own"); n != 1 {
			t.Errorf("server %d told of the outage %d times, want once", i, n)
		}
	}

	c.redis.Start()
	deadline := time.After(patience)
	looks := time.NewTicker(200 * time.Millisecond)
	defer looks.Stop()
	for _, p := range c.servers {
		for !strings.Contains(p.output(), "rate limits are shared again") {
			probe := client.Client{URL: p.url} // Somebody has to ask.
			_ = probe.Do(t.Context(), `{ serverInfo { version } }`, nil, nil)
			select {
			case <-looks.C:
			case <-deadline:
				t.Fatal("the limits were never shared again")
			}
		}
	}
	wantAllowed(t, people["afterwards"], limit, 1)
}

// wantAllowed takes more than a limit allows from all servers in turn: it holds for so many counts of it.
func wantAllowed(t *testing.T, clients []*client.Client, limit, counts int) {
	t.Helper()
	began := time.Now()
	got := allowed(t, clients, 3*limit)
	// What drains meanwhile may come on top.
	most := counts * (limit + int(time.Since(began)*time.Duration(limit)/time.Minute) + 1)
	// Signing in was an operation of the address, and finding out of an outage one on each server.
	if least := counts * (limit - 1); got < least || got > most {
		t.Errorf("%d operations were allowed, want %d to %d", got, least, most)
	}
}

// allowed runs operations from all servers in turn and returns how many were allowed; nothing but
// the limit may refuse one.
func allowed(t *testing.T, clients []*client.Client, many int) (n int) {
	t.Helper()
	for i := range many {
		var out struct{}
		err := clients[i%len(clients)].Do(t.Context(), `{ serverInfo { version } }`, nil, &out)
		switch {
		case err == nil:
			n++
		case client.CodeOf(err) != "RATE_LIMITED":
			t.Fatalf("operation %d: %v", i, err)
		}
	}
	return n
}
