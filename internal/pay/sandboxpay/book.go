package sandboxpay

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/weav-ai/weav/internal/pay"
)

// Entry is a payment in the book.
type Entry struct {
	ID       string
	State    string // JSON
	Revision int    // 0: not stored yet
}

// Book stores the sandbox's payments.
type Book interface {
	// Load returns an entry; nil when there is none.
	Load(ctx context.Context, id string) (*Entry, error)
	// Save stores an entry if its revision is still the stored one, and increments the revision; false when
	// it is not.
	Save(ctx context.Context, e Entry) (bool, error)
}

// entryState is the state of an entry.
type entryState struct {
	pay.Payment
	// Keys are those of completed cancellations. A key that is repeated refunds nothing more.
	Keys map[string]bool `json:",omitempty"`
}

// errBusy says that concurrent changes won every attempt.
var errBusy = errors.New("sandboxpay: others write to the same entry")

// attempts is how often a change is tried against concurrent ones.
const attempts = 20

// load reads a payment with its revision; empty when there is none.
func (g *Gateway) load(ctx context.Context, id string) (entryState, int, error) {
	e, err := g.cfg.Book.Load(ctx, id)
	if err != nil {
		return entryState{}, 0, pay.Fault(pay.ErrUnavailable, "the book", err)
	}
	if e == nil {
		return entryState{}, 0, nil
	}
	var k entryState
	if err := json.Unmarshal([]byte(e.State), &k); err != nil {
		return entryState{}, 0, pay.Fault(pay.ErrUnavailable, "the book", err)
	}
	return k, e.Revision, nil
}

// change changes a payment by compare and set. An error of do leaves it unchanged. do may run more than once.
func (g *Gateway) change(ctx context.Context, id string, do func(*entryState) error) error {
	for range attempts {
		k, revision, err := g.load(ctx, id)
		if err != nil {
			return err
		}
		if err := do(&k); err != nil {
			return err
		}
		state, err := json.Marshal(k)
		if err != nil {
			return pay.Fault(pay.ErrUnavailable, "the book", err)
		}
		saved, err := g.cfg.Book.Save(ctx, Entry{ID: id, State: string(state), Revision: revision})
		if err != nil {
			return pay.Fault(pay.ErrUnavailable, "the book", err)
		}
		if saved {
			return nil
		}
	}
	return pay.Fault(pay.ErrUnavailable, "the book", errBusy)
}
