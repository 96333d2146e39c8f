package graph

import (
	"context"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/page"
)

// PreparePayment starts the payment of a membership.
func (r *mutationResolver) PreparePayment(ctx context.Context, in PreparePaymentInput) (*PreparePaymentPayload, error) {
	out := &PreparePaymentPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Payment, err = r.s.Billing.Prepare(ctx, p.User, billing.PrepareInput{Plan: in.Plan, Key: in.IdempotencyKey})
		return err
	})
}

// CompletePayment asks the gateway whether a payment was paid.
func (r *mutationResolver) CompletePayment(ctx context.Context, in CompletePaymentInput) (*CompletePaymentPayload, error) {
	out := &CompletePaymentPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Payment, err = r.s.Billing.Complete(ctx, p.User, in.PaymentID)
		return err
	})
}

// Plan is the membership that is bought.
func (r *paymentResolver) Plan(_ context.Context, p *ent.Payment) (catalog.Plan, error) {
	return catalog.Plan(p.Plan), nil
}

// Price is what it costs.
func (r *paymentResolver) Price(_ context.Context, p *ent.Payment) (*Price, error) {
	return &Price{Amount: int(p.Amount), Currency: p.Currency}, nil
}

// Checkout is the input of the gateway's browser SDK; nil when the payment cannot be paid now.
func (r *paymentResolver) Checkout(ctx context.Context, p *ent.Payment) (*Checkout, error) {
	c, err := r.s.Billing.Checkout(ctx, p)
	if c == nil || err != nil {
		return nil, err
	}
	out := &Checkout{Gateway: c.Gateway, PaymentID: p.GatewayID, StoreID: c.StoreID, ChannelKey: c.ChannelKey}
	if c.URL != "" {
		out.URL = &c.URL
	}
	return out, nil
}

// RefundedAmount is how much was paid back.
func (r *paymentResolver) RefundedAmount(_ context.Context, p *ent.Payment) (int, error) {
	return int(p.RefundedAmount), nil
}

// Timeline is what happened to it.
func (r *paymentResolver) Timeline(ctx context.Context, p *ent.Payment) ([]*ent.PaymentStep, error) {
	return loadersOf(ctx).timelines.Load(ctx, p.ID)
}

// Payment is the payment as of now.
func (r *paymentSavedResolver) Payment(ctx context.Context, e *PaymentSaved) (*ent.Payment, error) {
	return loadPayment(ctx, e.PaymentID)
}

// Amount is the amount of the step; nil when it has none.
func (r *paymentStepResolver) Amount(_ context.Context, s *ent.PaymentStep) (*int, error) {
	if s.Amount == nil {
		return nil, nil
	}
	amount := int(*s.Amount)
	return &amount, nil
}

// Payments are the person's payments.
func (r *userResolver) Payments(ctx context.Context, u *ent.User, first *int, after *string) (*PaymentConnection, error) {
	list, err := r.s.Billing.Payments(ctx, u.ID, page.Args{First: first, After: after})
	if err != nil {
		return nil, err
	}
	return connect(list, billing.Cursor), nil
}
