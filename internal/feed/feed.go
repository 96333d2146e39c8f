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
	// compareEvery is how often the heads of connected users are compared with the table: the longest time
	// that a lost publish can delay an event. While the bus is unreachable they are compared each
	// live.PollEvery.
	compareEvery = 5 * time.Second
	// Retention is how long events can be read back.
	Retention = 7 * 24 * time.Hour
	// pageSize is the most events that one read of the table returns.
	pageSize = 500
)

// Feed gives readers their events. It has one bus subscription per user and process.
type Feed struct {
	store *store.Store
	bus   live.Bus
	log   *slog.Logger

	mu          sync.Mutex
	channels    map[oid.User]*channel
	unpublished map[oid.User][]store.Event // the newest events of each user that the bus did not take
	kick        chan struct{}
	failed      atomic.Int64
}

// New returns a Feed; Run must be running while readers are open.
func New(st *store.Store, bus live.Bus, log *slog.Logger) *Feed {
	return &Feed{store: st, bus: bus, log: log, channels: map[oid.User]*channel{}, unpublished: map[oid.User][]store.Event{}, kick: make(chan struct{}, 1)}
}

// Publish publishes committed events, grouped by user. A failure is counted and not returned: the rows are
// the source of truth, and readers compare heads. When the bus is back, Run publishes the newest events of
// each user again, so that readers in processes that saw no outage read the missing ones at once.
func (f *Feed) Publish(ctx context.Context, events []store.Event) {
	for len(events) > 0 {
		// Events of one transaction are grouped by user.
		n := 1
		for n < len(events) && events[n].User == events[0].User {
			n++
		}
		if err := f.publish(ctx, events[:n]); err != nil {
			f.failed.Add(1)
			f.holdBack(events[:n])
			f.log.DebugContext(ctx, "publish of events failed; readers will find them in the table", "error", err)
		}
		events = events[n:]
	}
}

// publish publishes events of one user in one message, so that they arrive together.
func (f *Feed) publish(ctx context.Context, events []store.Event) error {
	payload, err := json.Marshal(events)
	if err != nil {
		return err
	}
	return f.bus.Publish(ctx, live.FeedTopic(events[0].User.String()), payload)
}

// maxUnpublished bounds the users whose events are published again after an outage, and with that the memory
// that an outage takes. The readers of further users find their events by the next comparison.
const maxUnpublished = 10_000

// holdBack stores the newest events of a user for publishAgain. Only the newest matter: a reader that gets
// them reads the gap before them from the table.
func (f *Feed) holdBack(events []store.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known, ok := f.unpublished[events[0].User]
	if ok && known[len(known)-1].Seq > events[len(events)-1].Seq || !ok && len(f.unpublished) >= maxUnpublished {
		return
	}
	f.unpublished[events[0].User] = slices.Clone(events)
}

// publishAgain publishes what was held back. What fails again stays held back.
func (f *Feed) publishAgain(ctx context.Context) {
	f.mu.Lock()
	unpublished := f.unpublished
	f.unpublished = map[oid.User][]store.Event{}
	f.mu.Unlock()
	for _, events := range unpublished {
		if err := f.publish(ctx, events); err != nil {
			f.holdBack(events)
		}
	}
}

// FailedPublishes counts the publishes that did not reach the bus.
func (f *Feed) FailedPublishes() int64 { return f.failed.Load() }

// Head returns the place of the user's newest event.
func (f *Feed) Head(ctx context.Context, user oid.User) (Cursor, error) {
	row, err := f.row(ctx, user)
	if err != nil {
		return Cursor{}, err
	}
	return Cursor{User: user, Epoch: row.Epoch, Seq: row.Seq}, nil
}

// row reads the feed's row. Every user has one, so a missing row means that the account was erased.
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

// read returns up to pageSize events of user after seq.
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

// Purge removes events older than Retention and stores up to which seq it did, so that an older cursor gets
// EXPIRED instead of a gap.
func (f *Feed) Purge(ctx context.Context, now time.Time) (int, error) {
	old := feedevent.CreatedAtLT(now.Add(-Retention))
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
			// Up to the newest old event, so that the removed events are always a prefix.
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
