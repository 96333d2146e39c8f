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

// errMissing says that a payment is of a gateway that this server does not serve any more.
var errMissing = errors.New("the gateway of the payment is not among those that this server serves")

// gatewayOf is the gateway a payment was ordered at: nobody else can say how it stands. One that there is not gives no
// answers; it is logged once which one that is.
func (s *Service) gatewayOf(ctx context.Context, p *ent.Payment) (pay.Gateway, error) {
	if g, ok := s.gateways[p.Gateway]; ok {
		return g, nil
	}
	if _, said := s.missing.LoadOrStore(p.Gateway, true); !said {
		s.log.ErrorContext(ctx, "payments are of a gateway that is not served any more, and are not looked at: name it in PAYMENTS again, behind the first",
			"gateway", p.Gateway, "payment", p.ID)
	}
	return nil, unanswered{errMissing}
}

// refOf is what a payment's gateway knows it by.
func refOf(p *ent.Payment) pay.Ref { return pay.Ref{ID: p.GatewayID, Reference: p.Reference} }

// register tells the gateway of an order and keeps the name that the gateway has for it: true says that it is new. Its
// failure is logged only, see [Service.Prepare].
func (s *Service) register(ctx context.Context, g pay.Gateway, p *ent.Payment) (isNew bool) {
	o := pay.Order{ID: p.GatewayID, OrderName: p.OrderName, Currency: p.Currency, Amount: p.Amount}
	if p.UserID != nil {
		o.Customer = p.UserID.String()
	}
	reference, err := g.Register(ctx, o)
	if err == nil && reference != "" && reference != p.Reference {
		isNew, err = s.keepReference(ctx, p.ID, reference)
	}
	if err != nil {
		s.log.WarnContext(ctx, "the gateway could not be told of an order; it is told again when it is looked at", "payment", p.ID, "error", err)
	}
	return isNew
}

// keepReference writes down what the gateway calls a payment, once, and tells the person, who can pay it from now on. What
// was asked without it is out of date.
func (s *Service) keepReference(ctx context.Context, id oid.Payment, reference string) (isNew bool, err error) {
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

// Checkout is what a browser needs to pay; nil unless the payment can be paid now. UNAVAILABLE says that its gateway, or
// this server's way to it, is down.
func (s *Service) Checkout(ctx context.Context, p *ent.Payment) (*pay.Checkout, error) {
	if p.Status != payment.StatusPending || !s.now().Before(p.ExpiresAt) {
		return nil, nil
	}
	g, err := s.gatewayOf(ctx, p)
	if err != nil { // Nobody can pay it here.
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
