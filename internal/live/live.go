// Package live is the fast path beside the database: notifications for the current subscribers, and the text
// of replies while they are written.
//
// The database is the source of truth, not this package. A bus may forget everything and drop any message.
// Readers find gaps by sequence number or offset and read the database; writers publish their whole text
// again. So every method may fail without losing work.
package live

import (
	"context"
	"errors"
	"time"
)

const (
	// TextTTL is how long live text is stored after its last change. It outlasts the longest silence of a
	// reply that still runs; the finished text is in the database.
	TextTTL = 15 * time.Minute
	// PollEvery is how often readers poll the database while the bus is unreachable.
	PollEvery = 500 * time.Millisecond
)

// Bus is the port. Adapters: memlive (one process) and redislive; both pass livetest.
// All methods are safe for concurrent use.
type Bus interface {
	// Publish sends payload to the current subscribers of topic. Messages of one publisher to one topic
	// arrive in order. It never waits for a subscriber, and for the bus no longer than about a second. The
	// caller may reuse payload.
	Publish(ctx context.Context, topic string, payload []byte) error

	// Subscribe returns when the subscription is confirmed: everything that is published later reaches
	// deliver, unless the connection to the bus breaks. While the bus is unreachable it returns at once, and
	// otherwise after about a second without a confirmation. The subscription exists all the same, and lost
	// is called when it is confirmed. Subscriptions to one topic in one process share one subscription of the
	// server. ctx bounds the wait for the confirmation only; the subscription lasts until cancel or Close.
	// Subscribe fails when ctx ends first or the bus is closed.
	//
	// deliver is called from the adapter's one goroutine, in order, possibly before Subscribe has returned.
	// It must not block, because all topics wait for it, and must not change payload, which all subscribers
	// share. lost is called each time messages may have been missed: the connection broke and is established
	// again. What is published after that call is delivered. lost must not block either.
	//
	// Neither is called after cancel has returned. cancel waits for a call that runs, but never for the
	// server. So deliver and lost must not call cancel, and it must not be called under a lock that they
	// take. A second call does nothing.
	Subscribe(ctx context.Context, topic string, deliver func(payload []byte), lost func()) (cancel func(), err error)

	// Append adds delta to the live text of run and publishes it as a Delta on TextTopic(run): both or
	// neither. at is where the writer expects the text to end. If the stored text ends elsewhere, or belongs
	// to another run, nothing changes and the error is ErrMismatch; the writer then calls Replace. at zero
	// begins the text. Each call extends the life of the text by TextTTL. delta must be valid UTF-8.
	//
	// After any other error it is unknown whether delta was stored. Calling Append again with the same offset
	// never stores it twice.
	Append(ctx context.Context, run string, at Offset, delta string) error

	// Replace stores text as the whole live text of run and publishes it as a whole Delta at offset zero.
	Replace(ctx context.Context, run string, text string) error

	// Text returns the live text of run; ok is false when the bus has none.
	Text(ctx context.Context, run string) (text string, ok bool, err error)

	// Ping sends a request to the bus and fails when it does not answer.
	Ping(ctx context.Context) error

	// Reachable reports, without a request, whether the bus answered recently and its messages are received.
	// While it is false, every method that needs the server fails at once, and readers poll the database each
	// PollEvery.
	Reachable() bool

	// Close ends all subscriptions; every method fails after it. It waits for a running call of deliver or
	// lost, as cancel does.
	Close() error
}

// ErrMismatch means that the stored live text does not end where the writer expects.
var ErrMismatch = errors.New("live: text is not at this offset")

// Offset is a place in a text, counted in the two units that its readers need.
type Offset struct {
	// Bytes counts UTF-8 bytes, for the server.
	Bytes int `json:"b"`
	// UTF16 counts UTF-16 code units, for JavaScript's string indexes.
	UTF16 int `json:"u"`
}

// Delta is the message on a run's text topic, encoded as JSON.
type Delta struct {
	Run string `json:"run"`
	// At is where Text belongs. Zero together with Whole replaces everything before it.
	At   Offset `json:"at"`
	Text string `json:"text"`
	// Whole marks the text as the whole text so far.
	Whole bool `json:"whole,omitempty"`
}

// End returns the offset after text when text starts at o. Code points beyond U+FFFF count as two UTF-16
// units, a surrogate pair.
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

// ControlTopic is where the worker of a run receives requests to stop.
func ControlTopic(run string) string { return "ctl:" + run }

// FeedTopic is where the committed events of a user are published.
func FeedTopic(user string) string { return "feed:" + user }
