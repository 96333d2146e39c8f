package store_test

import (
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		servicetest.Close()
		os.Exit(code)
	}))
}

func TestOpenRefusesWhatItCannotUse(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"no scheme":         "weav.db",
		"another database":  "mysql://localhost/weav",
		"in memory":         "sqlite::memory:",
		"no path":           "sqlite:",
		"a host for a file": "sqlite://host/weav.db",
		"parameters":        "sqlite:weav.db?_pragma=synchronous(0)",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if st, err := store.Open(t.Context(), url); err == nil {
				t.Errorf("opened %s", st.Dialect())
			}
		})
	}
}

func TestOpenKeepsThePasswordOutOfErrors(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"malformed":    "postgres://weav:hunter2@host:port/weav",
		"bad setting":  "postgres://weav:hunter2@127.0.0.1:1/weav?sslmode=perhaps",
		"bad encoding": "postgres://weav:hunter2%zz@127.0.0.1:1/weav",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := store.Open(t.Context(), url)
			if err == nil || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestOpenMakesAFolderAndAPrivateFile(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/new folder #1/weav%41.db"
	if err := storetest.At(t, "sqlite:"+path).Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	stat, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if stat.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", stat.Mode().Perm())
	}
	if stat.Size() == 0 {
		t.Error("SQLite wrote into another file than the one it was given")
	}
}

func TestDatabaseClock(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		before := store.Now().UnixMilli()
		ms, err := st.DatabaseNowMs(t.Context())
		after := store.Now().UnixMilli()
		// The databases of tests run on this machine; SQLite rounds.
		if err != nil || ms < before-1 || ms > after+1 {
			t.Errorf("got %d (%v), want %d to %d", ms, err, before, after)
		}
	})
}
