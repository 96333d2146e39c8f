package billing

import (
	"cmp"
	"context"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/membershipchange"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/ent/paymentstep"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/store"
)

// settlement is the transaction that writes the consequences of a gateway's answer.
type settlement struct {
	s      *Service
	tx     *store.Tx
	source paymentstep.Source
	now    time.Time
	// p is the payment as it was read at the beginning; it is not modified.
	p *ent.Payment
	// isLate says that another answer was written since this query began. Only an answer that changes nothing
	// is accepted then.
	isLate bool
	// member is the locked user of the payment; nil when the account is gone.
	member *member
	steps  []step
	// gatewayStatus is the last status that the gateway reported.
	gatewayStatus string
}

// step is an entry of the timeline.
type step struct {
	typ    paymentstep.Type
	amount *int64
	detail errs.Text
}

// note adds a step that save writes. A settlement without steps has changed nothing.
func (st *settlement) note(typ paymentstep.Type, amount *int64, detail errs.Text) {
	st.steps = append(st.steps, step{typ, amount, detail})
}

// apply writes the consequences of an answer.
func (st *settlement) apply(ctx context.Context, a answer) error {
	// Without an account there is no membership to grant, so the money must be returned by an operator.
	if a.verdict == paid && st.member == nil && st.p.GrantedAt == nil && a.withdrawn(st.p) < st.p.Amount {
		a.verdict, a.reason = unfit, errs.Textf("The account it was for is gone.")
	}
	if err := st.saveGatewayStatus(ctx, a); err != nil {
		return err
	}
	set := st.tx.Client().Payment.Update()
	switch {
	case st.p.Status == payment.StatusRefunded: // REFUNDED is final: a gateway reports nothing else after it.
	case a.verdict == paid:
		if err := st.settlePaid(ctx, set, a); err != nil {
			return err
		}
	case a.verdict == unfit:
		if err := st.reject(ctx, set, a); err != nil {
			return err
		}
	default:
		if err := st.settleUnpaid(ctx, set, a); err != nil {
			return err
		}
	}
	switch {
	case len(st.steps) == 0:
		return st.recordCheck(ctx)
	case st.isLate:
		return errStale
	}
	return st.save(ctx, set)
}

// saveGatewayStatus stores the last status that the gateway reported. Users do not see it, so no event is
// published.
func (st *settlement) saveGatewayStatus(ctx context.Context, a answer) error {
	if st.gatewayStatus = st.p.GatewayStatus; a.got == nil || string(a.got.Status) == st.gatewayStatus {
		return nil
	}
	if st.isLate { // The stored status may be older or newer than this one. Only a new query decides.
		return errStale
	}
	st.gatewayStatus = string(a.got.Status)
	err := st.tx.Client().Payment.Update().SetGatewayStatus(st.gatewayStatus).Where(payment.ID(st.p.ID)).Exec(ctx)
	return wrap("remember", err)
}

// settleUnpaid settles an unpaid payment: it failed, it expired, or it remains pending.
func (st *settlement) settleUnpaid(ctx context.Context, set *ent.PaymentUpdate, a answer) error {
	if err := st.noteVirtualAccount(ctx, a); err != nil || st.p.Status != payment.StatusPending {
		return err
	}
	switch {
	case a.verdict == failed:
		set.SetStatus(payment.StatusFailed)
		st.note(paymentstep.TypeFailed, nil, errs.Text{})
	case !st.now.Before(st.p.ExpiresAt):
		set.SetStatus(payment.StatusExpired)
		st.note(paymentstep.TypeExpired, nil, errs.Text{})
	}
	return nil
}

// noteVirtualAccount adds, once, the step by which the user learns that they must transfer money to a virtual
// account.
func (st *settlement) noteVirtualAccount(ctx context.Context, a answer) error {
	if a.got == nil || a.got.Status != pay.VirtualAccountIssued || st.p.GatewayStatus == string(pay.VirtualAccountIssued) {
		return nil
	}
	switch st.p.Status {
	case payment.StatusPending, payment.StatusFailed, payment.StatusExpired:
	default:
		return nil
	}
	known, err := st.last(ctx, paymentstep.TypeEQ(paymentstep.TypeVirtualAccountIssued))
	if err == nil && known == nil {
		st.note(paymentstep.TypeVirtualAccountIssued, nil, errs.Text{})
	}
	return err
}

// reject settles money that does not match the order. What was granted before remains, since an answer about
// another order is no reason to take days back.
func (st *settlement) reject(ctx context.Context, set *ent.PaymentUpdate, a answer) error {
	known, err := st.isRejected(ctx, a.reason)
	if err != nil || known {
		return err
	}
	st.s.log.ErrorContext(ctx, "the gateway has money that does not fit its order; somebody must look at it",
		"payment", st.p.ID, "gateway", st.p.Gateway, "gatewayId", cmp.Or(st.p.Reference, st.p.GatewayID),
		"transactionId", a.transaction(st.p), "status", st.p.Status, "reason", a.reason.String())
	if st.p.GrantedAt != nil || st.p.Status == payment.StatusDisputed {
		return nil
	}
	set.SetStatus(payment.StatusRejected).SetIsTest(a.got.IsTest).SetTransactionID(a.transaction(st.p))
	st.note(paymentstep.TypeRejected, &a.got.Total, a.reason)
	return nil
}

// isRejected reports whether the payment is rejected for that reason already, so that a repeated check adds
// no step and no log line.
func (st *settlement) isRejected(ctx context.Context, reason errs.Text) (bool, error) {
	if st.p.Status != payment.StatusRejected {
		return false, nil
	}
	last, err := st.last(ctx, paymentstep.TypeEQ(paymentstep.TypeRejected))
	return last != nil && last.Detail == reason.String(), err
}

// settlePaid settles money that matches: what was paid, what was refunded, and the resulting days.
func (st *settlement) settlePaid(ctx context.Context, set *ent.PaymentUpdate, a answer) error {
	p, refunded, status := st.p, a.refunded(st.p), a.status(st.p)
	if p.PaidAt == nil && (!a.got.PaidAt.IsZero() || refunded < p.Amount) { // A payment that was cancelled before it was paid has no time.
		set.SetPaidAt(st.paidAt(a))
		st.note(paymentstep.TypePaid, &a.got.Total, errs.Text{})
	}
	if came := refunded - p.RefundedAmount; came > 0 {
		set.SetRefundedAmount(refunded)
		typ := paymentstep.TypePartiallyRefunded
		if refunded >= p.Amount {
			typ = paymentstep.TypeRefunded
		}
		st.note(typ, &came, errs.Text{})
	}
	if isDisputed := status == payment.StatusDisputed; isDisputed != (p.Status == payment.StatusDisputed) {
		st.note(map[bool]paymentstep.Type{true: paymentstep.TypeDisputed, false: paymentstep.TypeDisputeResolved}[isDisputed], nil, errs.Text{})
	}
	if err := st.balance(ctx, set, a.withdrawn(p)); err != nil {
		return err
	}
	set.SetStatus(status).SetIsTest(a.got.IsTest).SetTransactionID(a.transaction(p))
	return nil
}

// paidAt is the gateway's time of the payment, in the precision of the databases; now where it reports none.
func (st *settlement) paidAt(a answer) time.Time {
	if a.got.PaidAt.IsZero() {
		return st.now
	}
	return a.got.PaidAt.UTC().Truncate(time.Microsecond)
}

// balance makes the membership hold the days that are paid for when back of the price is withdrawn. It grants
// them the first time, and takes or restores the difference later. TakenBack remembers the part that is
// accounted for, so a repetition changes nothing.
func (st *settlement) balance(ctx context.Context, set *ent.PaymentUpdate, back int64) error {
	switch p := st.p; {
	case p.GrantedAt == nil && back < p.Amount:
		set.SetGrantedAt(st.now).SetTakenBack(back)
		return st.grant(ctx, share(p.Days, p.Amount, p.Amount)-share(p.Days, back, p.Amount), st.member.grant)
	case p.GrantedAt == nil || back == p.TakenBack:
		return nil
	case back > p.TakenBack:
		set.SetTakenBack(back)
		return st.takeBack(ctx, back)
	default:
		set.SetTakenBack(back)
		return st.restore(ctx, back)
	}
}

// grant adds time by one of the member's two ways and notes it.
func (st *settlement) grant(ctx context.Context, d micros, how func(context.Context, change) (micros, error)) error {
	p := st.p
	added, err := how(ctx, change{kind: membershipchange.KindGrant, payment: &p.ID, plan: catalog.Plan(p.Plan), micros: d})
	if err != nil {
		return err
	}
	detail := errs.Textf("%s of %s.", added.text(), p.Plan)
	if added == 0 {
		detail = errs.Textf("The membership has no end: there was nothing to add.")
	}
	st.note(paymentstep.TypeGranted, nil, detail)
	return nil
}

// takeBack takes the days that were bought with the part of the price between the former TakenBack and back.
func (st *settlement) takeBack(ctx context.Context, back int64) error {
	p := st.p
	var taken micros
	if st.member != nil {
		var err error
		if taken, err = st.member.takeBack(ctx, p, share(p.Days, back, p.Amount)-share(p.Days, p.TakenBack, p.Amount)); err != nil {
			return err
		}
	}
	detail := errs.Textf("%s of %s.", taken.text(), p.Plan)
	if taken == 0 {
		detail = errs.Textf("Its days were used up: there was nothing left to take back.")
	}
	amount := back - p.TakenBack
	st.note(paymentstep.TypeTakenBack, &amount, detail)
	return nil
}

// restore gives back what was taken for a dispute that ended in our favour. The first grant bounds it,
// because a membership that had ended meanwhile had nothing to take.
func (st *settlement) restore(ctx context.Context, back int64) error {
	if st.member == nil {
		return nil
	}
	rows, err := st.tx.Client().MembershipChange.Query().Where(membershipchange.PaymentID(st.p.ID)).Order(membershipchange.ByID()).All(ctx)
	if err != nil {
		return wrap("membership history", err)
	}
	var first, held micros
	for _, c := range rows {
		if held += micros(c.Micros); first == 0 {
			first = micros(c.Micros)
		}
	}
	due := share(st.p.Days, st.p.Amount, st.p.Amount) - share(st.p.Days, back, st.p.Amount)
	if d := min(due, first) - held; d > 0 {
		return st.grant(ctx, d, st.member.restore)
	}
	return nil
}
