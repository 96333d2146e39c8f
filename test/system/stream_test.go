package systemtest

import (
	"testing"

	"github.com/weav-ai/weav/ent/message"
)

// long is a reply of some ten seconds, with text of more than one byte and of surrogate pairs.
const long = "[sandbox:tokens=250] 새로고침을 견디는 답장에 대해 길게 써 주세요 👩‍💻"

func TestEveryTabOfEveryServerShowsTheSameText(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, h house) {
		p := h.newPerson(t)
		chat := p.chat()
		first, second := p.follow(chat, "", 0), p.follow(chat, "", 1)
		sent := p.send(chat, long)
		first.pieces(sent.ReplyID, 3)
		late := p.follow(chat, "", 1)
		late.pieces(sent.ReplyID, 1)

		for _, tab := range []*follower{first, second, late} {
			tab.end(sent.ReplyID)
		}
		h.wantWhole(t, first, sent.ReplyID)
		h.wantWhole(t, second, sent.ReplyID)
		wantLate(t, late, sent.ReplyID, h.row(t, sent.ReplyID).Text)
		h.wantOnce(t, sent.MessageID, sent.ReplyID)
		if status := h.row(t, sent.ReplyID).Status; status != message.StatusCompleted {
			t.Errorf("the reply is %s", status)
		}
	})
}

// wantLate checks a tab that came after the reply's start, and so received its text alone.
func wantLate(t *testing.T, late *follower, reply, want string) {
	t.Helper()
	late.read(func(r *record) {
		for _, fault := range r.faults {
			t.Error(fault)
		}
		if received := r.text(r.ended[reply].RunID); received != want {
			t.Errorf("the late tab shows %d bytes, want %d", len(received), len(want))
		}
		if r.has("ReplyStarted", reply) {
			t.Error("the late tab came before the start: the test is too slow to show anything")
		}
	})
}

func TestReloadInMidStreamLosesNothing(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, h house) {
		p := h.newPerson(t)
		chat := p.chat()
		tab := p.follow(chat, "", 0)
		sent := p.send(chat, long)
		for pieces := 2; pieces <= 6; pieces += 2 {
			tab.pieces(sent.ReplyID, pieces)
			tab.drop() // It resumes behind its cursor, on the other server.
		}
		resumed, fresh := p.follow(chat, tab.cursor(), 1), p.follow(chat, "", 0)
		for _, t := range []*follower{tab, resumed, fresh} {
			t.end(sent.ReplyID)
		}
		h.wantWhole(t, tab, sent.ReplyID)
		wantLate(t, resumed, sent.ReplyID, h.row(t, sent.ReplyID).Text)
		wantLate(t, fresh, sent.ReplyID, h.row(t, sent.ReplyID).Text)

		behind := p.follow(chat, tab.durableCursor(0), 1)
		behind.end(sent.ReplyID)
		h.wantWhole(t, behind, sent.ReplyID)
	})
}

// durableCursor is that of the tab's i-th durable event.
func (f *follower) durableCursor(i int) (cursor string) {
	f.read(func(r *record) { cursor = r.durable[i].Cursor })
	return cursor
}

func TestReplyIsWrittenThoughNobodyListens(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, h house) {
		p := h.newPerson(t)
		chat := p.chat()
		before := p.eventCursor(chat)
		sent := p.send(chat, "[sandbox:tokens=40] Nobody hears this")
		h.await(t, sent.ReplyID)

		after := p.follow(chat, before, 1)
		after.end(sent.ReplyID)
		h.wantWhole(t, after, sent.ReplyID)
	})
}
