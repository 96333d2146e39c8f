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

// listKind binds cursors to lists of payments.
const listKind = "payments"

// Filter is which payments to list; its zero value is all.
type Filter struct {
	User     *oid.User
	Statuses []payment.Status
}

// Cursor is a payment's place in lists: the newest first.
func Cursor(p *ent.Payment) string { return page.Encode(listKind, p.ID.String()) }

// Payments pages through the payments of user, the newest first.
func (s *Service) Payments(ctx context.Context, user oid.User, args page.Args) (*page.Result[*ent.Payment], error) {
	return s.Search(ctx, Filter{User: &user}, args)
}

// Search pages through payments of anybody, the newest first.
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
	rows, err := q.Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, wrap("list", err)
	}
	return page.Of(rows, w), nil
}

// ByIDs returns payments of user, in no order.
func (s *Service) ByIDs(ctx context.Context, user oid.User, ids []oid.Payment) ([]*ent.Payment, error) {
	rows, err := s.store.Client().Payment.Query().Where(payment.IDIn(ids...), payment.UserID(user)).All(ctx)
	return rows, wrap("read", err)
}

// Get returns a payment of anybody; NOT_FOUND for an id that is not one.
func (s *Service) Get(ctx context.Context, paymentID string) (*ent.Payment, error) {
	id, err := oid.Parse[oid.Payment](paymentID)
	if err != nil {
		return nil, errNoPayment()
	}
	return found(s.store.Client().Payment.Get(ctx, id))
}

// Steps returns the timeline of a payment, the oldest first; at most [MaxSteps], the last.
func (s *Service) Steps(ctx context.Context, id oid.Payment) ([]*ent.PaymentStep, error) {
	byID, err := s.Timelines(ctx, []oid.Payment{id})
	return byID[id], err
}

// Timelines returns the timelines of payments, each as [Service.Steps] does.
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
