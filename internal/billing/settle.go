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

// look is why the gateway is asked.
type look struct {
	source paymentstep.Source
	// wait is for how long the gateway is waited for; what it answered is written however long that takes.
	wait time.Duration
	// notice is the delivery that is worked off with it; empty for none.
	notice string
	// dispute is what that delivery says of a dispute, toldAt when that happened.
	dispute pay.Dispute
	toldAt  time.Time
}

// errStale says that the payment changed after the gateway was asked: the answer may be older than what is known.
var errStale = errors.New("billing: the answer is out of date")

// errReplayed says that a notice was worked off before.
var errReplayed = errors.New("billing: the notice was worked off")

// maxRounds is how often the gateway is asked again for one look. A payment changes a few times in its life, so
// the bound is for faults.
const maxRounds = 8

// settle asks the gateway how a payment stands, outside of any transaction, and writes in one transaction what follows
// from it: the payment, its steps, the membership, the events, and the notice that told. It is the only function that
// does. The same answer again changes nothing. An answer that would change something counts only when no other one was
// written, or found to bring nothing new, since it was asked for: so no late answer overwrites a newer one.
//
// A gateway that gives no answer is an unanswered error, and nothing is written.
func (s *Service) settle(ctx context.Context, id oid.Payment, l look) (*ent.Payment, error) {
	for range maxRounds {
		p, err := s.settleOnce(ctx, id, l)
		if !errors.Is(err, errStale) {
			return p, err
		}
	}
	return nil, errs.Wrap(errStale, errs.Unavailable, "This payment is changing. Please try again.").Retry(time.Second)
}

func (s *Service) settleOnce(ctx context.Context, id oid.Payment, l look) (*ent.Payment, error) {
	before, err := found(s.store.Client().Payment.Get(ctx, id))
	if err != nil {
		return nil, err
	}
	a, err := s.ask(ctx, before, l.wait)
	if err != nil {
		return nil, err
	}
	if a.got == nil && before.Status == payment.StatusPending && s.now().Before(before.ExpiresAt) && s.registerAgain(ctx, before, l.wait) {
		return nil, errStale // It was asked for without its name.
	}
	if err := s.fault(Asked); err != nil {
		return nil, err
	}
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return s.write(ctx, tx, before, a, l) })
	if err != nil && !errors.Is(err, errReplayed) {
		return nil, err
	}
	if err := s.fault(Settled); err != nil {
		return nil, err
	}
	return found(s.store.Client().Payment.Get(ctx, id))
}

// write is the transaction: the notice, the locks, and what follows from the answer.
func (s *Service) write(ctx context.Context, tx *store.Tx, before *ent.Payment, a answer, l look) error {
	if err := workOff(ctx, tx, l.notice, s.now()); err != nil {
		return err
	}
	st, err := s.begin(ctx, tx, before, l)
	if err != nil {
		return err
	}
	if err := s.fault(Locked); err != nil {
		return err
	}
	if a.dispute, err = st.heed(ctx, l); err != nil {
		return err
	}
	if err := st.apply(ctx, a); err != nil {
		return err
	}
	return s.fault(Granted)
}

// begin locks the person and reads the payment again.
func (s *Service) begin(ctx context.Context, tx *store.Tx, before *ent.Payment, l look) (*settlement, error) {
	st := &settlement{s: s, tx: tx, source: l.source, now: s.now()}
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
	if (p.UserID == nil) != (before.UserID == nil) || p.Reference != before.Reference { // Another question would be asked now.
		return nil, errStale
	}
	st.p, st.isLate = p, p.Revision != before.Revision
	if st.now.Before(p.UpdatedAt) { // Another server's clock is ahead.
		st.now = p.UpdatedAt
	}
	return st, nil
}

// workOff writes down that a notice is worked off; errReplayed when it was before.
func workOff(ctx context.Context, tx *store.Tx, notice string, now time.Time) error {
	if notice == "" {
		return nil
	}
	err := tx.Client().PaymentNotice.Create().SetID(notice).SetCreatedAt(now).Exec(ctx)
	if ent.IsConstraintError(err) { // One that is being worked off was waited for.
		return errReplayed
	}
	return wrap("notice", err)
}
