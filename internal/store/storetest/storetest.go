// Package storetest gives tests a real, migrated and empty store of their own.
package storetest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/test/servicetest"
)

// Dialects are the databases that [Each] runs on; [Open] takes them, and "sqlite3" too.
var Dialects = []string{"sqlite", "postgres"}

// Each runs test on SQLite and on Postgres, as parallel subtests. Under the race detector it omits SQLite,
// whose driver is 10 to 60 times slower there; a test that must run on SQLite anyway calls [Open]. Without
// Postgres that part is skipped, unless REQUIRE_SERVICES=1.
func Each(t *testing.T, test func(t *testing.T, st *store.Store)) {
	t.Helper()
	for _, dialect := range Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			if dialect == "sqlite" && servicetest.Race {
				t.Skip("SQLite is too slow under the race detector")
			}
			test(t, Open(t, dialect))
		})
	}
}

// Open returns a migrated, empty store, closed at the end of the test.
func Open(tb testing.TB, dialect string, opts ...store.Option) *store.Store {
	tb.Helper()
	return At(tb, URL(tb, dialect), opts...)
}

// At opens the store that url names, closed at the end of the test.
func At(tb testing.TB, url string, opts ...store.Option) *store.Store {
	tb.Helper()
	opts = append([]store.Option{store.WithLogger(slog.New(slog.DiscardHandler))}, opts...)
	st, err := store.Open(tb.Context(), url, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := st.Close(); err != nil {
			tb.Error(err)
		}
	})
	return st
}

// URL returns the address of a new, migrated, empty database, for tests that open it more than once or from
// other processes. It is removed after the test.
func URL(tb testing.TB, dialect string) string {
	tb.Helper()
	switch dialect {
	case "sqlite", store.SQLite:
		template, err := sqliteTemplate()
		if err != nil {
			tb.Fatal(err)
		}
		path := filepath.Join(tb.TempDir(), "store.db")
		if err := os.WriteFile(path, template, 0o600); err != nil {
			tb.Fatal(err)
		}
		return "sqlite:" + path
	case store.Postgres:
		return servicetest.PostgresTemplate(tb, "store "+store.SchemaVersion(), migrate)
	}
	tb.Fatalf("storetest: unknown dialect %q", dialect)
	return ""
}

// EmptyURL returns the address of a new database without any schema.
func EmptyURL(tb testing.TB, dialect string) string {
	tb.Helper()
	if dialect == store.Postgres {
		return servicetest.Postgres(tb)
	}
	return "sqlite:" + filepath.Join(tb.TempDir(), "store.db")
}

// User creates a user with a feed.
func User(tb testing.TB, st *store.Store) oid.User {
	tb.Helper()
	user := oid.New[oid.User]()
	err := st.Tx(tb.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Client().User.Create().SetID(user).SetUID(user.String()).Exec(ctx); err != nil {
			return err
		}
		return tx.OpenFeed(ctx, user)
	})
	if err != nil {
		tb.Fatalf("storetest: user: %v", err)
	}
	return user
}

// sqliteTemplate is the content of a migrated file, which the tests of a process copy: migrating takes longer
// than most tests.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "weav-storetest-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // The system's temporary folder.
	path := filepath.Join(dir, "template.db")
	if err := migrate("sqlite:" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(path) // Closing the last connection has moved the WAL into the file.
})

// migrate applies all migrations to a database.
func migrate(url string) (err error) {
	ctx := context.Background()
	st, err := store.Open(ctx, url)
	if err != nil {
		return err
	}
	defer func() {
		if e := st.Close(); e != nil && err == nil {
			err = fmt.Errorf("storetest: template: %w", e)
		}
	}()
	return st.Migrate(ctx)
}
