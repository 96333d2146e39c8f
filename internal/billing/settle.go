package billing

import (
	"context"
	"errors"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/ent/paymentstep"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/store"
)

// check is one query of the gateway with its cause.
type check struct {
	source paymentstep.Source
	// wait bounds the request to the gateway. Writing the answer is not bounded by it, since an answer that
	// was paid for must not be lost.
	wait time.Duration
	// notice is the id of the delivery that caused the check; empty for none.
	notice string
	// dispute is the delivery's statement about a dispute, occurredAt the time of the event.
	dispute    pay.Dispute
	occurredAt time.Time
}

// errStale says that the payment changed after the gateway was queried: the answer may be older than what is
// stored.
var errStale = errors.New("billing: the answer is out of date")

// errReplayed says that a notice was handled before.
var errReplayed = errors.New("billing: the notice was worked off")

// maxRounds is how often one check queries the gateway again. A payment changes a few times in its life, so
// only a defect reaches the bound.
const maxRounds = 8

// settle queries the gateway for a payment, outside of any transaction, and writes the consequences in one
// transaction: the payment, its steps, the membership, the events, and the notice. No other function writes
// them.
//
// The same answer again changes nothing. An answer that would change something counts only if no other answer
// was written, or found to bring nothing new, since the query began. So a late answer never overwrites a
// newer one.
//
// A gateway that gives no answer is an unansweredError, and nothing is written.
func (s *Service) settle(ctx context.Context, id oid.Payment, c check) (*ent.Payment, error) {
	for range maxRounds {
		p, err := s.settleOnce(ctx, id, c)
		if !errors.Is(err, errStale) {
			return p, err
		}
	}
	return nil, errs.Wrap(errStale, errs.Unavailable, "This payment is changing. Please try again.").Retry(time.Second)
}

// settleOnce is one round: query, then write. It is errStale when the payment changed in between.
func (s *Service) settleOnce(ctx context.Context, id oid.Payment, c check) (*ent.Payment, error) {
	before, err := found(s.store.Client().Payment.Get(ctx, id))
	if err != nil {
		return nil, err
	}
	a, err := s.query(ctx, before, c.wait)
	if err != nil {
		return nil, err
	}
	if a.got == nil && before.Status == payment.StatusPending && s.now().Before(before.ExpiresAt) && s.reregister(ctx, before, c.wait) {
		return nil, errStale // The query was made without the name that the gateway gave the order just now.
	}
	if err := s.fault(Answered); err != nil {
		return nil, err
	}
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return s.write(ctx, tx, before, a, c) })
	// A replayed notice has done its work before, so the stored payment is the answer.
	if err != nil && !errors.Is(err, errReplayed) {
		return nil, err
	}
	if err := s.fault(Settled); err != nil {
		return nil, err
	}
	return found(s.store.Client().Payment.Get(ctx, id))
}

// write is the transaction: the notice, the locks, and the consequences of the answer.
func (s *Service) write(ctx context.Context, tx *store.Tx, before *ent.Payment, a answer, c check) error {
	// The notice comes first: its unique key makes a concurrent delivery wait for this transaction and then
	// end.
	if err := recordNotice(ctx, tx, c.notice, s.now()); err != nil {
		return err
	}
	st, err := s.begin(ctx, tx, before, c)
	if err != nil {
		return err
	}
	if err := s.fault(Locked); err != nil {
		return err
	}
	if a.dispute, err = st.acceptDispute(ctx, c); err != nil {
		return err
	}
	if err := st.apply(ctx, a); err != nil {
		return err
	}
	return s.fault(Granted)
}

// begin locks the user, then reads the payment again behind the lock.
func (s *Service) begin(ctx context.Context, tx *store.Tx, before *ent.Payment, c check) (*settlement, error) {
	st := &settlement{s: s, tx: tx, source: c.source, now: s.now()}
	if before.UserID != nil {
		m, err := s.lockMember(ctx, tx, *before.UserID, st.now)
		if err != nil && errs.CodeOf(err) != errs.NotFound {
			return nil, err
		}
		if m != nil {
			st.member, st.now = m, m.now
		}
	}
	p, err := found(tx.Client().Payment.Get(ctx, before.ID))
	if err != nil {
		return nil, err
	}
	if (p.UserID == nil) != (before.UserID == nil) || p.Reference != before.Reference { // The query named another user or another reference, so its answer is not comparable.
		return nil, errStale
	}
	st.p, st.isLate = p, p.Revision != before.Revision
	if st.now.Before(p.UpdatedAt) { // The clock of another server is ahead. Times of one payment never go back.
		st.now = p.UpdatedAt
	}
	return st, nil
}

// recordNotice stores that a notice is handled; errReplayed when it was before.
func recordNotice(ctx context.Context, tx *store.Tx, notice string, now time.Time) error {
	if notice == "" {
		return nil
	}
	err := tx.Client().PaymentNotice.Create().SetID(notice).SetCreatedAt(now).Exec(ctx)
	if ent.IsConstraintError(err) { // The insert waits for a concurrent transaction with the same key.
		return errReplayed
	}
	return wrap("notice", err)
}
