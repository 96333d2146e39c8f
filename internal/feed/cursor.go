package feed

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
)

// Cursor is a place in a person's feed: all events up to Seq have been seen.
type Cursor struct {
	User oid.User
	// Epoch is the history Seq counts in; it changes when a feed is rebuilt or restored.
	Epoch string
	Seq   int64
	// Pending is what belongs to this place and follows the message with this cursor. A subscriber that
	// comes back with the cursor gets it first.
	Pending Pending
}

// Pending names what a subscriber still gets at a place of its feed. It stands in no row, so a place alone
// would not say whether it was delivered.
type Pending string

// What may be pending.
const (
	// OwedSnapshot follows a resync.
	PendingSnapshot Pending = "s"
	// OwedQuota is the quota that is left after the event, on viewerEvents.
	PendingQuota Pending = "q"
	// OwedEnd is the end of a job that had ended before its snapshot, on jobEvents.
	PendingEnd Pending = "e"
	// OwedTextEnd is the end of a run whose text was delivered up to its end: the next event, without that text.
	PendingTextEnd Pending = "t"
)

// cursorVersion leads every cursor, so that a later form can be recognised.
const cursorVersion = "1"

// String returns the cursor as clients keep it: opaque, safe in URLs.
func (c Cursor) String() string {
	parts := []string{cursorVersion, c.User.UUID().String(), c.Epoch, strconv.FormatInt(c.Seq, 36)}
	if c.Pending != "" {
		parts = append(parts, string(c.Pending))
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, ".")))
}

// WithPending is the same place with something that follows.
func (c Cursor) WithPending(what Pending) Cursor {
	c.Pending = what
	return c
}

// HasTextOf reports whether a subscriber that comes back with c has the text of e, the end of a run.
func (c *Cursor) HasTextOf(e Event) bool {
	return c != nil && c.Pending == PendingTextEnd && c.Epoch == e.Epoch && c.Seq+1 == e.Seq
}

// IsFresh reports whether a subscription with c as its `after` begins with a snapshot.
func (c *Cursor) IsFresh() bool { return c == nil || c.Pending == PendingSnapshot }

// ParseCursor reads a cursor that was made for user; anything else is BAD_CURSOR.
func ParseCursor(user oid.User, s string) (Cursor, error) {
	c, ok := parse(s)
	if !ok || c.User != user {
		return Cursor{}, errs.New(errs.BadCursor, "`after` is no cursor of this feed. Subscribe without it to begin with a snapshot.")
	}
	return c, nil
}

func parse(s string) (Cursor, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return Cursor{}, false
	}
	parts := strings.Split(string(raw), ".")
	if len(parts) < 4 || len(parts) > 5 || parts[0] != cursorVersion {
		return Cursor{}, false
	}
	var pending Pending
	if len(parts) == 5 {
		pending = Pending(parts[4])
		if pending != PendingSnapshot && pending != PendingQuota && pending != PendingEnd && pending != PendingTextEnd {
			return Cursor{}, false
		}
	}
	u, err := uuid.Parse(parts[1])
	if err != nil {
		return Cursor{}, false
	}
	seq, err := strconv.ParseInt(parts[3], 36, 64)
	if err != nil || seq < 0 {
		return Cursor{}, false
	}
	return Cursor{User: oid.User(u), Epoch: parts[2], Seq: seq, Pending: pending}, true
}
