package billing

import (
	"context"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/internal/pay"
)

// heed answers a notice's word on a dispute when none that is as new was heard before, and remembers its time. Notices
// come in any order and come again for hours: that a dispute began counts for nothing once a later word is known. Times are compared with one
// another, all of them the gateway's own; of two words of one moment the dispute's end holds.
func (st *settlement) heed(ctx context.Context, l look) (pay.Dispute, error) {
	if l.dispute == "" || !isNews(st.p, l.dispute, l.toldAt) {
		return "", nil
	}
	err := st.tx.Client().Payment.Update().SetDisputeToldAt(l.toldAt.Truncate(time.Microsecond)).Where(payment.ID(st.p.ID)).Exec(ctx)
	return l.dispute, wrap("dispute", err)
}

// isNews says whether a word on a dispute is newer than what was heard before. One without a time counts only as the first.
func isNews(p *ent.Payment, word pay.Dispute, at time.Time) bool {
	switch at = at.Truncate(time.Microsecond); {
	case p.DisputeToldAt == nil:
		return true
	case word == pay.DisputeResolved:
		return !at.Before(*p.DisputeToldAt)
	default:
		return at.After(*p.DisputeToldAt)
	}
}
