package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

// faulty opens a migrated store on a server of its own, which the test may kill.
func faulty(t *testing.T, opts ...store.Option) (*store.Store, *servicetest.Server) {
	t.Helper()
	server := servicetest.PostgresServer(t)
	st := storetest.At(t, server.URL(), opts...)
	if err := st.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return st, server
}

func isRetryable(err error) bool {
	e, ok := errors.AsType[*errs.Error](err)
	return ok && e.Code == errs.Unavailable && e.Retryable
}

func TestTxWaitsForARestart(t *testing.T) {
	t.Parallel()
	st, server := faulty(t, store.WithRetryTime(deadline))
	user := storetest.User(t, st)
	for range servicetest.Rounds() {
		server.Kill()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			record(t, st, user, "waited")
		}()
		server.Start()
		receive(t, ended, "the transaction")
	}
	check(t, st, user, left{events: servicetest.Rounds(), seq: int64(servicetest.Rounds())})
}

func TestTxIsUnavailableWhileTheServerIsGone(t *testing.T) {
	t.Parallel()
	st, server := faulty(t, store.WithRetryTime(100*time.Millisecond))
	user := storetest.User(t, st)
	faults := map[string]func(context.Context, *store.Tx) error{
		"at the commit":    func(context.Context, *store.Tx) error { server.Kill(); return nil },
		"at a statement":   func(ctx context.Context, tx *store.Tx) error { server.Kill(); return tx.LockUser(ctx, user) },
		"at the last ones": func(_ context.Context, tx *store.Tx) error { server.Kill(); tx.Enqueue(job("lost")); return nil },
	}
	for name, fault := range faults {
		err := st.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if err := makeFolder(ctx, tx.Client(), user, name); err != nil {
				return err
			}
			return fault(ctx, tx)
		})
		if !isRetryable(err) {
			t.Fatalf("%s: got %v, want UNAVAILABLE, retryable", name, err)
		}
		if reported := strings.Contains(err.Error(), "not known"); reported != (name == "at the commit") {
			t.Errorf("%s: got %v; only a commit's outcome is not known", name, err)
		}
		if err := st.Tx(t.Context(), func(context.Context, *store.Tx) error { return nil }); !isRetryable(err) {
			t.Errorf("%s, begin: got %v, want UNAVAILABLE, retryable", name, err)
		}
		if err := st.Ping(t.Context()); !isRetryable(err) {
			t.Errorf("%s, ping: got %v, want UNAVAILABLE, retryable", name, err)
		}
		if _, err := st.Client().User.Query().Count(t.Context()); !isRetryable(err) {
			t.Errorf("%s, read: got %v, want UNAVAILABLE, retryable", name, err)
		}
		server.Start()
	}
	check(t, st, user, left{})
}

func TestStatementsEndInTime(t *testing.T) {
	t.Parallel()
	st := storetest.Open(t, store.Postgres, store.WithStatementTimeout(50*time.Millisecond))
	err := st.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Client().ExecContext(ctx, "SELECT pg_sleep(60)")
		return err
	})
	if !isRetryable(err) {
		t.Errorf("got %v, want UNAVAILABLE, retryable", err)
	}
}

func TestLockedFileIsRetryable(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t, "sqlite")
	other := open(t, url)
	conn, err := other.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	st := storetest.At(t, url, store.WithLockWait(20*time.Millisecond))
	if err := st.Tx(t.Context(), func(context.Context, *store.Tx) error { return nil }); !isRetryable(err) {
		t.Errorf("got %v, want UNAVAILABLE, retryable", err)
	}
	if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	storetest.User(t, st)
}

func TestDeadlockIsRetryable(t *testing.T) {
	t.Parallel()
	st := storetest.Open(t, store.Postgres)
	ada, bob := storetest.User(t, st), storetest.User(t, st)
	firstHas, secondHas := make(chan struct{}), make(chan struct{})
	results := make(chan error, 2)
	cross := func(mine, theirs func(context.Context, *store.Tx) error, have, wait chan struct{}) {
		results <- st.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if err := mine(ctx, tx); err != nil {
				return err
			}
			close(have)
			<-wait
			return theirs(ctx, tx)
		})
	}
	lockAda := func(ctx context.Context, tx *store.Tx) error { return tx.LockUser(ctx, ada) }
	lockBob := func(ctx context.Context, tx *store.Tx) error { return tx.LockUser(ctx, bob) }
	go cross(lockAda, lockBob, firstHas, secondHas)
	go cross(lockBob, lockAda, secondHas, firstHas)
	failed := 0
	for range cap(results) {
		if err := receive(t, results, "a transaction"); err != nil {
			failed++
			if !isRetryable(err) {
				t.Errorf("got %v, want UNAVAILABLE, retryable", err)
			}
		}
	}
	if failed != 1 {
		t.Errorf("%d transactions failed, want the one Postgres chose", failed)
	}
}
