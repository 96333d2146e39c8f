package store_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/riverqueue/river"

	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

// Writers in transactions and outside, a runner with writes of its own, and a reader share
// one SQLite file; none may ever get "busy".
func TestSQLiteWritersNeverFail(t *testing.T) {
	t.Parallel()
	writers, each := 20, 10
	if servicetest.Race {
		writers, each = 4, 3
	}
	st := storetest.Open(t, "sqlite")
	user := storetest.User(t, st)
	var worked atomic.Int64
	all := make(chan struct{})
	run(t, st, "node", func(ctx context.Context, _ *river.Job[jobArgs]) error {
		err := st.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return makeFolder(ctx, tx.Client(), user, "worked") })
		if err == nil && worked.Add(1) == int64(writers*each) {
			close(all)
		}
		return err
	})
	read := readAlong(t, st, user, int64(writers*each))
	together(t, writers, func() error {
		for range each {
			if err := writeBothWays(t.Context(), st, storetest.User(t, st), user); err != nil {
				return err
			}
		}
		return nil
	})
	read()
	receive(t, all, "all jobs")
	if n := st.Client().Folder.Query().CountX(t.Context()); n != 3*writers*each {
		t.Errorf("%d folders, want %d", n, 3*writers*each)
	}
}

// writeBothWays writes in a transaction, with an event of user and a job, and through the
// store's client: a plain statement, one that returns its row's id, and one that ent wraps in a
// transaction.
func writeBothWays(ctx context.Context, st *store.Store, another, user oid.User) error {
	err := st.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		tx.Record(store.NewEvent(user, "folder.saved", nil))
		tx.Enqueue(job("work"))
		// A transaction that begins by reading is the one that could not write later.
		if _, err := tx.Client().User.Get(ctx, user); err != nil {
			return err
		}
		return makeFolder(ctx, tx.Client(), user, "inside")
	})
	if err != nil {
		return err
	}
	if err := makeFolder(ctx, st.Client(), another, "outside"); err != nil {
		return err
	}
	err = st.Client().IdempotencyKey.Create().SetUserID(another).SetMutation("m").SetKey("k").SetInputHash("").Exec(ctx)
	if err != nil {
		return err
	}
	return st.Client().User.UpdateOneID(another).SetFirstName("Ada").Exec(ctx)
}

func TestReadersDoNotWaitForAWriter(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		user := storetest.User(t, st)
		err := st.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if err := makeFolder(ctx, tx.Client(), user, "unseen"); err != nil {
				return err
			}
			seen := make(chan int, 1)
			go func() { seen <- st.Client().Folder.Query().CountX(t.Context()) }()
			if n := receive(t, seen, "a reader"); n != 0 {
				t.Errorf("a reader saw %d uncommitted rows", n)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestWaitingWriterObeysItsContext(t *testing.T) {
	t.Parallel()
	st := storetest.Open(t, "sqlite")
	user := storetest.User(t, st)
	err := st.Tx(t.Context(), func(context.Context, *store.Tx) error {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 2)
		go func() { ended <- st.Tx(ctx, func(context.Context, *store.Tx) error { return nil }) }()
		go func() { ended <- makeFolder(ctx, st.Client(), user, "never") }()
		cancel()
		for range cap(ended) {
			if err := receive(t, ended, "a writer that was called off"); err == nil {
				t.Error("it wrote beside an open transaction")
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
