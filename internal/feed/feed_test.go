package feed_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/weav-ai/weav/ent/feedevent"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/live/memlive"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a feed over a store, with a bus whose publishes a test may hold back.
type bench struct {
	*testing.T
	store *store.Store
	bus   *memlive.Bus
	feed  *feed.Feed
	user  oid.User

	mu   sync.Mutex
	mute bool
	held [][]store.Event
}

func each(t *testing.T, run func(b *bench)) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		b := &bench{T: t, store: st, bus: memlive.New(), user: oid.New[oid.User]()}
		b.feed = feed.New(st, b.bus, slog.New(slog.DiscardHandler))
		st.OnCommit(func(ctx context.Context, events []store.Event) {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.mute {
				b.held = append(b.held, events)
				return
			}
			b.feed.Publish(ctx, events)
		})
		b.must(st.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Client().User.Create().SetID(b.user).SetUID(b.user.String()).Exec(ctx); err != nil {
				return err
			}
			return tx.OpenFeed(ctx, b.user)
		}))
		run(b)
	})
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// record commits n events.
func (b *bench) record(n int) {
	b.Helper()
	b.must(b.store.Tx(b.Context(), func(_ context.Context, tx *store.Tx) error {
		for range n {
			feed.Record(tx, b.user, feed.ChatSaved, feed.Facts{Chat: oid.New[oid.Chat]()})
		}
		return nil
	}))
}

func (b *bench) open(after *feed.Cursor) *feed.Reader {
	b.Helper()
	r, err := b.feed.Open(b.Context(), b.user, after)
	b.must(err)
	b.Cleanup(r.Close)
	return r
}

// read takes events until there are n.
func (b *bench) read(r *feed.Reader, n int) []int64 {
	b.Helper()
	var seqs []int64
	for len(seqs) < n {
		select {
		case <-r.Wake():
		case <-time.After(10 * time.Second):
			b.Fatalf("only %d of %d events came: %v", len(seqs), n, seqs)
		}
		events, err := r.Take(b.Context())
		b.must(err)
		for _, e := range events {
			seqs = append(seqs, e.Seq)
		}
	}
	return seqs
}

func (b *bench) wantInOrder(seqs []int64, first int64) {
	b.Helper()
	for i, seq := range seqs {
		if seq != first+int64(i) {
			b.Fatalf("events came as %v; want every one from %d on, once, in order", seqs, first)
		}
	}
}

func TestAReaderSeesEveryEventOnceInOrder(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		r := b.open(nil)
		var writers sync.WaitGroup
		for range 8 {
			writers.Go(func() {
				for range 5 {
					b.record(3)
				}
			})
		}
		seqs := b.read(r, 8*5*3)
		writers.Wait()
		b.wantInOrder(seqs, 1)
	})
}

func TestAReaderContinuesAfterItsCursor(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		b.record(3)
		head, err := b.feed.Head(b.Context(), b.user)
		b.must(err)
		b.record(4)
		parsed, err := feed.ParseCursor(b.user, head.String())
		b.must(err)
		b.wantInOrder(b.read(b.open(&parsed), 4), 4)
	})
}

func TestALostPublishIsFoundByComparingHeads(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		r := b.open(nil)
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan struct{})
		go func() { defer close(done); b.feed.Run(ctx) }()
		b.mute = true
		b.record(2)
		b.wantInOrder(b.read(r, 2), 1)
		cancel()
		<-done
	})
}

func TestPublishesOutOfOrderAreFilledFromTheTable(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		r := b.open(nil)
		b.mute = true
		b.record(1)
		b.record(1)
		b.record(1)
		for i := len(b.held) - 1; i >= 0; i-- {
			b.feed.Publish(b.Context(), b.held[i])
		}
		b.wantInOrder(b.read(r, 3), 1)
		b.feed.Publish(b.Context(), b.held[0])
		if events, err := r.Take(b.Context()); err != nil || len(events) > 0 {
			b.Errorf("a repeated publish brought %d events, error %v; want none", len(events), err)
		}
	})
}

func TestASlowReaderLosesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		r := b.open(nil)
		for range 60 {
			b.record(20)
		}
		b.wantInOrder(b.read(r, 1200), 1)
	})
}

func TestACursorThatCannotContinueGivesItsReason(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(b *bench, c *feed.Cursor)
		want  feed.ResyncReason
	}{
		"another epoch": {func(_ *bench, c *feed.Cursor) { c.Epoch = "elsewhere" }, feed.FeedRebuilt},
		"ahead":         {func(_ *bench, c *feed.Cursor) { c.Seq += 10 }, feed.AheadOfFeed},
		"purged": {func(b *bench, c *feed.Cursor) {
			n, err := b.feed.Purge(b.Context(), store.Now().Add(feed.Retention+time.Hour))
			b.must(err)
			if n != 3 {
				b.Errorf("purged %d events; want 3", n)
			}
			c.Seq = 1
		}, feed.Expired},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(b *bench) {
				b.record(3)
				cursor, err := b.feed.Head(b.Context(), b.user)
				b.must(err)
				c.spoil(b, &cursor)
				r, err := b.feed.Open(b.Context(), b.user, &cursor)
				var resync *feed.ResyncError
				if !errors.As(err, &resync) || resync.Reason != c.want {
					b.Fatalf("got %v; want %s", err, c.want)
				}
				defer r.Close()
				b.record(1)
				b.wantInOrder(b.read(r, 1), 4)
			})
		})
	}
}

func TestAReaderOfARestoredFeedGetsFeedRebuilt(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		b.record(2)
		r := b.open(nil)
		b.must(b.store.Tx(b.Context(), func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.Client().FeedEvent.Delete().Where(feedevent.UserID(b.user), feedevent.SeqGT(1)).Exec(ctx); err != nil {
				return err
			}
			return tx.Client().Feed.UpdateOneID(b.user).SetEpoch("restored").SetSeq(1).Exec(ctx)
		}))
		b.record(1)
		var err error
		for err == nil { // The reader's first wake may be older than the restore.
			<-r.Wake()
			_, err = r.Take(b.Context())
		}
		var resync *feed.ResyncError
		if !errors.As(err, &resync) || resync.Reason != feed.FeedRebuilt {
			b.Errorf("got %v; want %s", err, feed.FeedRebuilt)
		}
	})
}

func TestForeignAndMalformedCursorsAreRefused(t *testing.T) {
	t.Parallel()
	me, other := oid.New[oid.User](), oid.New[oid.User]()
	for name, s := range map[string]string{
		"foreign":  feed.Cursor{User: other, Epoch: "e", Seq: 1}.String(),
		"empty":    "",
		"garbage":  "not a cursor",
		"negative": feed.Cursor{User: me, Epoch: "e", Seq: -1}.String(),
		"owed":     feed.Cursor{User: me, Epoch: "e", Seq: 1, Pending: "?"}.String(),
	} {
		if _, err := feed.ParseCursor(me, s); errs.CodeOf(err) != errs.BadCursor {
			t.Errorf("%s: got %v; want %s", name, err, errs.BadCursor)
		}
	}
	own := feed.Cursor{User: me, Epoch: "e", Seq: 7}
	for _, own := range []feed.Cursor{own, own.WithPending(feed.PendingSnapshot), own.WithPending(feed.PendingQuota), own.WithPending(feed.PendingEnd), own.WithPending(feed.PendingTextEnd)} {
		if got, err := feed.ParseCursor(me, own.String()); err != nil || got != own {
			t.Errorf("an own cursor came back as %+v, %v", got, err)
		}
	}
}

func TestABrokenBusDelaysNoCommit(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		b.must(b.bus.Close())
		b.record(1)
		if n := b.feed.FailedPublishes(); n != 1 {
			b.Errorf("%d failed publishes were counted; want 1", n)
		}
	})
}

func TestAPublishCarriesTheEventsAsCommitted(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		got := make(chan []store.Event, 1)
		cancel, err := b.bus.Subscribe(b.Context(), live.FeedTopic(b.user.String()), func(p []byte) {
			var events []store.Event
			if err := json.Unmarshal(p, &events); err != nil {
				b.Error(err)
			}
			got <- events
		}, func() {})
		b.must(err)
		defer cancel()
		b.record(2)
		events := <-got
		if len(events) != 2 || events[0].Seq != 1 || events[1].Seq != 2 || events[0].User != b.user {
			b.Errorf("published %+v", events)
		}
	})
}

// farBus is a bus that a test puts out of reach.
type farBus struct {
	live.Bus
	far atomic.Bool
}

// Reachable implements live.Bus.
func (b *farBus) Reachable() bool { return !b.far.Load() }

// Publish implements live.Bus.
func (b *farBus) Publish(ctx context.Context, topic string, payload []byte) error {
	if b.far.Load() {
		return errors.New("out of reach")
	}
	return b.Bus.Publish(ctx, topic, payload)
}

// TestEventsComeFromTheTableInAnOutage has one process without its bus, and another that is not affected.
func TestEventsComeFromTheTableInAnOutage(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		bus := &farBus{Bus: b.bus}
		here, there := feed.New(b.store, bus, slog.New(slog.DiscardHandler)), b.feed
		b.feed = here // The bench publishes by it.
		ctx, cancel := context.WithCancel(b.Context())
		var runs sync.WaitGroup
		runs.Go(func() { here.Run(ctx) })
		defer runs.Wait()
		defer cancel()
		near := b.open(nil)
		b.feed = there
		far := b.open(nil) // there does not run: it sees only what is published.
		b.feed = here

		bus.far.Store(true)
		b.record(2)
		b.record(1)
		b.wantInOrder(b.read(near, 3), 1)
		bus.far.Store(false)
		b.wantInOrder(b.read(far, 3), 1)
		b.record(1)
		b.wantInOrder(b.read(near, 1), 4)
		b.wantInOrder(b.read(far, 1), 4)
	})
}
