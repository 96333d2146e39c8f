package systemtest

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/feedevent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/ent/usage"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
)

// row reads a message as it is stored.
func (h house) row(t *testing.T, id string) *ent.Message {
	t.Helper()
	row, err := h.store.Client().Message.Get(t.Context(), parse[oid.Message](t, id))
	if err != nil {
		t.Fatalf("read %s: %v", id, err)
	}
	return row
}

// eventually asks until the tables are as wanted; nothing signals it to who does not listen.
func (h house) eventually(t *testing.T, want string, reached func() bool) {
	t.Helper()
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	deadline := time.After(patience)
	for !reached() {
		select {
		case <-poll.C:
		case <-deadline:
			t.Fatalf("after %v it is still not so: %s", patience, want)
		}
	}
}

// await waits until a reply has ended, by the table alone.
func (h house) await(t *testing.T, reply string) *ent.Message {
	t.Helper()
	h.eventually(t, "the reply has ended", func() bool { return h.row(t, reply).EndedAt != nil })
	return h.row(t, reply)
}

// usages reads the usage rows of a reply.
func (h house) usages(t *testing.T, reply string) []*ent.Usage {
	t.Helper()
	rows, err := h.store.Client().Usage.Query().
		Where(usage.MessageID(parse[oid.Message](t, reply)), usage.PurposeEQ(usage.PurposeReply)).All(t.Context())
	if err != nil {
		t.Fatalf("read usage: %v", err)
	}
	return rows
}

// wantOnce checks that a message has exactly one reply, and that reply exactly one usage row.
func (h house) wantOnce(t *testing.T, question, reply string) {
	t.Helper()
	replies, err := h.store.Client().Message.Query().
		Where(message.ParentID(parse[oid.Message](t, question))).Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if replies != 1 {
		t.Errorf("the message has %d replies, want 1", replies)
	}
	if n := len(h.usages(t, reply)); n != 1 {
		t.Errorf("the reply has %d usage rows, want 1", n)
	}
}

// wantWhole checks a tab against the tables: the text byte for byte, and every durable event of
// the chat since the tab's first, each once and in order.
func (h house) wantWhole(t *testing.T, f *follower, reply string) {
	t.Helper()
	row := h.row(t, reply)
	f.read(func(r *record) {
		for _, fault := range r.faults {
			t.Error(fault)
		}
		if shown := r.shown(reply); shown != row.Text {
			t.Errorf("the tab shows %d bytes, stored are %d", len(shown), len(row.Text))
		}
		if end, ok := r.ended[reply]; !ok || end.Status != string(row.Status) {
			t.Errorf("the tab was told the end %q, stored is %s", end.Status, row.Status)
		}
	})
	f.wantEvents(h.events(t, row.UserID, row.ChatID))
}

// events are the cursors of all durable events of a chat, in order.
func (h house) events(t *testing.T, user oid.User, chat oid.Chat) []string {
	t.Helper()
	head, err := h.store.Client().Feed.Get(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := h.store.Client().FeedEvent.Query().
		Where(feedevent.UserID(user)).Order(feedevent.BySeq()).All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var cursors []string
	for _, row := range rows {
		var facts feed.Facts
		if err := json.Unmarshal([]byte(row.Payload), &facts); err != nil {
			t.Fatal(err)
		}
		if facts.Chat == chat {
			cursors = append(cursors, feed.Cursor{User: user, Epoch: head.Epoch, Seq: row.Seq}.String())
		}
	}
	return cursors
}

// wantEvents waits for the newest of the events that are stored, then compares them from the tab's first on.
func (f *follower) wantEvents(stored []string) {
	f.t.Helper()
	last := stored[len(stored)-1]
	f.until("the newest event", func(r *record) bool { return r.cursors[last] })
	f.read(func(r *record) {
		received := make([]string, len(r.durable))
		for i, e := range r.durable {
			received[i] = e.Cursor
		}
		from := slices.Index(stored, received[0])
		if from < 0 {
			f.t.Fatalf("the tab was told an event that is not stored")
		}
		want := stored[from:]
		if len(received) > len(want) {
			received = received[:len(want)] // What came since the tables were read.
		}
		if !slices.Equal(received, want) {
			f.t.Errorf("the tab was told %d events of %d, or in another order", len(received), len(want))
		}
	})
}

// parse reads an id of the API.
func parse[T oid.Kind](t *testing.T, id string) T {
	t.Helper()
	out, err := oid.Parse[T](id)
	if err != nil {
		t.Fatalf("id %q: %v", id, err)
	}
	return out
}
