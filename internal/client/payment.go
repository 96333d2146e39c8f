package client

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
)

// Amounts are the units that quotas count.
type Amounts struct{ Tokens, Images, VideoMs int64 }

// Membership is the viewer's membership and what is left of the day's quota.
type Membership struct {
	Type, ActsAs string
	IsActive     bool
	ExpiresAt    *string
	Quota        *struct{ Limit, Used, Held, Left Amounts }
}

// Payment is a payment as a client shows it.
type Payment struct {
	ID, Status, OrderName string
	Price                 struct {
		Amount   int
		Currency string
	}
	Checkout *struct{ Gateway, PaymentID, URL string }
	Timeline []struct{ Type, Source string }
}

// paymentFields are the fields of a payment that a client shows.
const paymentFields = `fragment Y on Payment {
  id status orderName price { amount currency } checkout { gateway paymentId url } timeline { type source }
} `

// Membership reads the viewer's membership.
func (c *Client) Membership(ctx context.Context) (Membership, error) {
	var out struct {
		Viewer struct{ Membership Membership }
	}
	err := c.Do(ctx, `fragment A on QuotaAmounts { tokens images videoMs }
		{ viewer { membership { type actsAs isActive expiresAt quota { limit { ...A } used { ...A } held { ...A } left { ...A } } } } }`, nil, &out)
	return out.Viewer.Membership, err
}

// PreparePayment orders a membership.
func (c *Client) PreparePayment(ctx context.Context, plan, key string) (Payment, error) {
	var out struct{ PreparePayment paymentPayload }
	err := c.Do(ctx, `mutation ($plan: MembershipType!, $key: String!) { preparePayment(input: {plan: $plan, idempotencyKey: $key}) {
		payment { ...Y } userErrors { message path ... on PreparePaymentUserError { code } } } } `+paymentFields,
		map[string]any{"plan": plan, "key": key}, &out)
	return out.PreparePayment.read(err)
}

// CompletePayment makes the server check a payment with its gateway.
func (c *Client) CompletePayment(ctx context.Context, id string) (Payment, error) {
	var out struct{ CompletePayment paymentPayload }
	err := c.Do(ctx, `mutation ($id: ID!) { completePayment(input: {paymentId: $id}) {
		payment { ...Y } userErrors { message path ... on CompletePaymentUserError { code } } } } `+paymentFields,
		map[string]any{"id": id}, &out)
	return out.CompletePayment.read(err)
}

// paymentPayload is the result of the payment mutations.
type paymentPayload struct {
	Payment    *Payment
	UserErrors []UserError
}

func (p paymentPayload) read(err error) (Payment, error) {
	if err != nil {
		return Payment{}, err
	}
	if p.Payment == nil {
		return Payment{}, fmt.Errorf("client: %+v", p.UserErrors)
	}
	return *p.Payment, nil
}

// PayInSandbox does on the sandbox's page what a payer does there: outcome is such as "paid".
func (c *Client) PayInSandbox(ctx context.Context, page, outcome string) error {
	body := fmt.Appendf(nil, `{"outcome":%q}`, outcome)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, page, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := c.do(req)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode >= http.StatusBadRequest {
		answer, _ := io.ReadAll(io.LimitReader(res.Body, 1000)) // The text is only for the message; the status is enough.
		return fmt.Errorf("client: the sandbox's page answers %s: %s", res.Status, answer)
	}
	return nil
}
