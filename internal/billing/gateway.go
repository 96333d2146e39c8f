package billing

import (
	"context"
	"errors"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/store"
)

// errMissing says that a payment belongs to a gateway that this server does not serve.
var errMissing = errors.New("the gateway of the payment is not among those that this server serves")

// gatewayOf returns the gateway at which a payment was ordered, since no other one knows it. A gateway that
// is not configured counts as unanswered, so that nothing is decided without it. Each missing name is logged
// once.
func (s *Service) gatewayOf(ctx context.Context, p *ent.Payment) (pay.Gateway, error) {
	if g, ok := s.gateways[p.Gateway]; ok {
		return g, nil
	}
	if _, said := s.missing.LoadOrStore(p.Gateway, true); !said {
		s.log.ErrorContext(ctx, "payments are of a gateway that is not served any more, and are not looked at: name it in PAYMENTS again, behind the first",
			"gateway", p.Gateway, "payment", p.ID)
	}
	return nil, unansweredError{errMissing}
}

// refOf returns the names by which the gateway knows a payment.
func refOf(p *ent.Payment) pay.Ref { return pay.Ref{ID: p.GatewayID, Reference: p.Reference} }

// register sends an order to the gateway and saves the gateway's name for it; true when that name is new. A
// failure is only logged, because a later check registers the order again; see [Service.Prepare].
func (s *Service) register(ctx context.Context, g pay.Gateway, p *ent.Payment) (isNew bool) {
	o := pay.Order{ID: p.GatewayID, OrderName: p.OrderName, Currency: p.Currency, Amount: p.Amount}
	if p.UserID != nil {
		o.Customer = p.UserID.String()
	}
	reference, err := g.Register(ctx, o)
	if err == nil && reference != "" && reference != p.Reference {
		isNew, err = s.saveReference(ctx, p.ID, reference)
	}
	if err != nil {
		s.log.WarnContext(ctx, "the gateway could not be told of an order; it is told again when it is looked at", "payment", p.ID, "error", err)
	}
	return isNew
}

// saveReference stores the gateway's name of a payment, once, and publishes the change, since the payment can
// be paid from now on. The revision grows, so that an answer that was requested without the name is
// discarded.
func (s *Service) saveReference(ctx context.Context, id oid.Payment, reference string) (isNew bool, err error) {
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Client().Payment.Update().SetReference(reference).AddRevision(1).
			Where(payment.ID(id), payment.Reference("")).Save(ctx)
		if isNew = n == 1; err != nil || !isNew {
			return wrap("reference", err)
		}
		p, err := tx.Client().Payment.Get(ctx, id)
		if err == nil && p.UserID != nil {
			feed.Record(tx, *p.UserID, feed.PaymentSaved, feed.Facts{Payment: id})
		}
		return wrap("reference", err)
	})
	return isNew && err == nil, err
}

// Checkout returns what a browser needs to pay; nil when the payment cannot be paid now. It is UNAVAILABLE
// while the gateway cannot be reached.
func (s *Service) Checkout(ctx context.Context, p *ent.Payment) (*pay.Checkout, error) {
	if p.Status != payment.StatusPending || !s.now().Before(p.ExpiresAt) {
		return nil, nil
	}
	g, err := s.gatewayOf(ctx, p)
	if err != nil { // A gateway that is not served cannot take the payment.
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.wait)
	defer cancel()
	c, err := g.Checkout(ctx, refOf(p))
	if errors.Is(err, pay.ErrNotFound) { // It is not registered yet.
		return nil, nil
	}
	if err != nil {
		return nil, errGateway(err)
	}
	return c, nil
}
