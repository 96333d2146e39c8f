package job

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/live/livetest"
	"github.com/weav-ai/weav/internal/live/memlive"
	"github.com/weav-ai/weav/internal/live/redislive"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

const (
	shown = "Half of a "
	whole = "Half of a text, and the rest of it."
)

// watched is a text job under way, whose worker is the test.
type watched struct {
	*Service
	tb   testing.TB
	bus  *livetest.Hooked
	user oid.User
	job  *ent.Job
	// places are cursors: before the job, and behind its start.
	before, started feed.Cursor
}

func newWatched(t *testing.T, dialect string, bus live.Bus) *watched {
	st := storetest.Open(t, dialect)
	hooked := &livetest.Hooked{Bus: bus}
	log := slog.New(slog.DiscardHandler)
	f := feed.New(st, hooked, log)
	st.OnCommit(f.Publish)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	go f.Run(ctx)
	w := &watched{Service: New(Parts{Store: st, Feed: f, Bus: hooked, Log: log}, Config{}), tb: t, bus: hooked, user: storetest.User(t, st)}
	w.tx(func(ctx context.Context, tx *store.Tx) error { return tx.OpenFeed(ctx, w.user) })
	w.before = w.head()
	w.tx(func(ctx context.Context, tx *store.Tx) (err error) {
		w.job, err = tx.Client().Job.Create().SetUserID(w.user).SetKind(entjob.KindText).SetModel("m").SetProvider("p").
			SetArguments(json.RawMessage("{}")).SetStatus(entjob.StatusInProgress).SetRunID(oid.New[oid.Run]()).SetText(shown[:4]).Save(ctx)
		if err == nil {
			recordSaved(tx, w.job)
		}
		return err
	})
	w.started = w.head()
	if err := bus.Append(t.Context(), w.job.RunID.String(), live.Offset{}, shown); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *watched) tx(fn func(ctx context.Context, tx *store.Tx) error) {
	w.tb.Helper()
	if err := w.store.Tx(w.tb.Context(), fn); err != nil {
		w.tb.Fatal(err)
	}
}

func (w *watched) head() feed.Cursor {
	w.tb.Helper()
	at, err := w.feed.Head(w.tb.Context(), w.user)
	if err != nil {
		w.tb.Fatal(err)
	}
	return at
}

// finish ends the job as its worker does: the rest is published, then the end is committed.
func (w *watched) finish() {
	if err := w.bus.Replace(w.tb.Context(), w.job.RunID.String(), whole); err != nil {
		w.tb.Error(err)
	}
	err := w.store.Tx(w.tb.Context(), func(ctx context.Context, tx *store.Tx) error {
		feed.Record(tx, w.user, feed.JobEnded, endFacts(w.job, entjob.StatusCompleted, whole))
		return tx.Client().Job.UpdateOneID(w.job.ID).SetText(whole).SetStatus(entjob.StatusCompleted).SetEndedAt(store.Now()).Exec(ctx)
	})
	if err != nil {
		w.tb.Error(err)
	}
}

// after runs act once behind a query of a kind from now on, but for the skipped ones before.
func after(act func(), skip int) ent.Interceptor {
	var mu sync.Mutex
	return ent.InterceptFunc(func(next ent.Querier) ent.Querier {
		return ent.QuerierFunc(func(ctx context.Context, q ent.Query) (ent.Value, error) {
			v, err := next.Query(ctx, q)
			mu.Lock()
			skip--
			now := skip == -1
			mu.Unlock()
			if now {
				act()
			}
			return v, err
		})
	})
}

// TestNothingFollowsTheEndOfAJob ends a text job between any two steps of a subscription that begins, resumes or resyncs.
// Its one end is the last event, cursors never go back, and who was shown a part is shown the rest before.
func TestNothingFollowsTheEndOfAJob(t *testing.T) {
	t.Parallel()
	moments := map[string]func(w *watched, end func()){
		"before all":                        func(_ *watched, end func()) { end() },
		"behind the first read of the job":  func(w *watched, end func()) { w.store.Client().Job.Intercept(after(end, 0)) },
		"behind the look at the job":        func(w *watched, end func()) { w.store.Client().Job.Intercept(after(end, 1)) },
		"behind the first read of the head": func(w *watched, end func()) { w.store.Client().Feed.Intercept(after(end, 0)) },
		"behind the fence":                  func(w *watched, end func()) { w.store.Client().Feed.Intercept(after(end, 1)) },
		"behind the text's subscription":    func(w *watched, end func()) { w.bus.Subscribed = end },
		"before the text is read":           func(w *watched, end func()) { w.bus.Reading = end },
		"behind the text's read":            func(w *watched, end func()) { w.bus.Read = end },
	}
	begins := map[string]func(w *watched) *feed.Cursor{
		"new":                    func(*watched) *feed.Cursor { return nil },
		"resumed before the job": func(w *watched) *feed.Cursor { return &w.before },
		"resumed in the job":     func(w *watched) *feed.Cursor { return &w.started },
		"resumed behind a snapshot": func(w *watched) *feed.Cursor {
			c := w.started.WithPending(feed.PendingEnd)
			return &c
		},
		"resynced": func(w *watched) *feed.Cursor {
			c := w.before
			c.Epoch = "another"
			return &c
		},
		"resumed behind a resync": func(w *watched) *feed.Cursor {
			c := w.started.WithPending(feed.PendingSnapshot)
			return &c
		},
	}
	buses := map[string]func(t *testing.T) (string, live.Bus){
		"memory": func(*testing.T) (string, live.Bus) { return store.SQLite, memlive.New() },
		"Redis": func(t *testing.T) (string, live.Bus) {
			bus, err := redislive.Open(t.Context(), servicetest.Redis(t), redislive.WithPrefix(t.Name()+":"))
			if err != nil {
				t.Fatal(err)
			}
			return store.Postgres, bus
		},
	}
	for name, open := range buses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dialect, bus := open(t)
			t.Cleanup(func() { _ = bus.Close() })
			for begin, from := range begins {
				for moment, arrange := range moments {
					t.Run(begin+", ended "+moment, func(t *testing.T) {
						w := newWatched(t, dialect, bus)
						end := sync.OnceFunc(w.finish)
						at := from(w)
						arrange(w, end)
						w.wantOneEnd(t, at, end)
					})
				}
			}
		})
	}
}

func (w *watched) wantOneEnd(t *testing.T, from *feed.Cursor, end func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	events, err := w.Watch(ctx, w.user, w.job.ID.String(), from)
	if err != nil {
		t.Fatal(err)
	}
	text, ends, snapshots, at := "", 0, 0, feed.Cursor{}
	for e := range events {
		if e.Cursor.Epoch == at.Epoch && e.Cursor.Seq < at.Seq {
			t.Errorf("the cursor goes back from %d to %d", at.Seq, e.Cursor.Seq)
		}
		if at = e.Cursor; ends > 0 {
			t.Errorf("%+v was told behind the end", e)
		}
		switch {
		case e.Snapshot:
			snapshots++
		case e.Delta != nil:
			text = text[:min(len(text), e.Delta.Offset)] + e.Delta.Text
			end() // Where no hook did; it is done once.
		case e.Feed != nil && e.Feed.Type == feed.JobEnded:
			ends++
			if text != whole && (text != "" || snapshots == 0 && from.Pending == "") {
				t.Errorf("before the end %q was told", text)
			}
		}
	}
	if ends != 1 || ctx.Err() != nil {
		t.Errorf("%d ends, %v", ends, ctx.Err())
	}
}

// TestJobThatGoesEndsItsSubscription removes a job just as somebody comes back to it behind its end.
func TestJobThatGoesEndsItsSubscription(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		bus := memlive.New()
		t.Cleanup(func() { _ = bus.Close() })
		w := newWatched(t, st.Dialect(), bus)
		w.finish()
		ended := w.head()
		w.store.Client().Job.Intercept(after(func() {
			w.tx(func(ctx context.Context, tx *store.Tx) error {
				feed.Record(tx, w.user, feed.JobDeleted, feed.Facts{Job: w.job.ID})
				return tx.Client().Job.DeleteOneID(w.job.ID).Exec(ctx)
			})
		}, 0))
		events, err := w.Watch(t.Context(), w.user, w.job.ID.String(), &ended)
		if err != nil {
			t.Fatal(err)
		}
		var received []feed.Type
		for e := range events {
			received = append(received, e.Feed.Type)
		}
		if len(received) != 1 || received[0] != feed.JobDeleted {
			t.Errorf("told %v, want its deletion alone", received)
		}
	})
}

// TestASubscriberFollowsTheRunThatTookAJobOver requeues a job between the look at it and the catch-up: the subscriber is
// sent the new run's text.
func TestASubscriberFollowsTheRunThatTookAJobOver(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		bus := memlive.New()
		t.Cleanup(func() { _ = bus.Close() })
		w := newWatched(t, st.Dialect(), bus)
		next := oid.New[oid.Run]()
		w.store.Client().Job.Intercept(after(func() {
			w.tx(func(ctx context.Context, tx *store.Tx) error {
				j, err := tx.Client().Job.UpdateOneID(w.job.ID).SetRunID(next).SetText("").Save(ctx)
				if err == nil {
					recordSaved(tx, j)
				}
				return err
			})
			if err := bus.Append(t.Context(), next.String(), live.Offset{}, "again"); err != nil {
				t.Error(err)
			}
		}, 1))
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		events, err := w.Watch(ctx, w.user, w.job.ID.String(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for e := range events {
			if e.Delta != nil {
				if e.Delta.Run != next || e.Delta.Text != "again" {
					t.Errorf("%q of %s came, want the text of %s", e.Delta.Text, e.Delta.Run, next)
				}
				return
			}
		}
		t.Error("no text came")
	})
}

// TestResumeBehindTheLastTextDeliversTheEndAlone resumes with the cursor of the last piece of a text that has ended, so that a client whose
// sockets carry one event each gets to the end.
func TestResumeBehindTheLastTextDeliversTheEndAlone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		bus := memlive.New()
		t.Cleanup(func() { _ = bus.Close() })
		w := newWatched(t, st.Dialect(), bus)
		w.finish()
		for name, after := range map[string]feed.Cursor{"in the job": w.started, "behind a snapshot": w.started.WithPending(feed.PendingEnd)} {
			text := w.all(&after)
			if len(text) != 2 || text[0].Delta == nil || text[0].Delta.Text != whole || text[1].Feed == nil {
				t.Fatalf("resumed %s: %+v, want the whole text and the end", name, text)
			}
			end := w.all(&text[0].Cursor)
			if len(end) != 1 || end[0].Feed == nil || end[0].Feed.Type != feed.JobEnded || end[0].Cursor != text[1].Cursor {
				t.Errorf("resumed %s, then behind the text: %+v, want the end", name, end)
			}
		}
	})
}

// all are the events of a subscription that ends by itself.
func (w *watched) all(after *feed.Cursor) (all []Event) {
	w.tb.Helper()
	ctx, cancel := context.WithTimeout(w.tb.Context(), 30*time.Second)
	defer cancel()
	events, err := w.Watch(ctx, w.user, w.job.ID.String(), after)
	if err != nil {
		w.tb.Fatal(err)
	}
	for e := range events {
		all = append(all, e)
	}
	return all
}
