package sandboxpay

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/weav-ai/weav/internal/pay"
)

// Entry is what the book has of a payment.
type Entry struct {
	ID       string
	State    string // JSON
	Revision int    // 0: not in the book yet
}

// Book keeps the sandbox's payments.
type Book interface {
	// Load reads an entry; nil when there is none.
	Load(ctx context.Context, id string) (*Entry, error)
	// Save writes an entry whose revision is still the book's, and gives it the next one; false when it is not.
	Save(ctx context.Context, e Entry) (bool, error)
}

// kept is an entry's state.
type kept struct {
	pay.Payment
	// Keys are those of cancellations that were done.
	Keys map[string]bool `json:",omitempty"`
}

// errTorn says that the book was busy for too long.
var errTorn = errors.New("sandboxpay: others write to the same entry")

// attempts is how often a change is tried against others.
const attempts = 20

// load reads a payment with its revision; empty when the book has none.
func (g *Gateway) load(ctx context.Context, id string) (kept, int, error) {
	e, err := g.cfg.Book.Load(ctx, id)
	if err != nil {
		return kept{}, 0, pay.Fault(pay.ErrUnavailable, "the book", err)
	}
	if e == nil {
		return kept{}, 0, nil
	}
	var k kept
	if err := json.Unmarshal([]byte(e.State), &k); err != nil {
		return kept{}, 0, pay.Fault(pay.ErrUnavailable, "the book", err)
	}
	return k, e.Revision, nil
}

// change changes a payment by compare and set; what do refuses is not written.
func (g *Gateway) change(ctx context.Context, id string, do func(*kept) error) error {
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
	return pay.Fault(pay.ErrUnavailable, "the book", errTorn)
}
