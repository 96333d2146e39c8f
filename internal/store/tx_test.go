package store_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/feedevent"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

var errGivenUp = errors.New("given up")

func TestTxCommitsAllTogether(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		user := storetest.User(t, st)
		var reported []string
		st.OnCommit(func(_ context.Context, events []store.Event) {
			for _, e := range events {
				reported = append(reported, e.Type)
			}
		})
		err := st.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			tx.AfterCommit(func(context.Context) { reported = append(reported, "first") })
			tx.AfterCommit(func(context.Context) { reported = append(reported, "second") })
			tx.Record(store.NewEvent(user, "folder.saved", nil))
			tx.Enqueue(job("later"))
			return makeFolder(ctx, tx.Client(), user, "work")
		})
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{"folder.saved", "first", "second"}; !slices.Equal(reported, want) {
			t.Errorf("reported %v, want %v", reported, want)
		}
		check(t, st, user, left{folders: 1, events: 1, seq: 1, jobs: 1})
	})
}

func TestTxThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	endings := map[string]func(context.Context, *store.Tx) error{
		"an error":             func(context.Context, *store.Tx) error { return errGivenUp },
		"a panic":              func(context.Context, *store.Tx) error { panic(errGivenUp) },
		"the goroutine's end":  func(context.Context, *store.Tx) error { runtime.Goexit(); return nil },
		"an unmarshalable job": func(_ context.Context, tx *store.Tx) error { tx.Enqueue(store.Job{Args: func() {}}); return nil },
		"an event of no feed": func(_ context.Context, tx *store.Tx) error {
			tx.Record(store.NewEvent(oid.New[oid.User](), "x", nil))
			return nil
		},
		"an unmarshalable event": func(_ context.Context, tx *store.Tx) error {
			tx.Record(store.NewEvent(oid.New[oid.User](), "x", func() {}))
			return nil
		},
		"a client that has gone": func(ctx context.Context, tx *store.Tx) error {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return tx.Client().Folder.Create().SetUserID(oid.New[oid.User]()).SetName("late").Exec(ctx)
		},
	}
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		user := storetest.User(t, st)
		var reported int
		st.OnCommit(func(context.Context, []store.Event) { reported++ })
		for name, end := range endings {
			ended := make(chan error, 1)
			go func() {
				err := errGivenUp
				defer func() { _ = recover(); ended <- err }()
				err = st.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					tx.AfterCommit(func(context.Context) { t.Errorf("%s: AfterCommit ran", name) })
					tx.Record(store.NewEvent(user, "folder.saved", nil))
					tx.Enqueue(job("never"))
					if err := makeFolder(ctx, tx.Client(), user, name); err != nil {
						return err
					}
					return end(ctx, tx)
				})
			}()
			if <-ended == nil {
				t.Errorf("%s: committed", name)
			}
		}
		check(t, st, user, left{})
		// Whatever ended them, the way is free for the next, and no number was lost.
		record(t, st, user, "folder.saved")
		if reported != 1 {
			t.Errorf("reported %d commits, want the last one only", reported)
		}
		check(t, st, user, left{events: 1, seq: 1})
	})
}

func TestTxDoesNotNest(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		err := st.Tx(t.Context(), func(ctx context.Context, _ *store.Tx) error {
			return st.Tx(ctx, func(context.Context, *store.Tx) error { return nil })
		})
		if err == nil {
			t.Error("a transaction began inside another")
		}
	})
}

func TestOutsideWriteInsideTxIsRefusedOnSQLite(t *testing.T) {
	t.Parallel()
	st := storetest.Open(t, "sqlite")
	user := storetest.User(t, st)
	writes := map[string]func(context.Context) error{
		"a statement": func(ctx context.Context) error { return makeFolder(ctx, st.Client(), user, "outside") },
		"a statement that returns rows": func(ctx context.Context) error {
			return st.Client().FeedEvent.Create().SetUserID(user).SetSeq(1).SetType("x").SetPayload("").Exec(ctx)
		},
		"a transaction of ent's": func(ctx context.Context) error {
			return st.Client().User.UpdateOneID(user).SetFirstName("Ada").Exec(ctx)
		},
		"raw SQL": func(ctx context.Context) error {
			_, err := st.Client().ExecContext(ctx, "UPDATE users SET last_name = 'L'")
			return err
		},
	}
	err := st.Tx(t.Context(), func(ctx context.Context, _ *store.Tx) error {
		if n, err := st.Client().Folder.Query().Count(ctx); n != 0 || err != nil {
			t.Errorf("a read outside: %d (%v)", n, err)
		}
		for name, write := range writes {
			if err := write(ctx); err == nil || !strings.Contains(err.Error(), "inside a transaction") {
				t.Errorf("%s: got %v", name, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range writes {
		if err := write(t.Context()); err != nil {
			t.Errorf("%s, afterwards: %v", name, err)
		}
	}
}

func TestTxKeepsTheCallersErrors(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		user := storetest.User(t, st)
		err := st.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.Client().User.Create().SetID(user).SetUID("other").Exec(ctx)
		})
		if !store.IsUniqueViolation(err) || !ent.IsConstraintError(err) {
			t.Errorf("same id: got %v, want a unique violation", err)
		}
		err = st.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.Client().User.Create().SetUID(user.String()).Exec(ctx)
		})
		if !store.IsUniqueViolation(err) {
			t.Errorf("same uid: got %v, want a unique violation", err)
		}
		err = st.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return makeFolder(ctx, tx.Client(), oid.New[oid.User](), "orphan")
		})
		if err == nil || store.IsUniqueViolation(err) {
			t.Errorf("unknown person: got %v, want a foreign key's error", err)
		}
	})
}

// left is what transactions left behind.
type left struct {
	folders, events, jobs int
	seq                   int64
}

func check(t *testing.T, st *store.Store, user oid.User, want left) {
	t.Helper()
	depths, err := st.QueueDepths(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := left{
		folders: st.Client().Folder.Query().CountX(t.Context()),
		events:  st.Client().FeedEvent.Query().Where(feedevent.UserID(user)).CountX(t.Context()),
		seq:     st.Client().Feed.GetX(t.Context(), user).Seq,
		jobs:    int(depths[testQueue]),
	}
	if got != want {
		t.Errorf("left %+v, want %+v", got, want)
	}
}

func makeFolder(ctx context.Context, c *ent.Client, user oid.User, name string) error {
	return c.Folder.Create().SetUserID(user).SetName(name).Exec(ctx)
}

func record(t *testing.T, st *store.Store, user oid.User, types ...string) {
	t.Helper()
	err := st.Tx(t.Context(), func(_ context.Context, tx *store.Tx) error {
		for _, typ := range types {
			tx.Record(store.NewEvent(user, typ, nil))
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// together runs do n times at once and reports each error.
func together(t *testing.T, n int, do func() error) {
	t.Helper()
	start, done := make(chan struct{}), make(chan error, n)
	for range n {
		go func() { <-start; done <- do() }()
	}
	close(start)
	for range n {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
