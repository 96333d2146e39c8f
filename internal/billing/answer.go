package billing

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/pay"
)

// verdict is what a gateway's answer means for an order.
type verdict int

const (
	// open: it is not paid, or nobody can say that it is.
	open verdict = iota
	// failed: an attempt to pay failed. Another one may follow.
	failed
	// unfit: the gateway has money that does not fit the order.
	unfit
	// paid: the money came, whatever became of it since.
	paid
)

// answer is what the gateway says of an order, held against it.
type answer struct {
	verdict verdict
	// reason says what does not fit.
	reason errs.Text
	// returned is how much of the price was paid back.
	returned int64
	// dispute is a gateway's newest word on a dispute, where a notice brought one.
	dispute pay.Dispute
	// got is the gateway's own word; nil when it knows of no payment.
	got *pay.Payment
}

// ask asks the gateway; a payment that nobody has begun to pay is open.
func (s *Service) ask(ctx context.Context, p *ent.Payment, wait time.Duration) (answer, error) {
	g, err := s.gatewayOf(ctx, p)
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	got, err := g.Payment(ctx, refOf(p))
	if errors.Is(err, pay.ErrNotFound) {
		return answer{verdict: open}, nil
	}
	if err != nil {
		return answer{}, unanswered{err}
	}
	return judge(g, p, got), nil
}

// unanswered is the failure of a gateway that cannot say now how things stand.
type unanswered struct{ cause error }

func (u unanswered) Error() string { return "billing: no answer: " + u.cause.Error() }

func (u unanswered) Unwrap() error { return u.cause }

// judge holds the gateway's word against the order. What it does not know counts as open: nothing is granted on a guess.
func judge(g pay.Gateway, p *ent.Payment, got *pay.Payment) answer {
	a := answer{verdict: open, got: got}
	switch got.Status {
	case pay.Failed:
		a.verdict = failed
	case pay.Paid, pay.PartialCancelled:
		a.verdict, a.returned = paid, max(0, min(got.Cancelled, p.Amount))
	case pay.Cancelled:
		if a.verdict, a.returned = paid, p.Amount; wasNeverPaid(p, got) {
			a.verdict, a.returned = failed, 0
		}
	case pay.Ready, pay.Pending, pay.VirtualAccountIssued, pay.Unknown:
	}
	if a.verdict != paid {
		return a
	}
	if a.reason = misfit(g, p, got); !a.reason.IsZero() && !isHarmless(p, got) {
		a.verdict = unfit
	}
	return a
}

// wasNeverPaid says that what was cancelled had no money: a virtual account that was given up before anybody paid into it.
func wasNeverPaid(p *ent.Payment, got *pay.Payment) bool {
	return got.Paid == 0 && got.PaidAt.IsZero() && p.PaidAt == nil
}

// isHarmless says that all the money went back before anything was granted for it, so it need not fit.
func isHarmless(p *ent.Payment, got *pay.Payment) bool {
	return got.Status == pay.Cancelled && p.GrantedAt == nil && got.ID == p.GatewayID
}

// misfit says what is wrong with money that came for an order; empty when it fits. It names no value of the gateway's.
func misfit(g pay.Gateway, p *ent.Payment, got *pay.Payment) errs.Text {
	switch {
	case got.ID != p.GatewayID:
		return errs.Textf("The gateway answered with another payment.")
	case got.StoreID != g.StoreID():
		return errs.Textf("It was paid in another shop.")
	case got.Currency != p.Currency:
		return errs.Textf("It was paid in another currency.")
	case got.Total != p.Amount:
		return errs.Textf("It was paid with another amount.")
	case got.Status == pay.Paid && got.IsItemised && got.Discount != got.Total-got.Paid:
		return errs.Textf("What was paid and the discount do not make up its amount.")
	case got.OrderName != p.OrderName:
		return errs.Textf("It was paid for another order.")
	case got.IsTest && !g.TakesTests():
		return errs.Textf("It is a test: no real money moved.")
	case got.Customer != "" && p.UserID != nil && got.Customer != p.UserID.String():
		return errs.Textf("It was paid in another person's name.")
	}
	return errs.Text{}
}

// back is how much of the price is not the payer's side of the bargain any more, and so buys no days: what was paid
// back, and all of it while it is disputed.
func (a answer) back(p *ent.Payment) int64 {
	if a.isDisputed(p) {
		return p.Amount
	}
	return a.refunded(p)
}

// isDisputed says whether the payment is disputed. Where the gateway's answer does not tell, its newest notice does; without
// one it is as it was.
func (a answer) isDisputed(p *ent.Payment) bool {
	switch {
	case !a.got.DisputeUnknown || a.got.Disputed:
		return a.got.Disputed
	case a.dispute != "":
		return a.dispute == pay.DisputeCreated
	default:
		return p.Status == payment.StatusDisputed
	}
}

// refunded is how much of the price was ever known to be paid back: a gateway does not take a refund back.
func (a answer) refunded(p *ent.Payment) int64 { return max(a.returned, p.RefundedAmount) }

// status is where a paid payment stands by this answer.
func (a answer) status(p *ent.Payment) payment.Status {
	switch refunded := a.refunded(p); {
	case refunded >= p.Amount:
		return payment.StatusRefunded
	case a.isDisputed(p):
		return payment.StatusDisputed
	case refunded > 0:
		return payment.StatusPartiallyRefunded
	default:
		return payment.StatusPaid
	}
}

// transaction is the gateway's id of the transaction, as far as it is known.
func (a answer) transaction(p *ent.Payment) string {
	return cmp.Or(a.got.TransactionID, p.TransactionID)
}
