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

// Event is one durable change of a person's data.
type Event struct {
	User oid.User `json:"user"`
	// Epoch names the feed's history; Seq is the event's place in it, from 1 without gaps.
	// The commit gives both, and At.
	Epoch   string          `json:"epoch"`
	Seq     int64           `json:"seq"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
	At      time.Time       `json:"at"`

	err error // The payload's, for the commit to report.
}

// NewEvent returns an event for [Tx.Record]. A payload that JSON cannot hold fails the commit.
func NewEvent(user oid.User, typ string, payload any) Event {
	raw, err := json.Marshal(payload)
	return Event{User: user, Type: typ, Payload: raw, err: err}
}

// OpenFeed begins the person's feed under a random epoch, unless there is one.
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

// writeFeeds numbers the recorded events and stores them: one update per person, in the
// order of their ids, and one insert for all. A rollback takes the numbers back.
func (tx *Tx) writeFeeds(ctx context.Context) error {
	if len(tx.events) == 0 {
		return nil
	}
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

// number moves a person's feed on by their events and gives each its place.
func (tx *Tx) number(ctx context.Context, events []Event, at time.Time) error {
	const advance = `UPDATE feeds SET seq = seq + $1 WHERE user_id = $2 RETURNING seq, epoch`
	var last int64
	var epoch string
	err := tx.sql.QueryRowContext(ctx, advance, len(events), events[0].User).Scan(&last, &epoch)
	if errors.Is(err, sql.ErrNoRows) {
		return errors.New("the person has no feed")
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

// eventsPerInsert keeps a statement far within both databases' bounds on parameters.
const eventsPerInsert = 500

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
