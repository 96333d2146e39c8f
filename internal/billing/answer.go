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

// verdict is the meaning of a gateway's answer for an order.
type verdict int

const (
	// open: the order is not paid, or the answer does not prove that it is.
	open verdict = iota
	// failed: an attempt to pay failed. Another attempt may follow.
	failed
	// unfit: the gateway has money that does not match the order.
	unfit
	// paid: the money came, even if it was refunded or disputed since.
	paid
)

// answer is a gateway's answer about a payment, compared with the order.
type answer struct {
	verdict verdict
	// reason is why the money does not match; set only with the verdict unfit.
	reason errs.Text
	// returned is the part of the price that was refunded, in minor units.
	returned int64
	// dispute is the newest notice about a dispute, where the check was caused by one.
	dispute pay.Dispute
	// got is the answer as the gateway gave it; nil when the gateway knows no such payment.
	got *pay.Payment
}

// query requests a payment from the gateway. A payment that the gateway does not know is open, since many
// gateways create it only when the user begins to pay.
func (s *Service) query(ctx context.Context, p *ent.Payment, wait time.Duration) (answer, error) {
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
		return answer{}, unansweredError{err}
	}
	return judge(g, p, got), nil
}

// unansweredError is the failure of a gateway that cannot answer now. Callers retry instead of deciding
// anything.
type unansweredError struct{ cause error }

func (u unansweredError) Error() string { return "billing: no answer: " + u.cause.Error() }

func (u unansweredError) Unwrap() error { return u.cause }

// judge compares the gateway's answer with the order. Every status that is not known for certain counts as
// open, so that nothing is granted on a guess.
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

// wasNeverPaid reports whether a cancelled payment never held money, such as a virtual account that was
// cancelled before a transfer.
func wasNeverPaid(p *ent.Payment, got *pay.Payment) bool {
	return got.Paid == 0 && got.PaidAt.IsZero() && p.PaidAt == nil
}

// isHarmless reports whether all the money was returned before anything was granted. Such money need not
// match the order, because it buys nothing.
func isHarmless(p *ent.Payment, got *pay.Payment) bool {
	return got.Status == pay.Cancelled && p.GrantedAt == nil && got.ID == p.GatewayID
}

// misfit says how the money differs from the order; zero when it matches. The text quotes no value of the
// gateway, because users see it.
//
// Each of the values is compared, since a browser starts the payment and can change all of them.
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
	// A coupon or points may pay a part. Both amounts together must make up the price, and only some gateways
	// report both.
	case got.Status == pay.Paid && got.IsItemised && got.Discount != got.Total-got.Paid:
		return errs.Textf("What was paid and the discount do not make up its amount.")
	case got.OrderName != p.OrderName:
		return errs.Textf("It was paid for another order.")
	// A test channel accepts any card, so its payments count only where the server is configured for tests.
	case got.IsTest && !g.TakesTests():
		return errs.Textf("It is a test: no real money moved.")
	// The gateway keeps the customer that the browser named. Another customer means that the order was paid
	// in a foreign session.
	case got.Customer != "" && p.UserID != nil && got.Customer != p.UserID.String():
		return errs.Textf("It was paid in another person's name.")
	}
	return errs.Text{}
}

// withdrawn is the part of the price that buys no days at present: what was refunded, and the whole price
// while the payment is disputed.
func (a answer) withdrawn(p *ent.Payment) int64 {
	if a.isDisputed(p) {
		return p.Amount
	}
	return a.refunded(p)
}

// isDisputed reports whether the payment is disputed. The gateway's answer decides where it covers disputes.
// Otherwise the newest notice decides, and without a notice the stored status remains.
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

// refunded is the largest refund ever reported. It never shrinks, because a gateway does not take a refund
// back and a late answer may show an older amount.
func (a answer) refunded(p *ent.Payment) int64 { return max(a.returned, p.RefundedAmount) }

// status is the status of a payment that was paid, according to this answer.
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

// transaction is the gateway's id of the transaction; the stored one where the answer has none.
func (a answer) transaction(p *ent.Payment) string {
	return cmp.Or(a.got.TransactionID, p.TransactionID)
}
