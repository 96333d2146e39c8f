package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/weav-ai/weav/internal/client"
)

// mostImages is more images than FREE gives a day.
const mostImages = 50

// membership shows what a membership is: a model that needs one, a quota used up, a membership bought at the sandbox's page,
// and what it opens.
func (d *demonstration) membership(ctx context.Context) error {
	if _, err := d.client.SignIn(ctx, "demo@example.com"); err != nil {
		return err
	}
	d.say("signed in as demo@example.com at %s", d.client.URL)
	if err := d.tell(ctx); err != nil {
		return err
	}
	if err := d.refused(d.orderText(ctx, "sandbox-scholar"), "MEMBERSHIP_REQUIRED"); err != nil {
		return err
	}
	jobs, err := d.useUp(ctx)
	if err != nil {
		return err
	}
	if err := d.buy(ctx, "STANDARD"); err != nil {
		return err
	}
	if err := d.tell(ctx); err != nil {
		return err
	}
	if err := d.orderText(ctx, "sandbox-scholar"); err != nil {
		return err
	}
	d.say("the model sandbox-scholar is let through now")
	for _, id := range jobs {
		if _, err := d.client.CancelJob(ctx, id); err != nil {
			return err
		}
	}
	d.say("cancelled the images that were not made yet: what they held is given back")
	return d.tell(ctx)
}

// tell shows what the person is a member of, and what is left of the day.
func (d *demonstration) tell(ctx context.Context) error {
	m, err := d.client.Membership(ctx)
	if err != nil {
		return err
	}
	until := "without end"
	if m.ExpiresAt != nil {
		until = "until " + *m.ExpiresAt
	}
	if m.Quota == nil {
		return errors.New("demo: there is no quota: billing is off")
	}
	q := m.Quota
	d.say("a member of %s %s; today %d of %d tokens and %d of %d images are left, %d images are held",
		m.Type, until, q.Left.Tokens, q.Limit.Tokens, q.Left.Images, q.Limit.Images, q.Held.Images)
	return nil
}

// orderText orders a text of a model.
func (d *demonstration) orderText(ctx context.Context, model string) error {
	work := map[string]any{"text": map[string]any{"prompt": "[sandbox:echo] hello", "modelId": model}}
	_, err := d.client.CreateJob(ctx, map[string]any{"work": work, "onLimit": "WAIT", "idempotencyKey": rand.Text()})
	return err
}

// useUp orders images until the quota refuses one, and returns their jobs.
func (d *demonstration) useUp(ctx context.Context) ([]string, error) {
	var jobs []string
	work := map[string]any{"image": map[string]any{"prompt": "[sandbox:slow] a lighthouse", "size": "256x256"}}
	for range mostImages {
		job, err := d.client.CreateJob(ctx, map[string]any{"work": work, "onLimit": "WAIT", "idempotencyKey": rand.Text()})
		if err != nil {
			d.say("ordered %d images", len(jobs))
			return jobs, d.refused(err, "QUOTA_EXCEEDED")
		}
		jobs = append(jobs, job.ID)
	}
	return nil, errors.New("demo: no quota refused anything")
}

// refused shows a refusal, which must have the code.
func (d *demonstration) refused(err error, code string) error {
	if err == nil {
		return fmt.Errorf("demo: it was let through, want %s", code)
	}
	var faults client.Errors
	if !errors.As(err, &faults) || faults[0].Code() != code {
		return fmt.Errorf("demo: got %w, want %s", err, code)
	}
	fmt.Fprintf(d.out, "  refused: %s\n    %s\n    planNeeded %v, httpStatus %v\n", code, faults[0].Message, faults[0].Extensions["planNeeded"], faults[0].Extensions["httpStatus"])
	return nil
}

// buy buys a membership, as an app does.
func (d *demonstration) buy(ctx context.Context, plan string) error {
	p, err := d.client.PreparePayment(ctx, plan, rand.Text())
	if err != nil {
		return err
	}
	if p.Checkout == nil {
		return errors.New("demo: the payment cannot be paid")
	}
	d.say("ordered %q for %d %s: %s; it is paid at %s", p.OrderName, p.Price.Amount, p.Price.Currency, p.Status, p.Checkout.URL)
	if err := d.client.PayInSandbox(ctx, p.Checkout.URL, "paid"); err != nil {
		return err
	}
	if p, err = d.client.CompletePayment(ctx, p.ID); err != nil {
		return err
	}
	for _, step := range p.Timeline {
		fmt.Fprintf(d.out, "    %-10s known from %s\n", step.Type, step.Source)
	}
	if p.Status != "PAID" {
		return fmt.Errorf("demo: the payment is %s", p.Status)
	}
	return nil
}
