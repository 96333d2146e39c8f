package store_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/weav-ai/weav/ent/folder"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

func TestLockUserKeepsLimitsExact(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		const writers, limit = 16, 4
		user := storetest.User(t, st)
		together(t, writers, func() error {
			return st.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				if err := tx.LockUser(ctx, user); err != nil {
					return err
				}
				n, err := tx.Client().Folder.Query().Where(folder.UserID(user)).Count(ctx)
				if err != nil || n >= limit {
					return err
				}
				return makeFolder(ctx, tx.Client(), user, "counted")
			})
		})
		if n := st.Client().Folder.Query().CountX(t.Context()); n != limit {
			t.Errorf("%d folders, want exactly %d", n, limit)
		}
	})
}

func TestLockUserOfAMissingUserIsNotFound(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		err := st.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.LockUser(ctx, oid.New[oid.User]())
		})
		if errs.CodeOf(err) != errs.NotFound {
			t.Errorf("got %v, want NOT_FOUND", err)
		}
	})
}

// On Postgres a second transaction of a user waits, while inserts that refer to the
// user do not.
func TestLockUserWaitsForTheFirst(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t, store.Postgres)
	st := storetest.At(t, url)
	user, raw := storetest.User(t, st), open(t, url)
	counted := make(chan int, 1)
	err := st.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockUser(ctx, user); err != nil {
			return err
		}
		if err := makeFolder(t.Context(), st.Client(), user, "beside the lock"); err != nil {
			return err
		}
		go countLocked(t, st, user, counted)
		for !isWaiting(t, raw) && len(counted) == 0 {
		}
		return makeFolder(ctx, tx.Client(), user, "under the lock")
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := receive(t, counted, "the second transaction"); n != 2 {
		t.Errorf("the second transaction saw %d folders, want what the first one left, 2", n)
	}
}

// countLocked counts the user's folders in a separate transaction.
func countLocked(t *testing.T, st *store.Store, user oid.User, counted chan<- int) {
	n := -1
	err := st.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		if err := tx.LockUser(ctx, user); err != nil {
			return err
		}
		n, err = tx.Client().Folder.Query().Count(ctx)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	counted <- n
}

// isWaiting reports whether a transaction of the database waits for a lock.
func isWaiting(t *testing.T, db *sql.DB) (waiting bool) {
	t.Helper()
	const query = `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`
	if err := db.QueryRowContext(t.Context(), query).Scan(&waiting); err != nil {
		t.Fatal(err)
	}
	return waiting
}
