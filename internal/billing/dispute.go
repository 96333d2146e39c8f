package billing

import (
	"context"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/internal/pay"
)

// acceptDispute returns what a notice says about a dispute if it is newer than what is stored, and stores its
// time.
//
// Notices arrive in any order and are repeated for hours. The beginning of a dispute is ignored once a later
// event is known. Only times of the gateway are compared with one another, because clocks differ. Of two
// events at the same time the end of the dispute wins.
func (st *settlement) acceptDispute(ctx context.Context, c check) (pay.Dispute, error) {
	if c.dispute == "" || !isNewer(st.p, c.dispute, c.occurredAt) {
		return "", nil
	}
	err := st.tx.Client().Payment.Update().SetDisputeToldAt(c.occurredAt.Truncate(time.Microsecond)).Where(payment.ID(st.p.ID)).Exec(ctx)
	return c.dispute, wrap("dispute", err)
}

// isNewer reports whether an event of a dispute is newer than the stored one. An event without a time counts
// only as the first. Times are truncated, because the database stores microseconds.
func isNewer(p *ent.Payment, word pay.Dispute, at time.Time) bool {
	switch at = at.Truncate(time.Microsecond); {
	case p.DisputeToldAt == nil:
		return true
	case word == pay.DisputeResolved:
		return !at.Before(*p.DisputeToldAt)
	default:
		return at.After(*p.DisputeToldAt)
	}
}
