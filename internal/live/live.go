// Package live is the fast path beside the database: notices to whoever listens
// now, and the text of replies while they are being written.
//
// Nothing here is the truth. A bus may forget everything and drop any message;
// readers find gaps by sequence number or offset and read the database, writers
// send their whole text again. So every method may fail without losing work.
package live

import (
	"context"
	"errors"
	"time"
)

const (
	// TextTTL is how long live text is kept behind its last change.
	TextTTL = 15 * time.Minute
	// LookEvery is how often readers look into the database while the bus is out of reach.
	LookEvery = 500 * time.Millisecond
)

// Bus is the port. Adapters: memlive (one process) and redislive; both pass livetest.
// All methods are safe for concurrent use.
type Bus interface {
	// Publish sends payload to whoever is subscribed to topic now. Messages of one
	// publisher to one topic arrive in order. It never waits for a subscriber, and for the
	// bus no longer than about a second. The caller may use payload again.
	Publish(ctx context.Context, topic string, payload []byte) error

	// Subscribe returns when the subscription is confirmed: whatever is published
	// after that reaches deliver, unless the connection to the bus breaks. While the bus is out of
	// reach it returns at once, and otherwise after about a second without a confirmation: the
	// subscription stands all the same, and lost is called when it is confirmed. Several
	// subscriptions to a topic in one process share one subscription of the server.
	// ctx bounds the wait for the confirmation only; the subscription lasts until cancel or Close.
	// It fails when ctx ends first or the bus is closed.
	//
	// deliver is called from the adapter's one goroutine, in order, perhaps before Subscribe has
	// returned; it must not block, for all topics wait with it, and must not change payload,
	// which all subscribers share. lost is called each time messages may have been missed (the
	// connection broke and is whole again; what is published from then on is heard); it must
	// not block either.
	//
	// Neither is called after cancel has returned. cancel waits for a call that runs, but never for
	// the server: deliver and lost must not call it, nor may it be called under a lock
	// that they take. Calling it again does nothing.
	Subscribe(ctx context.Context, topic string, deliver func(payload []byte), lost func()) (cancel func(), err error)

	// Append adds delta to the live text of run and publishes it as a Delta on
	// TextTopic(run), both or neither. at says where the writer believes the text ends;
	// if the stored text ends elsewhere, or is another's, nothing changes and the error is
	// ErrMismatch: the writer answers with Replace. at zero begins the text.
	// Each call keeps the text for another TextTTL. delta must be valid UTF-8. An error other than
	// ErrMismatch leaves open whether delta was stored; trying again at the same offset never
	// stores it twice.
	Append(ctx context.Context, run string, at Offset, delta string) error

	// Replace stores text as the whole live text of run and publishes it as a
	// whole Delta at offset zero.
	Replace(ctx context.Context, run string, text string) error

	// Text returns the live text of run; ok is false when the bus has none.
	Text(ctx context.Context, run string) (text string, ok bool, err error)

	// Ping asks whether the bus answers.
	Ping(ctx context.Context) error

	// Reachable reports, without asking, whether the bus answered lately and its messages are heard.
	// While it does not, every method that needs the server fails at once, and readers
	// look into the database each LookEvery.
	Reachable() bool

	// Close ends all subscriptions; then every method fails. It waits for a call of deliver or
	// lost that runs, as cancel does.
	Close() error
}

// ErrMismatch says that the stored live text is not where the writer left it.
var ErrMismatch = errors.New("live: text is not at this offset")

// Offset is a place in a text, counted in both units its readers need.
type Offset struct {
	// Bytes counts UTF-8 bytes, for the server.
	Bytes int `json:"b"`
	// UTF16 counts UTF-16 code units, for JavaScript's string indexes.
	UTF16 int `json:"u"`
}

// Delta is the message on a run's text topic, JSON encoded.
type Delta struct {
	Run string `json:"run"`
	// At is where Text belongs. Zero with Whole set replaces all before it.
	At   Offset `json:"at"`
	Text string `json:"text"`
	// Whole marks the text as the whole text so far.
	Whole bool `json:"whole,omitempty"`
}

// End returns the offset behind text when text starts at o.
func (o Offset) End(text string) Offset {
	for _, r := range text {
		o.UTF16++
		if r > 0xFFFF {
			o.UTF16++
		}
	}
	o.Bytes += len(text)
	return o
}

// TextTopic is where the deltas of a run are published.
func TextTopic(run string) string { return "text:" + run }

// ControlTopic is where the worker of a run listens for stop.
func ControlTopic(run string) string { return "ctl:" + run }

// FeedTopic is where a person's committed events are published.
func FeedTopic(user string) string { return "feed:" + user }
