package chat

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent"
	entchat "github.com/weav-ai/weav/ent/chat"
	"github.com/weav-ai/weav/ent/message"
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
	firstHalf = "Half of a "
	whole     = "Half of a reply, and the rest of it."
)

// watched is a chat with a reply under way, whose worker is the test.
type watched struct {
	fixture
	bus   *livetest.Hooked
	chat  *ent.Chat
	reply *ent.Message
	run   oid.Run
	// places are cursors: before the reply, and behind its start.
	before, started feed.Cursor
}

// eachBus runs a test on both kinds of parts.
func eachBus(t *testing.T, test func(t *testing.T, dialect string, bus live.Bus)) {
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		bus := memlive.New()
		t.Cleanup(func() { _ = bus.Close() })
		test(t, store.SQLite, bus)
	})
	t.Run("Redis", func(t *testing.T) {
		t.Parallel()
		bus, err := redislive.Open(t.Context(), servicetest.Redis(t), redislive.WithPrefix(t.Name()+":"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = bus.Close() })
		test(t, store.Postgres, bus)
	})
}

func newWatched(t *testing.T, st *store.Store, bus live.Bus) *watched {
	hooked := &livetest.Hooked{Bus: bus}
	log := slog.New(slog.DiscardHandler)
	f := feed.New(st, hooked, log)
	st.OnCommit(f.Publish)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	go f.Run(ctx)
	w := &watched{bus: hooked}
	w.fixture = fixture{Service: New(Parts{Store: st, Feed: f, Bus: hooked, Log: log}, Config{}), tb: t, user: storetest.User(t, st)}
	w.tx(func(ctx context.Context, tx *store.Tx) (err error) {
		if err := tx.OpenFeed(ctx, w.user); err != nil {
			return err
		}
		w.chat, err = tx.Client().Chat.Create().SetUserID(w.user).SetModel("m").Save(ctx)
		return err
	})
	w.mark("Before")
	w.before = w.head()
	w.begin()
	w.started = w.head()
	return w
}

func (w *watched) head() feed.Cursor {
	w.tb.Helper()
	at, err := w.feed.Head(w.tb.Context(), w.user)
	if err != nil {
		w.tb.Fatal(err)
	}
	return at
}

// mark records an event of the chat that has nothing to do with the reply.
func (w *watched) mark(title string) {
	w.tb.Helper()
	w.tx(func(ctx context.Context, tx *store.Tx) error {
		feed.Record(tx, w.user, feed.ChatSaved, feed.Facts{Chat: w.chat.ID})
		return tx.Client().Chat.Update().Where(entchat.ID(w.chat.ID)).SetTitle(title).Exec(ctx)
	})
}

// begin has a run show the first half of a reply.
func (w *watched) begin() {
	w.tb.Helper()
	w.run = oid.New[oid.Run]()
	w.tx(func(ctx context.Context, tx *store.Tx) (err error) {
		w.reply, err = tx.Client().Message.Create().SetUserID(w.user).SetChatID(w.chat.ID).SetRole(message.RoleAssistant).
			SetStatus(message.StatusStreaming).SetRunID(w.run).SetText(firstHalf[:4]).Save(ctx)
		facts := feed.Facts{Chat: w.chat.ID, Message: w.reply.ID, Run: w.run}
		feed.Record(tx, w.user, feed.MessageAdded, facts)
		feed.Record(tx, w.user, feed.ReplyStarted, facts)
		return err
	})
	if err := w.bus.Append(w.tb.Context(), w.run.String(), live.Offset{}, firstHalf); err != nil {
		w.tb.Fatal(err)
	}
}

// end ends the reply as its worker does: the rest is published, then the end is committed.
func (w *watched) end() {
	if err := w.bus.Replace(w.tb.Context(), w.run.String(), whole); err != nil {
		w.tb.Error(err)
	}
	err := w.store.Tx(w.tb.Context(), func(ctx context.Context, tx *store.Tx) error {
		feed.Record(tx, w.user, feed.ReplyEnded, feed.Facts{
			Chat: w.chat.ID, Message: w.reply.ID, Run: w.run, Status: "COMPLETED", Length: len(whole),
		})
		return tx.Client().Message.Update().Where(mine(w.reply.ID, w.run)).SetText(whole).SetStatus(message.StatusCompleted).Exec(ctx)
	})
	if err != nil {
		w.tb.Error(err)
	}
}

// after runs act once behind the first query of a kind from now on, but for the skipped ones before.
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

// TestNothingFollowsTheEndOfAReply ends a reply between any two steps of a subscription that begins, resumes or
// resyncs. All of its text comes before its one end, nothing of it behind, and cursors never go back.
func TestNothingFollowsTheEndOfAReply(t *testing.T) {
	t.Parallel()
	moments := map[string]func(w *watched, end func()){
		"before all":                        func(_ *watched, end func()) { end() },
		"behind the look at what runs":      func(w *watched, end func()) { w.store.Client().Message.Intercept(after(end, 0)) },
		"behind the first read of the head": func(w *watched, end func()) { w.store.Client().Feed.Intercept(after(end, 0)) },
		"behind the fence":                  func(w *watched, end func()) { w.store.Client().Feed.Intercept(after(end, 1)) },
		"behind the text's subscription":    func(w *watched, end func()) { w.bus.Subscribed = end },
		"before the text is read":           func(w *watched, end func()) { w.bus.Reading = end },
		"behind the text's read":            func(w *watched, end func()) { w.bus.Read = end },
	}
	begins := map[string]func(w *watched) *feed.Cursor{
		"new":                      func(*watched) *feed.Cursor { return nil },
		"resumed before the reply": func(w *watched) *feed.Cursor { return &w.before },
		"resumed in the reply":     func(w *watched) *feed.Cursor { return &w.started },
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
	eachBus(t, func(t *testing.T, dialect string, bus live.Bus) {
		for begin, from := range begins {
			for moment, arrange := range moments {
				t.Run(begin+", ended "+moment, func(t *testing.T) {
					w := newWatched(t, storetest.Open(t, dialect), bus)
					end := sync.OnceFunc(w.end)
					arrange(w, end)
					w.wantNothingBehindTheEnd(t, from(w), end, moment == "before all")
				})
			}
		}
	})
}

func (w *watched) wantNothingBehindTheEnd(t *testing.T, from *feed.Cursor, end func(), endedBefore bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	events, err := w.Watch(ctx, w.user, w.chat.ID.String(), from)
	if err != nil {
		t.Fatal(err)
	}
	late := sync.OnceFunc(w.late)
	text, ends, at := "", 0, feed.Cursor{}
	for e := range events {
		if e.Cursor.Epoch == at.Epoch && e.Cursor.Seq < at.Seq {
			t.Errorf("the cursor goes back from %d to %d", at.Seq, e.Cursor.Seq)
		}
		at = e.Cursor
		switch {
		case e.Delta != nil && ends > 0:
			t.Errorf("%q at %d was told behind the end", e.Delta.Text, e.Delta.Offset)
		case e.Delta != nil:
			text = text[:min(len(text), e.Delta.Offset)] + e.Delta.Text
			end() // Where no hook did; it is done once.
		case e.Feed != nil && e.Feed.Type == feed.ReplyEnded:
			ends++
			if text != whole {
				t.Errorf("before the end %q was told", text)
			}
		}
		if ends > 0 || endedBefore && e.Snapshot {
			late()
		}
		if e.Feed != nil && e.Feed.Type == feed.ChatSaved {
			break
		}
	}
	if ctx.Err() != nil {
		t.Error("the chat's event behind the end did not come")
	}
	if seen := endedBefore && ends == 0; ends != 1 && !seen {
		t.Errorf("%d ends", ends)
	}
}

// late is what a slow worker still publishes, and an event of the chat behind it.
func (w *watched) late() {
	if err := w.bus.Replace(w.tb.Context(), w.run.String(), whole); err != nil {
		w.tb.Error(err)
	}
	w.mark("Behind")
}

// TestResumeBehindTheLastTextDeliversTheEndAlone resumes with the cursor of the last piece of a text that has ended, so that a client whose
// sockets carry one event each gets to the end.
func TestResumeBehindTheLastTextDeliversTheEndAlone(t *testing.T) {
	t.Parallel()
	eachBus(t, func(t *testing.T, dialect string, bus live.Bus) {
		w := newWatched(t, storetest.Open(t, dialect), bus)
		w.end()
		text := w.first(&w.started)
		if text.Delta == nil || text.Delta.Text != whole || text.Cursor.Seq != w.started.Seq {
			t.Fatalf("first %+v, want the whole text", text)
		}
		end := w.first(&text.Cursor)
		if end.Feed == nil || end.Feed.Type != feed.ReplyEnded || end.Cursor.Pending != "" {
			t.Errorf("then %+v, want the end", end)
		}
		w.mark("Behind")
		if behind := w.first(&end.Cursor); behind.Feed == nil || behind.Feed.Type != feed.ChatSaved {
			t.Errorf("behind the end %+v, want the chat's event", behind)
		}
	})
}

// first is the first event of a subscription.
func (w *watched) first(after *feed.Cursor) Event {
	w.tb.Helper()
	ctx, cancel := context.WithTimeout(w.tb.Context(), 30*time.Second)
	defer cancel()
	events, err := w.Watch(ctx, w.user, w.chat.ID.String(), after)
	if err != nil {
		w.tb.Fatal(err)
	}
	return <-events
}
