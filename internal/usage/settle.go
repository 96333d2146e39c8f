package usage

import (
	"context"
	"fmt"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/ledgerentry"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// Settle records what a run used, in the transaction that ends its work: its usage with the cost by the price
// of now, and the part of its hold that is charged. Usage beyond the hold is recorded and not charged. The
// run is the unique key, so a second settlement fails and rolls back.
func (l *Ledger) Settle(ctx context.Context, tx *store.Tx, r Row) error {
	hold, err := holdOf(ctx, tx.Client(), r.Run)
	if err != nil {
		return err
	}
	used := r.consumed()
	cost := l.costOf(r.ModelID, used, l.Now())
	day, _ := l.day(l.Now())
	charged := charge{}
	if hold != nil {
		day = hold.Day
		if r.Charged {
			charged = hold.charge(unitsOf(used), cost)
		}
		if err := end(ctx, tx, hold, charged); err != nil {
			return err
		}
		r.Key = hold.APIKeyID
	}
	return record(ctx, tx, r, day, cost)
}

// Release returns the whole hold of a run that ended without known usage. A run without a hold, or whose hold
// has ended, is left unchanged.
func (l *Ledger) Release(ctx context.Context, tx *store.Tx, run oid.Run) error {
	hold, err := holdOf(ctx, tx.Client(), run)
	if err != nil || hold == nil {
		return err
	}
	ended, err := tx.Client().LedgerEntry.Query().Where(ledgerentry.RunID(run), ledgerentry.KindEQ(ledgerentry.KindRelease)).Exist(ctx)
	if err != nil {
		return fmt.Errorf("usage: release: %w", err)
	}
	if ended {
		return nil
	}
	return end(ctx, tx, hold, charge{})
}

// Transfer moves the hold of a run to the run that repeats its work. It counts on the day of the first run,
// so that a repetition after midnight is not refused by the new day's quota.
func (l *Ledger) Transfer(ctx context.Context, tx *store.Tx, from, to oid.Run) error {
	hold, err := holdOf(ctx, tx.Client(), from)
	if err != nil || hold == nil {
		return err
	}
	rows := tx.Client().LedgerEntry
	err = rows.CreateBulk(
		entry(rows, hold, from, ledgerentry.KindSettle, charge{}),
		entry(rows, hold, from, ledgerentry.KindRelease, hold.all()),
		entry(rows, hold, to, ledgerentry.KindHold, hold.all()),
	).Exec(ctx)
	if err != nil {
		return fmt.Errorf("usage: transfer: %w", err)
	}
	return nil
}

// charge is an amount with its cost.
type charge struct {
	membership.Amounts
	cost int64
}

func (c charge) minus(other charge) charge {
	return charge{c.Minus(other.Amounts), c.cost - other.cost}
}

// holding is the hold of a run.
type holding struct{ *ent.LedgerEntry }

func (h *holding) all() charge {
	return charge{membership.Amounts{Tokens: h.Tokens, Images: h.Images, VideoMs: h.VideoMs}, h.CostMicros}
}

// charge is the part of a usage that is charged: at most what was held. An estimate that was too low is our
// loss, not the user's.
func (h *holding) charge(used membership.Amounts, cost *int64) charge {
	held := h.all()
	c := charge{Amounts: used.AtMost(held.Amounts)}
	if cost != nil {
		c.cost = min(*cost, held.cost)
	}
	return c
}

// holdOf returns the hold of a run; nil for none.
func holdOf(ctx context.Context, c *ent.Client, run oid.Run) (*holding, error) {
	row, err := c.LedgerEntry.Query().Where(ledgerentry.RunID(run), ledgerentry.KindEQ(ledgerentry.KindHold)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("usage: read hold: %w", err)
	}
	return &holding{row}, nil
}

// entry is an entry of a run in the account of the hold's user, key and day.
func entry(c *ent.LedgerEntryClient, h *holding, run oid.Run, kind ledgerentry.Kind, amount charge) *ent.LedgerEntryCreate {
	return c.Create().SetRunID(run).SetKind(kind).SetUserID(h.UserID).SetNillableAPIKeyID(h.APIKeyID).SetDay(h.Day).
		SetTokens(amount.Tokens).SetImages(amount.Images).SetVideoMs(amount.VideoMs).SetCostMicros(amount.cost)
}

// end settles a part of a hold and releases the rest. The entries are unique per run, so this happens once.
func end(ctx context.Context, tx *store.Tx, h *holding, charged charge) error {
	rows := tx.Client().LedgerEntry
	err := rows.CreateBulk(
		entry(rows, h, h.RunID, ledgerentry.KindSettle, charged),
		entry(rows, h, h.RunID, ledgerentry.KindRelease, h.all().minus(charged)),
	).Exec(ctx)
	if err != nil {
		return fmt.Errorf("usage: settle: %w", err)
	}
	// The month is locked before the day, as in a hold. In another order the two could wait for each other.
	if err := settleMonth(ctx, tx, h, charged); err != nil {
		return err
	}
	return settleDay(ctx, tx, h, charged)
}

// settleDay moves the charged part from held to used. Differences are written, so concurrent runs do not
// overwrite each other.
func settleDay(ctx context.Context, tx *store.Tx, h *holding, charged charge) error {
	if h.all().Amounts == (membership.Amounts{}) {
		return nil
	}
	const update = `UPDATE quota_days SET
			tokens_held = tokens_held - $1, images_held = images_held - $2, video_ms_held = video_ms_held - $3,
			tokens_used = tokens_used + $4, images_used = images_used + $5, video_ms_used = video_ms_used + $6
		WHERE user_id = $7 AND day = $8`
	_, err := tx.Client().ExecContext(ctx, update, h.Tokens, h.Images, h.VideoMs, charged.Tokens, charged.Images, charged.VideoMs, h.UserID, h.Day)
	if err != nil {
		return fmt.Errorf("usage: settle day: %w", err)
	}
	return nil
}

// settleMonth does the same for the month of an API key. A hold without a cost has no row there.
func settleMonth(ctx context.Context, tx *store.Tx, h *holding, charged charge) error {
	if h.APIKeyID == nil || h.CostMicros == 0 {
		return nil
	}
	const update = `UPDATE key_months SET cost_micros_held = cost_micros_held - $1, cost_micros_used = cost_micros_used + $2
		WHERE api_key_id = $3 AND month = $4`
	if _, err := tx.Client().ExecContext(ctx, update, h.CostMicros, charged.cost, *h.APIKeyID, month(h.Day)); err != nil {
		return fmt.Errorf("usage: settle month: %w", err)
	}
	return nil
}
