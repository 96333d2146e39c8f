package servicetest

import (
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/weav-ai/weav/internal/servicetest/localserver"
)

// PostgresURLEnv names the setting that holds the URL of a server to share. Its user must be
// allowed to create databases.
const PostgresURLEnv = "WEAV_TEST_POSTGRES_URL"

// shared is this process's own server, when no other was named.
var shared struct {
	sync.Mutex
	server *localserver.Server
	err    error
}

// Postgres returns the URL of a new, empty database, dropped at the end of the test.
func Postgres(tb testing.TB) string {
	tb.Helper()
	return newDatabase(tb, sharedPostgres(tb), "template1")
}

// PostgresTemplate returns the URL of a new database that migrate has prepared, dropped at the
// end of the test. migrate runs once per server and name, whichever process asks first; the
// databases are copies of what it made, at some 50 ms each. Whatever changes migrate's outcome must
// change name as well, since a server may outlive the code.
func PostgresTemplate(tb testing.TB, name string, migrate func(url string) error) string {
	tb.Helper()
	admin := sharedPostgres(tb)
	template, err := ensureTemplate(admin, name, migrate)
	if err != nil {
		tb.Fatalf("template database %s: %v", name, err)
	}
	return newDatabase(tb, admin, template)
}

// sharedPostgres returns the URL of the server's own database.
func sharedPostgres(tb testing.TB) string {
	tb.Helper()
	wanted(tb)
	if url := os.Getenv(PostgresURLEnv); url != "" {
		return url
	}
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = localserver.Postgres()
	}
	if shared.err != nil {
		failed(tb, shared.err)
	}
	return shared.server.URL()
}

func closeShared() {
	shared.Lock()
	defer shared.Unlock()
	if shared.server != nil {
		// The tests are over; what cannot be removed now, a later run sweeps.
		_ = shared.server.Close()
		shared.server = nil
	}
	shared.err = errors.New("the shared Postgres is closed: a test runs after servicetest.Close")
}
