package feed

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weav-ai/weav/ent"
	entfeed "github.com/weav-ai/weav/ent/feed"
	"github.com/weav-ai/weav/ent/feedevent"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

const (
	// compareEvery is how often the heads of connected people are compared with the
	// table: the longest a lost publish can delay an event. While the bus is out of
	// reach they are compared each live.LookEvery.
	compareEvery = 5 * time.Second
	// Kept is how long events can be read back.
	Kept = 7 * 24 * time.Hour
	// pageSize is the most events one read of the table brings.
	pageSize = 500
)

// Feed gives readers their events and keeps one bus subscription per person and process.
type Feed struct {
	store *store.Store
	bus   live.Bus
	log   *slog.Logger

	mu       sync.Mutex
	channels map[oid.User]*channel
	unheard  map[oid.User][]store.Event // the newest events of each person that the bus did not take
	kick     chan struct{}
	failed   atomic.Int64
}

// New returns a Feed; Run must run while readers are open.
func New(st *store.Store, bus live.Bus, log *slog.Logger) *Feed {
	return &Feed{store: st, bus: bus, log: log, channels: map[oid.User]*channel{}, unheard: map[oid.User][]store.Event{}, kick: make(chan struct{}, 1)}
}

// Publish hands committed events to their readers. A failure is counted, not
// returned: the rows are the truth and readers compare heads. When the bus is back Run publishes each person's
// newest events again, so that readers of processes that saw no outage look for the others at once.
func (f *Feed) Publish(ctx context.Context, events []store.Event) {
	for len(events) > 0 {
		n := 1
		for n < len(events) && events[n].User == events[0].User {
			n++
		}
		if err := f.publish(ctx, events[:n]); err != nil {
			f.failed.Add(1)
			f.keep(events[:n])
			f.log.DebugContext(ctx, "publish of events failed; readers will find them in the table", "error", err)
		}
		events = events[n:]
	}
}

func (f *Feed) publish(ctx context.Context, events []store.Event) error {
	payload, err := json.Marshal(events)
	if err != nil {
		return err
	}
	return f.bus.Publish(ctx, live.FeedTopic(events[0].User.String()), payload)
}

// maxUnheard bounds the people whose events are published again after an outage. Of more of them readers learn by
// the next comparison.
const maxUnheard = 10_000

// keep holds events back for publishAgain.
func (f *Feed) keep(events []store.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known, ok := f.unheard[events[0].User]
	if ok && known[len(known)-1].Seq > events[len(events)-1].Seq || !ok && len(f.unheard) >= maxUnheard {
		return
	}
	f.unheard[events[0].User] = slices.Clone(events)
}

// publishAgain publishes what was held back. What fails once more stays held back.
func (f *Feed) publishAgain(ctx context.Context) {
	f.mu.Lock()
	unheard := f.unheard
	f.unheard = map[oid.User][]store.Event{}
	f.mu.Unlock()
	for _, events := range unheard {
		if err := f.publish(ctx, events); err != nil {
			f.keep(events)
		}
	}
}

// FailedPublishes counts the publishes that did not reach the bus.
func (f *Feed) FailedPublishes() int64 { return f.failed.Load() }

// Head returns the place of the person's newest event.
func (f *Feed) Head(ctx context.Context, user oid.User) (Cursor, error) {
	row, err := f.row(ctx, user)
	if err != nil {
		return Cursor{}, err
	}
	return Cursor{User: user, Epoch: row.Epoch, Seq: row.Seq}, nil
}

func (f *Feed) row(ctx context.Context, user oid.User) (*ent.Feed, error) {
	row, err := f.store.Client().Feed.Get(ctx, user)
	if ent.IsNotFound(err) {
		return nil, errs.New(errs.NotFound, "This account has no feed.")
	}
	if err != nil {
		return nil, fmt.Errorf("feed: head: %w", err)
	}
	return row, nil
}

// read returns up to pageSize events of user behind seq.
func (f *Feed) read(ctx context.Context, user oid.User, epoch string, seq int64) ([]Event, error) {
	rows, err := f.store.Client().FeedEvent.Query().
		Where(feedevent.UserID(user), feedevent.SeqGT(seq)).
		Order(feedevent.BySeq()).Limit(pageSize).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("feed: read: %w", err)
	}
	events := make([]Event, len(rows))
	for i, r := range rows {
		e := store.Event{User: user, Epoch: epoch, Seq: r.Seq, Type: r.Type, Payload: json.RawMessage(r.Payload), At: r.CreatedAt}
		if events[i], err = decode(e); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// Purge forgets events older than Kept and remembers up to where it did.
func (f *Feed) Purge(ctx context.Context, now time.Time) (int, error) {
	old := feedevent.CreatedAtLT(now.Add(-Kept))
	var users []struct {
		UserID oid.User `json:"user_id"`
		Max    int64    `json:"max"`
	}
	err := f.store.Client().FeedEvent.Query().Where(old).
		GroupBy(feedevent.FieldUserID).Aggregate(ent.Max(feedevent.FieldSeq)).Scan(ctx, &users)
	if err != nil {
		return 0, fmt.Errorf("feed: purge: %w", err)
	}
	total := 0
	for _, u := range users {
		err := f.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			// Up to the newest old event, so that what is forgotten is always a prefix.
			err := tx.Client().Feed.UpdateOneID(u.UserID).Where(entfeed.PrunedSeqLT(u.Max)).SetPrunedSeq(u.Max).Exec(ctx)
			if err != nil && !ent.IsNotFound(err) {
				return err
			}
			n, err := tx.Client().FeedEvent.Delete().Where(feedevent.UserID(u.UserID), feedevent.SeqLTE(u.Max)).Exec(ctx)
			total += n
			return err
		})
		if err != nil {
			return total, fmt.Errorf("feed: purge: %w", err)
		}
	}
	return total, nil
}
