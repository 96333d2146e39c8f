package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/ent/feed"
	"github.com/weav-ai/weav/ent/feedevent"
	"github.com/weav-ai/weav/internal/oid"
)

// Event is one durable change of a user's data.
type Event struct {
	User oid.User `json:"user"`
	// Epoch identifies the history of the feed; Seq is the event's place in it, from 1 without gaps. The
	// commit sets both, and At.
	Epoch   string          `json:"epoch"`
	Seq     int64           `json:"seq"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
	At      time.Time       `json:"at"`

	err error // The payload's, for the commit to report.
}

// NewEvent returns an event for [Tx.Record]. A payload that cannot be encoded fails the commit, so that
// Record needs no error.
func NewEvent(user oid.User, typ string, payload any) Event {
	raw, err := json.Marshal(payload)
	return Event{User: user, Type: typ, Payload: raw, err: err}
}

// OpenFeed creates the user's feed with a random epoch, unless it exists.
func (tx *Tx) OpenFeed(ctx context.Context, user oid.User) error {
	query, args := entsql.Dialect(tx.dialect).Insert(feed.Table).
		Columns(feed.FieldID, feed.FieldEpoch, feed.FieldSeq, feed.FieldPrunedSeq).
		Values(user, rand.Text(), 0, 0).
		OnConflict(entsql.ConflictColumns(feed.FieldID), entsql.DoNothing()).Query()
	if _, err := tx.sql.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("store: open feed: %w", err)
	}
	return nil
}

// writeFeeds numbers the recorded events and stores them: one update per user, in the order of user ids, and
// one insert for all. The order prevents deadlocks between transactions with several users. A rollback also
// takes the numbers back, so seqs have no gaps.
func (tx *Tx) writeFeeds(ctx context.Context) error {
	if len(tx.events) == 0 {
		return nil
	}
	// Stable, so that the events of one user stay in the order in which they were recorded.
	slices.SortStableFunc(tx.events, func(a, b Event) int { return bytes.Compare(a.User[:], b.User[:]) })
	at := Now()
	for rest := tx.events; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].User == rest[0].User {
			n++
		}
		if err := tx.number(ctx, rest[:n], at); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return tx.insertEvents(ctx)
}

// number advances a user's feed by their events and gives each its place. The row lock is held until the
// commit, so the order of seqs is the order of commits.
func (tx *Tx) number(ctx context.Context, events []Event, at time.Time) error {
	const advance = `UPDATE feeds SET seq = seq + $1 WHERE user_id = $2 RETURNING seq, epoch`
	var last int64
	var epoch string
	err := tx.sql.QueryRowContext(ctx, advance, len(events), events[0].User).Scan(&last, &epoch)
	if errors.Is(err, sql.ErrNoRows) {
		return errors.New("the user has no feed")
	}
	if err != nil {
		return err
	}
	for i := range events {
		events[i].Epoch, events[i].At = epoch, at
		events[i].Seq = last - int64(len(events)-1-i)
	}
	return nil
}

// eventsPerInsert bounds the parameters of a statement far below the limits of both databases.
const eventsPerInsert = 500

// insertEvents stores the numbered events in chunks.
func (tx *Tx) insertEvents(ctx context.Context) error {
	for chunk := range slices.Chunk(tx.events, eventsPerInsert) {
		if err := tx.insertChunk(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) insertChunk(ctx context.Context, events []Event) error {
	insert := entsql.Dialect(tx.dialect).Insert(feedevent.Table).Columns(
		feedevent.FieldUserID, feedevent.FieldSeq, feedevent.FieldType, feedevent.FieldPayload, feedevent.FieldCreatedAt)
	for _, e := range events {
		if e.err != nil {
			return fmt.Errorf("payload of %s: %w", e.Type, e.err)
		}
		insert.Values(e.User, e.Seq, e.Type, string(e.Payload), e.At)
	}
	query, args := insert.Query()
	_, err := tx.sql.ExecContext(ctx, query, args...)
	return err
}
