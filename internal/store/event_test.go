package store_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/feedevent"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

func TestEventsAreNumberedPerUser(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		ada, bob := storetest.User(t, st), storetest.User(t, st)
		record(t, st, ada, "before")
		var reported []store.Event
		st.OnCommit(func(_ context.Context, events []store.Event) { reported = events })
		started := store.Now()
		err := st.Tx(t.Context(), func(_ context.Context, tx *store.Tx) error {
			tx.Record(store.NewEvent(bob, "b1", nil), store.NewEvent(ada, "a1", map[string]int{"n": 1}))
			tx.Record(store.NewEvent(bob, "b2", nil))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []struct {
			user oid.User
			typ  string
			seq  int64
		}{{ada, "a1", 2}, {bob, "b1", 1}, {bob, "b2", 2}} {
			got := reported[i]
			if got.User != want.user || got.Type != want.typ || got.Seq != want.seq {
				t.Errorf("event %d: got %s %d, want %s %d", i, got.Type, got.Seq, want.typ, want.seq)
			}
			checkStored(t, st, got)
			if got.At.Before(started) || got.At.Location() != time.UTC {
				t.Errorf("event %d: at %v", i, got.At)
			}
		}
	})
}

// checkStored compares an event that was handed on with its row.
func checkStored(t *testing.T, st *store.Store, e store.Event) {
	t.Helper()
	row, err := st.Client().FeedEvent.Query().
		Where(feedevent.UserID(e.User), feedevent.Seq(e.Seq)).Only(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	head := st.Client().Feed.GetX(t.Context(), e.User)
	if row.Type != e.Type || row.Payload != string(e.Payload) || !row.CreatedAt.Equal(e.At) || head.Epoch != e.Epoch {
		t.Errorf("row %v of feed %v is not event %+v", row, head, e)
	}
}

func TestOpenFeedKeepsTheFirstEpoch(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		ada, bob := storetest.User(t, st), storetest.User(t, st)
		first := st.Client().Feed.GetX(t.Context(), ada).Epoch
		err := st.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.OpenFeed(ctx, ada) })
		if err != nil {
			t.Fatal(err)
		}
		if again := st.Client().Feed.GetX(t.Context(), ada).Epoch; again != first {
			t.Errorf("epoch went from %s to %s", first, again)
		}
		if st.Client().Feed.GetX(t.Context(), bob).Epoch == first {
			t.Error("two feeds have one epoch")
		}
	})
}

// The order of the numbers must be the order in which readers can see the rows: a reader that has
// read up to a number must never find a smaller one later.
func TestFeedOrderIsCommitOrder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		const writers, each = 16, 8
		user := storetest.User(t, st)
		read := readAlong(t, st, user, writers*each)
		together(t, writers, func() error {
			for range each {
				err := st.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					tx.Record(store.NewEvent(user, "folder.saved", nil))
					return makeFolder(ctx, tx.Client(), user, "one of many")
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		read()
	})
}

// readAlong reads the feed while it is written, as subscriptions do, and fails the test when
// a number is missing between two reads. The returned function waits for the last one.
func readAlong(t *testing.T, st *store.Store, user oid.User, total int64) (wait func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for last := int64(0); last < total && t.Context().Err() == nil; {
			rows, err := st.Client().FeedEvent.Query().Where(feedevent.UserID(user), feedevent.SeqGT(last)).
				Order(ent.Asc(feedevent.FieldSeq)).All(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			for _, row := range rows {
				if row.Seq != last+1 {
					t.Errorf("saw %d after %d", row.Seq, last)
					return
				}
				last = row.Seq
			}
		}
	}()
	return func() { <-done }
}

func TestPublishedEventsAreThereToRead(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		user := storetest.User(t, st)
		var mu sync.Mutex
		seen := map[int64]bool{}
		st.OnCommit(func(ctx context.Context, events []store.Event) {
			mu.Lock()
			defer mu.Unlock()
			for _, e := range events {
				seen[e.Seq] = true
				if ok, err := st.Client().FeedEvent.Query().Where(feedevent.Seq(e.Seq)).Exist(ctx); !ok || err != nil {
					t.Errorf("event %d was published before its commit (%v)", e.Seq, err)
				}
			}
		})
		together(t, 8, func() error { record(t, st, user, "x", "y"); return nil })
		if len(seen) != 16 {
			t.Errorf("%d events were published, want 16", len(seen))
		}
	})
}

func TestOnCommitOutlivesTheCaller(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		user := storetest.User(t, st)
		ctx, cancel := context.WithCancel(t.Context())
		var published error
		st.OnCommit(func(ctx context.Context, _ []store.Event) {
			cancel()
			published = ctx.Err()
		})
		err := st.Tx(ctx, func(_ context.Context, tx *store.Tx) error {
			tx.Record(store.NewEvent(user, "x", nil))
			return nil
		})
		if err != nil || published != nil {
			t.Errorf("got %v, publishing %v; want neither to fail", err, published)
		}
	})
}

func TestEventsTravelAsJSON(t *testing.T) {
	t.Parallel()
	sent := store.Event{User: oid.New[oid.User](), Epoch: "e", Seq: 7, Type: "x", Payload: json.RawMessage(`{"a":1}`), At: store.Now()}
	raw, err := json.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	var got store.Event
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if got.User != sent.User || got.Seq != 7 || !got.At.Equal(sent.At) || string(got.Payload) != `{"a":1}` {
		t.Errorf("got %+v, want %+v", got, sent)
	}
}
