package systemtest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/feedevent"
	"github.com/weav-ai/weav/internal/app/apptest"
	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
)

// short is a reply without waits.
const short = "[sandbox:fast][sandbox:tokens=20] Short"

// next is a subscription's next event.
func next(t *testing.T, events <-chan json.RawMessage) client.Event {
	t.Helper()
	select {
	case payload, ok := <-events:
		if !ok {
			t.Fatal("the subscription ended")
		}
		e, err := client.EventOf(payload)
		if err != nil {
			t.Fatalf("the subscription ended with %v", err)
		}
		return e
	case <-time.After(patience):
		t.Fatal("no event came")
	}
	return client.Event{}
}

// spoil changes a feed's rows, or names a cursor that never was.
type spoil func(t *testing.T, h house, head feed.Cursor) (after string)

func expired(t *testing.T, h house, head feed.Cursor) string {
	t.Helper()
	edit(t, h, head.User, func(u *ent.FeedUpdateOne) { u.SetPrunedSeq(head.Seq) })
	_, err := h.store.Client().FeedEvent.Delete().Where(feedevent.UserID(head.User), feedevent.SeqLTE(head.Seq)).Exec(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return feed.Cursor{User: head.User, Epoch: head.Epoch, Seq: head.Seq - 1}.String()
}

func rebuilt(t *testing.T, h house, head feed.Cursor) string {
	t.Helper()
	edit(t, h, head.User, func(u *ent.FeedUpdateOne) { u.SetEpoch("another") })
	return head.String()
}

func ahead(_ *testing.T, _ house, head feed.Cursor) string {
	head.Seq += 1000
	return head.String()
}

// edit changes a person's feed row behind everybody's back, as a restore would.
func edit(t *testing.T, h house, user oid.User, change func(*ent.FeedUpdateOne)) {
	t.Helper()
	update := h.store.Client().Feed.UpdateOneID(user)
	change(update)
	if err := update.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// head is where the feed of a reply's owner stands.
func (h house) head(t *testing.T, reply string) feed.Cursor {
	t.Helper()
	row, err := h.store.Client().Feed.Get(t.Context(), h.row(t, reply).UserID)
	if err != nil {
		t.Fatal(err)
	}
	return feed.Cursor{User: row.ID, Epoch: row.Epoch, Seq: row.Seq}
}

func TestCursorThatTheFeedCannotGoOnFromResyncs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		reason string
		spoil  spoil
	}{{"EXPIRED", expired}, {"FEED_REBUILT", rebuilt}, {"AHEAD_OF_FEED", ahead}}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			t.Parallel()
			apptest.Each(t, func(t *testing.T, s *apptest.System) {
				h := inProcess(t, s)
				p := h.newPerson(t)
				chat := p.chat()
				sent := p.send(chat, short)
				p.settled(chat)
				after := tt.spoil(t, h, h.head(t, sent.ReplyID))

				_, events := p.tail(0, chat, after)
				if e := next(t, events); e.Typename != "Resync" || e.Reason != tt.reason {
					t.Fatalf("the tab was told %s %s, want Resync %s", e.Typename, e.Reason, tt.reason)
				}
				e := next(t, events)
				if e.Typename != "ChatSnapshot" {
					t.Fatalf("the tab was told %s, want ChatSnapshot", e.Typename)
				}
				tab := p.follow(chat, e.Cursor, 0) // What follows the snapshot joins it.
				again := p.send(chat, short)
				tab.end(again.ReplyID)
				tab.read(func(r *record) {
					if len(r.resyncs) > 0 || len(r.faults) > 0 {
						t.Errorf("the feed does not go on: %v, %v", r.resyncs, r.faults)
					}
				})
			})
		})
	}
}

// settled waits until the chat's first exchange has its title too, so that nothing more happens by itself.
func (p *person) settled(chat string) {
	p.t.Helper()
	p.h.eventually(p.t, "the chat has a title", func() bool {
		row, err := p.h.store.Client().Chat.Get(p.t.Context(), parse[oid.Chat](p.t, chat))
		return err == nil && row.Title != ""
	})
}

func TestRebuiltFeedResyncsWhoFollowsIt(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, s *apptest.System) {
		h := inProcess(t, s)
		p := h.newPerson(t)
		chat := p.chat()
		tab := p.follow(chat, "", 0)
		sent := p.send(chat, short)
		tab.end(sent.ReplyID)
		p.settled(chat)
		rebuilt(t, h, h.head(t, sent.ReplyID))
		tab.until("a resync", func(r *record) bool { return len(r.resyncs) == 1 && r.snapshots == 2 })
		again := p.send(chat, short)
		tab.end(again.ReplyID)
		tab.read(func(r *record) {
			if len(r.resyncs) != 1 || r.resyncs[0] != "FEED_REBUILT" || len(r.faults) > 0 {
				t.Errorf("the tab was told %v, faults %q", r.resyncs, r.faults)
			}
		})
	})
}

func TestCursorThatIsNoneOfTheFeedIsRefused(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, s *apptest.System) {
		h := inProcess(t, s)
		p, stranger := h.newPerson(t), h.newPerson(t)
		chat := p.chat()
		for name, cursor := range map[string]string{
			"malformed": "what is this", "cut short": p.eventCursor(chat)[:20],
			"foreign": stranger.eventCursor(stranger.chat()), "an id": chat,
		} {
			_, events := p.tail(0, chat, cursor)
			select {
			case payload := <-events:
				if _, err := client.EventOf(payload); client.CodeOf(err) != "BAD_CURSOR" {
					t.Errorf("%s: got %v, want BAD_CURSOR", name, err)
				}
			case <-time.After(patience):
				t.Errorf("%s: no answer", name)
			}
		}
	})
}
