package billing

import (
	"context"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/ent/paymentstep"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/store"
)

// PrepareInput is an order for a membership.
type PrepareInput struct {
	Plan catalog.Plan
	// Key is the idempotency key.
	Key string `json:"-"`
}

// Prepare orders a membership for user: it fixes the plan, the price and the id. Then it registers the order
// at the gateway. That may fail without harm, because the amount is compared when the payment is settled and
// later checks register it again.
//
// It is an input error for FREE and any plan without a price, for a membership below the present one, for one
// that cannot be extended, where billing is off, and when [MaxPending] orders are unpaid. It is FORBIDDEN for
// an account that is about to be deleted.
func (s *Service) Prepare(ctx context.Context, user oid.User, in PrepareInput) (*ent.Payment, error) {
	var id oid.Payment
	key := store.Key{User: user, Key: in.Key, Input: in}
	replayed, err := s.store.Once(ctx, key, &id, func(ctx context.Context, tx *store.Tx) error {
		plan, err := s.orderable(ctx, tx, user, in.Plan)
		if err != nil {
			return err
		}
		id, err = s.order(ctx, tx, user, plan)
		return err
	})
	if err != nil {
		return nil, err
	}
	p, err := found(s.store.Client().Payment.Query().Where(payment.ID(id), payment.UserID(user)).Only(ctx))
	if err != nil || replayed {
		return p, err
	}
	if err := s.fault(Prepared); err != nil {
		return nil, err
	}
	// The gateway is called outside the transaction, as everywhere: a slow gateway must not hold locks.
	if s.registerFirst(ctx, p) {
		if p, err = found(s.store.Client().Payment.Get(ctx, id)); err != nil {
			return nil, err
		}
	}
	return p, s.fault(Registered)
}

// orderable returns a plan that user may order now, and locks the user.
func (s *Service) orderable(ctx context.Context, tx *store.Tx, user oid.User, want catalog.Plan) (membership.Plan, error) {
	// Plans.Get answers FREE for what it does not know.
	plan := s.plans.Get(want)
	if want == catalog.Free || plan.Type != want || plan.Amount < 1 {
		return membership.Plan{}, errs.Input(errs.InvalidValue, "plan", "An order is for a membership that has a price. Order STANDARD or PREMIUM.")
	}
	if !s.plans.Billing() {
		return membership.Plan{}, errs.Input(errs.WrongStatus, "plan", "Nothing needs to be bought: this server has no memberships.")
	}
	if err := tx.LockUser(ctx, user); err != nil {
		return membership.Plan{}, err
	}
	u, err := tx.Client().User.Get(ctx, user)
	if err != nil {
		return membership.Plan{}, wrap("read member", err)
	}
	if u.DeletesAt != nil {
		return membership.Plan{}, errs.New(errs.Forbidden, "This account is about to be deleted. Use `restoreAccount` first.")
	}
	if err := s.improves(termOf(u), want); err != nil {
		return membership.Plan{}, err
	}
	return plan, s.room(ctx, tx, user)
}

// improves refuses an order that would add nothing to the membership, or that is below it. A lower plan can
// be ordered once the present one has ended.
func (s *Service) improves(t term, want catalog.Plan) error {
	switch {
	case !t.isActive(s.now()):
		return nil
	case t.isEndless():
		return errs.Input(errs.WrongStatus, "plan", "Your membership %s has no end: there is nothing to add.", t.plan)
	case s.rates.isAbove(t.plan, want):
		return errs.Input(errs.WrongStatus, "plan", "Your membership %s lasts until %s. %s can be ordered after that.",
			t.plan, t.ends.UTC(), want)
	}
	return nil
}

// room refuses an order when [MaxPending] are unpaid. The count is exact, because the user is locked.
func (s *Service) room(ctx context.Context, tx *store.Tx, user oid.User) error {
	n, err := tx.Client().Payment.Query().
		Where(payment.UserID(user), payment.StatusEQ(payment.StatusPending), payment.ExpiresAtGT(s.now())).Count(ctx)
	if err != nil {
		return wrap("count", err)
	}
	if n < MaxPending {
		return nil
	}
	return errs.InputErrors{errs.Fault(errs.LimitReached, []string{"input"},
		errs.Textf("At most %d payments may wait to be paid. Pay one of them, or order again tomorrow.", MaxPending))}
}

// order stores a payment with the price of this moment. A later change of the plans does not affect it.
func (s *Service) order(ctx context.Context, tx *store.Tx, user oid.User, plan membership.Plan) (oid.Payment, error) {
	now := s.now()
	p, err := tx.Client().Payment.Create().SetUserID(user).SetGateway(s.current.Name()).SetGatewayID(pay.NewID()).
		SetPlan(payment.Plan(plan.Type)).SetAmount(plan.Amount).SetCurrency(plan.Currency).SetDays(plan.Days).
		SetOrderName(plan.OrderName).SetIsTest(s.current.TakesTests()).SetNextCheckAt(now.Add(firstCheck)).
		SetCreatedAt(now).SetExpiresAt(now.Add(PayWithin)).SetUpdatedAt(now).Save(ctx)
	if err != nil {
		return oid.Payment{}, wrap("prepare", err)
	}
	feed.Record(tx, user, feed.PaymentSaved, feed.Facts{Payment: p.ID})
	prepared := step{typ: paymentstep.TypePrepared, amount: &p.Amount}
	return p.ID, addStep(ctx, tx, p.ID, paymentstep.SourceClient, prepared, now)
}

// registerFirst registers a new order at the current gateway; true when the payment has received a name
// there.
func (s *Service) registerFirst(ctx context.Context, p *ent.Payment) (named bool) {
	ctx, cancel := context.WithTimeout(ctx, s.wait)
	defer cancel()
	return s.register(ctx, s.current, p)
}

// reregisterWait is how long a second registration may take. The gateway was queried before it, so a user's
// request has little time left.
const reregisterWait = time.Second

// reregister registers an order that the gateway does not know, since the first registration may have been
// lost.
func (s *Service) reregister(ctx context.Context, p *ent.Payment, wait time.Duration) (named bool) {
	g, err := s.gatewayOf(ctx, p)
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, min(wait, reregisterWait))
	defer cancel()
	return s.register(ctx, g, p)
}
