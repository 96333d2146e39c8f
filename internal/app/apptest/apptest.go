// Package apptest gives a whole WEAV to a test, in the test's own process: embedded on SQLite
// and the in-process bus, or servers and workers that share a Postgres and a Redis.
package apptest

import (
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/app"
	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

// Secret signs the access tokens of every app a test opens.
const Secret = "a secret that only tests use, 32 bytes and more"

// Option changes a setting of all processes of a System.
type Option func(*app.Config)

// Pace multiplies the waits of the sandbox's model; 0, the default here, is without waits.
func Pace(factor float64) Option { return func(c *app.Config) { c.SandboxPace = factor } }

// StopWait is how long stopReply waits for a worker before it takes the run over.
func StopWait(d time.Duration) Option { return func(c *app.Config) { c.StopWait = d } }

// Lease is how long a run may go without a sign of life.
func Lease(d time.Duration) Option { return func(c *app.Config) { c.Lease = d } }

// AccessTTL is how long access tokens are good; tokens count in whole seconds.
func AccessTTL(d time.Duration) Option { return func(c *app.Config) { c.AccessTTL = d } }

// MaxOutputTokens caps every reply.
func MaxOutputTokens(n int) Option { return func(c *app.Config) { c.MaxOutputTokens = n } }

// WideRates are the variables that let people do things as often as settings allow at all: one person of
// a test does in seconds what people do in hours. All apps here have them.
func WideRates() map[string]string {
	wide := map[string]string{}
	for _, name := range []string{
		"OPERATIONS_PER_MINUTE", "COST_PER_MINUTE", "ANONYMOUS_COST_PER_MINUTE", "SIGN_INS_PER_MINUTE", "SIGN_INS_PER_HOUR",
		"PAID_PER_MINUTE", "PAID_PER_HOUR", "SUBSCRIPTIONS_PER_MINUTE", "FORGED_NOTICES_PER_MINUTE",
	} {
		wide["RATE_"+name] = "1000000"
	}
	wide["MAX_CONNECTIONS_PER_ADDRESS"] = "0"
	return wide
}

// System is a running WEAV: one process, or several that share their parts.
type System struct {
	// DatabaseURL names the database, for what a test looks up or breaks in it.
	DatabaseURL string
	// Redis is the bus between the processes; nil when embedded.
	Redis *servicetest.Server
	// Servers answer requests; there is at least one.
	Servers []*Process
	// Workers only work jobs; none when embedded.
	Workers []*Process
}

// Embedded runs the embedded mode: one process, nothing installed.
func Embedded(tb testing.TB, opts ...Option) *System {
	tb.Helper()
	s := &System{DatabaseURL: storetest.URL(tb, store.SQLite)}
	cfg := s.config(tb, opts)
	s.Servers = []*Process{start(tb, cfg, app.Part{Serves: true, Works: true})}
	return s
}

// Distributed runs servers that work no jobs and workers that serve nothing, over a Postgres
// database and a Redis of their own. Without these services the test is skipped, or fails when they are required.
func Distributed(tb testing.TB, servers, workers int, opts ...Option) *System {
	tb.Helper()
	s := &System{DatabaseURL: storetest.URL(tb, store.Postgres), Redis: servicetest.RedisServer(tb)}
	cfg := s.config(tb, opts)
	for i := range servers {
		cfg.NodeID = "server " + strconv.Itoa(i)
		s.Servers = append(s.Servers, start(tb, cfg, app.Part{Serves: true}))
	}
	for i := range workers {
		cfg.NodeID = "worker " + strconv.Itoa(i)
		s.Workers = append(s.Workers, start(tb, cfg, app.Part{Works: true}))
	}
	return s
}

// Each runs test on both kinds of parts, as parallel subtests: embedded, and with two servers and
// two workers. Under the race detector it leaves SQLite out, whose driver is 10 to 60 times
// slower there.
func Each(t *testing.T, test func(t *testing.T, s *System), opts ...Option) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		if servicetest.Race {
			t.Skip("SQLite is too slow under the race detector")
		}
		test(t, Embedded(t, opts...))
	})
	t.Run("distributed", func(t *testing.T) {
		t.Parallel()
		test(t, Distributed(t, 2, 2, opts...))
	})
}

// Clients returns one person's clients, one to each server, with one session between them.
func (s *System) Clients(tb testing.TB, email string) []*client.Client {
	tb.Helper()
	clients := make([]*client.Client, len(s.Servers))
	for i, p := range s.Servers {
		clients[i] = &client.Client{URL: p.URL}
	}
	if _, err := clients[0].SignIn(tb.Context(), email); err != nil {
		tb.Fatalf("sign in: %v", err)
	}
	for _, c := range clients {
		c.Token = clients[0].Token
	}
	return clients
}

// Store opens the system's database beside it, for what a test looks up or breaks there.
func (s *System) Store(tb testing.TB) *store.Store {
	tb.Helper()
	return storetest.At(tb, s.DatabaseURL)
}

// config reads the settings as a process would, from variables.
func (s *System) config(tb testing.TB, opts []Option) app.Config {
	tb.Helper()
	// A connection that was opened and never used keeps a server waiting for 5 s as it stops.
	vars := map[string]string{
		"DATA_DIR": tb.TempDir(), "LISTEN_ADDR": "127.0.0.1:0", "DATABASE_URL": s.DatabaseURL,
		"JWT_SECRET": Secret, "SANDBOX_PACE": "0", "SHUTDOWN_TIMEOUT": "10s", "AUTO_MIGRATE": "false",
	}
	maps.Copy(vars, WideRates())
	if s.Redis != nil {
		vars["REDIS_URL"] = s.Redis.URL()
	}
	vars["BLOB_URL"] = "file:" + filepath.Join(vars["DATA_DIR"], "files")
	cfg, err := app.Load(func(name string) string { return vars[name] })
	if err != nil {
		tb.Fatal(fmt.Errorf("apptest: %w", err))
	}
	cfg.LogLevel = slog.LevelInfo
	for _, opt := range opts {
		opt(&cfg)
	}
	return cfg
}
