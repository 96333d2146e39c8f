package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/weav-ai/weav/internal/client"
)

const (
	// mostImages is more images than FREE gives a day.
	mostImages = 50
	// unfinishedJobs is how many jobs of one user run at once.
	unfinishedJobs = 4
)

// membership shows what a membership is: a model that needs one, an exhausted quota, a membership that is
// bought on the sandbox's page, and what it includes. It meets the errors that apps must distinguish.
func (d *demonstration) membership(ctx context.Context) error {
	if _, err := d.client.SignIn(ctx, "demo@example.com"); err != nil {
		return err
	}
	d.say("signed in as demo@example.com at %s", d.client.URL)
	if err := d.showMembership(ctx); err != nil {
		return err
	}
	if err := d.withoutRights(ctx); err != nil {
		return err
	}
	if err := d.expectRefusal(d.orderText(ctx, "sandbox-scholar"), "MEMBERSHIP_REQUIRED"); err != nil {
		return err
	}
	jobs, err := d.useUp(ctx)
	if err != nil {
		return err
	}
	if err := d.buy(ctx, "STANDARD"); err != nil {
		return err
	}
	if err := d.showMembership(ctx); err != nil {
		return err
	}
	if err := d.orderText(ctx, "sandbox-scholar"); err != nil {
		return err
	}
	d.say("the model sandbox-scholar is let through now")
	job, err := d.orderImage(ctx, "WAIT")
	if err != nil {
		return err
	}
	d.say("and so is the image that the quota refused")
	for _, id := range append(jobs, job.ID) {
		if _, err := d.client.CancelJob(ctx, id); err != nil {
			return err
		}
	}
	d.say("cancelled the images that were not made yet: what they held is given back")
	if err := d.showMembership(ctx); err != nil {
		return err
	}
	return d.tooOften(ctx)
}

// showMembership prints the user's membership and what is left of today's quota.
func (d *demonstration) showMembership(ctx context.Context) error {
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
	for range mostImages {
		job, err := d.orderImage(ctx, "WAIT")
		if err != nil {
			d.say("ordered %d images", len(jobs))
			return jobs, d.expectRefusal(err, "QUOTA_EXCEEDED")
		}
		jobs = append(jobs, job.ID)
		// Every job beyond this number would wait, so the limit can be shown here.
		if len(jobs) != unfinishedJobs {
			continue
		}
		_, err = d.orderImage(ctx, "REFUSE")
		if err := d.expectRefusal(err, "TOO_MANY_JOBS"); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("demo: no quota refused anything")
}

// orderImage orders a slow image; onLimit is what to do when too many jobs are unfinished.
func (d *demonstration) orderImage(ctx context.Context, onLimit string) (client.Job, error) {
	work := map[string]any{"image": map[string]any{"prompt": "[sandbox:slow] a lighthouse", "size": "256x256"}}
	return d.client.CreateJob(ctx, map[string]any{"work": work, "onLimit": onLimit, "idempotencyKey": rand.Text()})
}

// withoutRights orders without signing in, and with an API key that may only read.
func (d *demonstration) withoutRights(ctx context.Context) error {
	me := d.client
	defer func() { d.client = me }()
	d.client = &client.Client{URL: me.URL}
	if err := d.expectRefusal(d.orderText(ctx, "sandbox-writer"), "UNAUTHENTICATED"); err != nil {
		return err
	}
	var made struct{ CreateAPIKey struct{ Secret string } }
	err := me.Do(ctx, `mutation ($key: String!) { createAPIKey: createApiKey(input: {name: "reads", scopes: [READ], idempotencyKey: $key}) { secret } }`,
		map[string]any{"key": rand.Text()}, &made)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	d.client = &client.Client{URL: me.URL, Token: made.CreateAPIKey.Secret}
	return d.expectRefusal(d.orderText(ctx, "sandbox-writer"), "FORBIDDEN")
}

// tooOften signs in until the rate limit refuses it.
func (d *demonstration) tooOften(ctx context.Context) error {
	for range demoSignIns + 1 {
		if _, err := (&client.Client{URL: d.client.URL}).SignIn(ctx, "demo@example.com"); err != nil {
			return d.expectRefusal(err, "RATE_LIMITED")
		}
	}
	return errors.New("demo: nobody minds how often one signs in")
}

// expectRefusal prints a refusal, which must have the code.
func (d *demonstration) expectRefusal(err error, code string) error {
	if err == nil {
		return fmt.Errorf("demo: it was let through, want %s", code)
	}
	var faults client.Errors
	if !errors.As(err, &faults) || faults[0].Code() != code {
		return fmt.Errorf("demo: got %w, want %s", err, code)
	}
	fmt.Fprintf(d.out, "  refused: %s\n    %s\n   ", code, faults[0].Message)
	for _, name := range []string{"httpStatus", "planNeeded", "scopeNeeded", "retryAfterMs", "left"} {
		if v, ok := faults[0].Extensions[name]; ok {
			value, err := json.Marshal(v)
			if err != nil {
				return fmt.Errorf("demo: %w", err)
			}
			fmt.Fprintf(d.out, " %s %s", name, value)
		}
	}
	fmt.Fprintln(d.out)
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
