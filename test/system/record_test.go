package systemtest

import (
	"fmt"
	"slices"

	"github.com/weav-ai/weav/internal/client"
)

// record is what a subscriber of a chat received, over all its sockets, and what was wrong
// with it. Rules that hold whatever happens are checked as events come.
type record struct {
	cursor    string // the newest, to resume behind
	durable   []client.Event
	cursors   map[string]bool
	snapshots int
	resyncs   []string
	added     map[string]bool // messages whose start was received
	started   map[string]bool // runs whose start was received
	texts     map[string]*client.Text
	pieces    map[string]int          // of a message
	ended     map[string]client.Event // by message
	codes     []int                   // how its sockets were closed
	faults    []string
}

func newRecord() record {
	return record{
		cursors: map[string]bool{}, added: map[string]bool{}, started: map[string]bool{},
		texts: map[string]*client.Text{}, pieces: map[string]int{}, ended: map[string]client.Event{},
	}
}

func (r *record) fault(format string, args ...any) {
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
}

// note takes an event.
func (r *record) note(e client.Event) {
	r.cursor = e.Cursor
	switch e.Typename {
	case "ChatSnapshot":
		r.snapshots++
		return
	case "Resync":
		r.resyncs = append(r.resyncs, e.Reason)
		return
	case "ReplyDelta":
		r.piece(e)
		return
	}
	if r.cursors[e.Cursor] {
		r.fault("%s %s came twice", e.Typename, e.MessageID)
	}
	r.cursors[e.Cursor] = true
	r.durable = append(r.durable, e)
	switch e.Typename {
	case "MessageAdded":
		r.added[e.MessageID] = true
	case "ReplyStarted":
		r.started[e.RunID] = true
	case "ReplyEnded":
		r.end(e)
	}
}

// piece takes a delta: behind the start of its run, with no gap before it, before the end.
func (r *record) piece(e client.Event) {
	if r.added[e.MessageID] && !r.started[e.RunID] {
		r.fault("text of %s came before its start", e.MessageID)
	}
	if _, ended := r.ended[e.MessageID]; ended {
		r.fault("text of %s came after its end", e.MessageID)
	}
	text := r.texts[e.RunID]
	if text == nil {
		text = &client.Text{}
		r.texts[e.RunID] = text
	}
	if text.Apply(e.Offset, e.Text) {
		r.fault("text of %s at %d leaves a gap behind %d", e.MessageID, e.Offset, text.Len())
	}
	r.pieces[e.MessageID]++
}

// end takes a reply's end: one for each, with all of its text received before.
func (r *record) end(e client.Event) {
	if _, twice := r.ended[e.MessageID]; twice {
		r.fault("%s ended twice", e.MessageID)
	}
	r.ended[e.MessageID] = e
	received := r.text(e.RunID)
	if whole := (&client.Text{}); whole.Apply(0, received) || whole.Len() != e.Length {
		r.fault("%s ended with a length of %d, after %d were told", e.MessageID, e.Length, whole.Len())
	}
	if e.Message == nil || e.Message.Text != received {
		r.fault("%s ended with a text that is not what was told", e.MessageID)
	}
}

// text is what was received of a run.
func (r *record) text(run string) string {
	if text := r.texts[run]; text != nil {
		return text.String()
	}
	return ""
}

// shown is what was received of a message, by any run.
func (r *record) shown(message string) string {
	i := slices.IndexFunc(r.durable, func(e client.Event) bool {
		return e.Typename == "ReplyStarted" && e.MessageID == message
	})
	if i < 0 {
		return ""
	}
	return r.text(r.durable[i].RunID)
}

// has reports whether an event of a type was received about a message.
func (r *record) has(typename, message string) bool {
	return slices.ContainsFunc(r.durable, func(e client.Event) bool {
		return e.Typename == typename && e.MessageID == message
	})
}
