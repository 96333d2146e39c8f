package systemtest

import (
	"maps"
	"path/filepath"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/app/apptest"
	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

// patience bounds every wait: long, since machines that test are slow. What must be quick is
// measured where it is promised.
const patience = 90 * time.Second

// house is a running WEAV as its clients and its tables see it.
type house struct {
	urls  []string
	store *store.Store
}

// cluster is a house of real processes: servers that work no jobs, and workers.
type cluster struct {
	house
	t        *testing.T
	settings map[string]string
	redis    *servicetest.Server
	servers  []*process
	workers  []*process
}

// newCluster starts servers and workers over a database of their own and a Redis of their own.
func newCluster(t *testing.T, servers, workers int) *cluster {
	t.Helper()
	return clusterOn(t, storetest.URL(t, store.Postgres), servers, workers)
}

// clusterOn starts a cluster over a migrated database.
func clusterOn(t *testing.T, database string, servers, workers int, changes ...func(settings map[string]string)) *cluster {
	t.Helper()
	c := &cluster{t: t, redis: servicetest.RedisServer(t)}
	c.settings = map[string]string{
		"DATABASE_URL": database, "REDIS_URL": c.redis.URL(), "JWT_SECRET": apptest.Secret,
		"LISTEN_ADDR": "127.0.0.1:0", "SHUTDOWN_TIMEOUT": "3s", "LOG_FORMAT": "text",
		"BLOB_URL": "file:" + filepath.Join(t.TempDir(), "files"), "SANDBOX_JOURNAL": filepath.Join(t.TempDir(), "journal"),
	}
	maps.Copy(c.settings, apptest.WideRates())
	for _, change := range changes {
		change(c.settings)
	}
	for range servers {
		p := start(t, c.settings, serving, "serve", "--workers=false")
		c.servers = append(c.servers, p)
		c.urls = append(c.urls, p.url)
	}
	for range workers {
		c.workers = append(c.workers, c.worker())
	}
	c.store = storetest.At(t, database)
	return c
}

// worker starts one more worker.
func (c *cluster) worker() *process {
	c.t.Helper()
	return start(c.t, c.settings, working, "worker")
}

// inProcess is a house inside the test, with as many endpoints as it has servers.
func inProcess(t *testing.T, s *apptest.System) house {
	t.Helper()
	h := house{store: s.Store(t)}
	for _, p := range s.Servers {
		h.urls = append(h.urls, p.URL)
	}
	return h
}

// everywhere runs a promise of the stream embedded and on real processes. An embedded house has
// one endpoint under two names, so that test need not know.
func everywhere(t *testing.T, test func(t *testing.T, h house)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		if servicetest.Race {
			t.Skip("SQLite is too slow under the race detector")
		}
		h := inProcess(t, apptest.Embedded(t, apptest.Pace(1)))
		h.urls = append(h.urls, h.urls[0])
		test(t, h)
	})
	t.Run("two servers and two workers", func(t *testing.T) {
		t.Parallel()
		test(t, newCluster(t, 2, 2).house)
	})
}

// clients returns one person's clients, one to each server, with one session between them.
func (h house) clients(t *testing.T, email string) []*client.Client {
	t.Helper()
	first := &client.Client{URL: h.urls[0]}
	if _, err := first.SignIn(t.Context(), email); err != nil {
		t.Fatalf("sign in: %v", err)
	}
	clients := []*client.Client{first}
	for _, url := range h.urls[1:] {
		clients = append(clients, &client.Client{URL: url, Token: first.Token})
	}
	return clients
}
