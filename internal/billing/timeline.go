package billing

import (
	"context"
	"encoding/json"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/ent/paymentstep"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// MaxSteps is how many steps of a payment are returned, the last ones. Repeated checks must not make a
// timeline endless.
const MaxSteps = 100

// last returns the last step of the payment that matches where; nil for none.
func (st *settlement) last(ctx context.Context, where ...predicate.PaymentStep) (*ent.PaymentStep, error) {
	one, err := st.tx.Client().PaymentStep.Query().Where(paymentstep.PaymentID(st.p.ID)).Where(where...).
		Order(paymentstep.ByID(entsql.OrderDesc())).First(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return one, wrap("timeline", err)
}

// recordCheck stores that the gateway was queried and nothing has changed. It increments the revision, so
// that an answer to an older query that says otherwise is discarded. The timeline shows neither checks of the
// recovery nor two checks in a row.
func (st *settlement) recordCheck(ctx context.Context) error {
	set := st.tx.Client().Payment.Update().Where(payment.ID(st.p.ID)).AddRevision(1)
	if next := st.next(st.p.Status); (next == nil) != (st.p.NextCheckAt == nil) { // This answer ends the checks, or starts them again because money may arrive.
		setNextCheck(set, next)
	}
	if err := set.Exec(ctx); err != nil {
		return wrap("check", err)
	}
	if st.source != paymentstep.SourceClient && st.source != paymentstep.SourceOperator {
		return nil
	}
	last, err := st.last(ctx)
	if err != nil || (last != nil && last.Type == paymentstep.TypeChecked) {
		return err
	}
	return addStep(ctx, st.tx, st.p.ID, st.source, step{typ: paymentstep.TypeChecked}, st.now)
}

// next is when the recovery checks the payment again once it has that status.
func (st *settlement) next(status payment.Status) *time.Time {
	after := *st.p
	after.Status, after.GatewayStatus = status, st.gatewayStatus
	return nextCheck(&after, st.now)
}

// save writes the payment with its steps, and publishes the change to the user. The revision is part of the
// condition: a concurrent change makes the answer stale.
func (st *settlement) save(ctx context.Context, set *ent.PaymentUpdate) error {
	p := st.p
	status, known := set.Mutation().Status()
	if !known {
		status = p.Status
	}
	setNextCheck(set, st.next(status))
	n, err := set.SetUpdatedAt(st.now).AddRevision(1).Where(payment.ID(p.ID), payment.Revision(p.Revision)).Save(ctx)
	if err != nil {
		return wrap("save", err)
	}
	if n == 0 {
		return errStale
	}
	for _, one := range st.steps {
		if err := addStep(ctx, st.tx, p.ID, st.source, one, st.now); err != nil {
			return err
		}
	}
	if st.member != nil {
		feed.Record(st.tx, st.member.id, feed.PaymentSaved, feed.Facts{Payment: p.ID})
	}
	return nil
}

// addStep adds a step to the timeline of a payment, with its text for every language and in English.
func addStep(ctx context.Context, tx *store.Tx, id oid.Payment, source paymentstep.Source, one step, now time.Time) error {
	create := tx.Client().PaymentStep.Create().SetPaymentID(id).SetType(one.typ).SetSource(source).
		SetNillableAmount(one.amount).SetCreatedAt(now)
	if !one.detail.IsZero() {
		text, err := json.Marshal(one.detail)
		if err != nil {
			return wrap("timeline", err)
		}
		create.SetDetail(one.detail.String()).SetDetailText(text)
	}
	return wrap("timeline", create.Exec(ctx))
}

// Detail is what happened beyond a step's type. Steps that were written before texts were stored have English
// only.
func Detail(s *ent.PaymentStep) errs.Text {
	var t errs.Text
	if json.Unmarshal(s.DetailText, &t) != nil || t.IsZero() {
		return errs.Verbatim(s.Detail)
	}
	return t
}
