package billing

import (
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/ent/paymentstep"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
)

// listKind binds cursors to lists of payments, so that a cursor of another list is refused.
const listKind = "payments"

// Filter selects payments; its zero value selects all of them.
type Filter struct {
	User     *oid.User
	Statuses []payment.Status
}

// Cursor is the position of a payment in lists, which begin with the newest.
func Cursor(p *ent.Payment) string { return page.Encode(listKind, p.ID.String()) }

// Payments returns a page of the payments of user, the newest first.
func (s *Service) Payments(ctx context.Context, user oid.User, args page.Args) (*page.Result[*ent.Payment], error) {
	return s.Search(ctx, Filter{User: &user}, args)
}

// Search returns a page of payments of any user, the newest first.
func (s *Service) Search(ctx context.Context, f Filter, args page.Args) (*page.Result[*ent.Payment], error) {
	w, err := page.Parse(listKind, args)
	if err != nil {
		return nil, err
	}
	q := s.store.Client().Payment.Query().Order(payment.ByID(sql.OrderDesc()))
	if f.User != nil {
		q.Where(payment.UserID(*f.User))
	}
	if len(f.Statuses) > 0 {
		q.Where(payment.StatusIn(f.Statuses...))
	}
	if w.After != nil {
		after, err := page.ID[oid.Payment]("after", w.After)
		if err != nil {
			return nil, err
		}
		q.Where(payment.IDLT(after))
	}
	// One row more than requested shows whether there is a next page.
	rows, err := q.Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, wrap("list", err)
	}
	return page.Of(rows, w), nil
}

// ByIDs returns payments of user, in no particular order. Ids of other users are left out.
func (s *Service) ByIDs(ctx context.Context, user oid.User, ids []oid.Payment) ([]*ent.Payment, error) {
	rows, err := s.store.Client().Payment.Query().Where(payment.IDIn(ids...), payment.UserID(user)).All(ctx)
	return rows, wrap("read", err)
}

// Get returns a payment of any user; NOT_FOUND for an unknown or malformed id.
func (s *Service) Get(ctx context.Context, paymentID string) (*ent.Payment, error) {
	id, err := oid.Parse[oid.Payment](paymentID)
	if err != nil {
		return nil, errNoPayment()
	}
	return found(s.store.Client().Payment.Get(ctx, id))
}

// Steps returns the timeline of a payment, the oldest step first; at most the last [MaxSteps].
func (s *Service) Steps(ctx context.Context, id oid.Payment) ([]*ent.PaymentStep, error) {
	byID, err := s.Timelines(ctx, []oid.Payment{id})
	return byID[id], err
}

// Timelines returns the timelines of several payments in one query, each as [Service.Steps] does.
func (s *Service) Timelines(ctx context.Context, ids []oid.Payment) (map[oid.Payment][]*ent.PaymentStep, error) {
	rows, err := s.store.Client().PaymentStep.Query().Where(paymentstep.PaymentIDIn(ids...)).Order(paymentstep.ByID()).All(ctx)
	if err != nil {
		return nil, wrap("timeline", err)
	}
	byID := make(map[oid.Payment][]*ent.PaymentStep, len(ids))
	for _, one := range rows {
		byID[one.PaymentID] = append(byID[one.PaymentID], one)
	}
	for id, steps := range byID {
		byID[id] = slices.Clip(steps[max(0, len(steps)-MaxSteps):])
	}
	return byID, nil
}
