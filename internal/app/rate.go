package app

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weav-ai/weav/graph/guard"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/metrics"
	"github.com/weav-ai/weav/internal/rate"
	"github.com/weav-ai/weav/internal/rate/memrate"
	"github.com/weav-ai/weav/internal/rate/redisrate"
	"github.com/weav-ai/weav/internal/server"
)

// maxAnonymousSockets is how many sockets without a person one address may have open on a process.
const maxAnonymousSockets = 20

// Root fields that have limits of their own.
var (
	signInFields = []string{"signIn", "refreshSession"}
	paidFields   = []string{
		"sendMessage", "editMessage", "regenerateReply", "createJob", "retryJob",
		"planProject", "replan", "runStep", "recommendPrompts",
		"setProviderKey", "preparePayment", "completePayment", // They ask others, too.
	}
)

// rates holds operations to their limits.
type rates struct {
	limits  Rates
	limiter rate.Limiter
	refused func(limit string)
	close   func() error
}

// openRates counts in Redis by its URL, else in this process alone.
func openRates(cfg Config, meter *metrics.Metrics, log *slog.Logger) (*rates, error) {
	r := &rates{limits: cfg.Rates, limiter: memrate.New(), close: func() error { return nil }}
	local := func() int64 { return 0 }
	if cfg.RedisURL != "" {
		shared, err := redisrate.New(cfg.RedisURL)
		if err != nil {
			return nil, err
		}
		both := rate.NewFallback(shared, r.limiter, log)
		r.limiter, r.close, local = both, shared.Close, both.Decided
	}
	r.refused = meter.WatchRates(local)
	return r, nil
}

// guard are the limits as the graph asks them.
func (r *rates) guard() guard.Rates {
	return guard.Rates{Request: r.request, Operation: r.operation}
}

// request counts an operation before its document is read.
func (r *rates) request(ctx context.Context) error {
	subject, _ := subjectOf(ctx)
	return r.take(ctx, subject, perMinute("operations", r.limits.OperationsPerMinute))
}

// operation counts what an operation is about to do.
func (r *rates) operation(ctx context.Context, op guard.Operation) error {
	if hasAny(op.Fields, signInFields) {
		err := r.take(ctx, addressOf(ctx), perMinute("signIns", r.limits.SignInsPerMinute), perHour("signIns", r.limits.SignInsPerHour))
		if err != nil {
			return err
		}
	}
	subject, known := subjectOf(ctx)
	cost := r.limits.AnonymousCostPerMinute
	if known {
		cost = r.limits.CostPerMinute
	}
	var limits []rate.Limit
	if op.Cost > 0 {
		limits = append(limits, perMinute("cost", cost).Times(op.Cost))
	}
	if known && hasAny(op.Fields, paidFields) {
		limits = append(limits, perMinute("paid", r.limits.PaidPerMinute), perHour("paid", r.limits.PaidPerHour))
	}
	if op.Kind == ast.Subscription {
		limits = append(limits, perMinute("subscriptions", r.limits.SubscriptionsPerMinute))
	}
	return r.take(ctx, subject, limits...)
}

// forged counts a delivery to a gateway's webhook that the gateway did not sign, for its address.
func (r *rates) forged(ctx context.Context) error {
	return r.take(ctx, addressOf(ctx), perMinute("forgedNotices", r.limits.ForgedNoticesPerMinute))
}

// take charges one event under each of the limits that are switched on.
func (r *rates) take(ctx context.Context, subject string, limits ...rate.Limit) error {
	limits = slices.DeleteFunc(limits, func(l rate.Limit) bool { return l.Events == 0 })
	if len(limits) == 0 {
		return nil
	}
	d, err := r.limiter.Take(ctx, subject, 1, limits...)
	if err != nil {
		return err
	}
	if d.Allowed {
		return nil
	}
	r.refused(d.Limit.Name)
	return refusal(d)
}

func perMinute(name string, events int) rate.Limit {
	return rate.Limit{Name: name, Events: events, Per: time.Minute}
}

func perHour(name string, events int) rate.Limit {
	return rate.Limit{Name: name, Events: events, Per: time.Hour}
}

// subjectOf is whom an operation counts for: the person, by whatever they signed in, else the address.
func subjectOf(ctx context.Context) (subject string, known bool) {
	if p, ok := auth.From(ctx); ok {
		return p.User.String(), true
	}
	return addressOf(ctx), false
}

// addressOf is the client's address as a subject. Clients without one count together.
func addressOf(ctx context.Context) string { return "address_" + server.ClientAddress(ctx) }

func hasAny(fields, wanted []string) bool {
	return slices.ContainsFunc(fields, func(f string) bool { return slices.Contains(wanted, f) })
}

// refusal says which limit was reached, and when there is room again: never too early by rounding.
func refusal(d rate.Decision) error {
	wait := (d.RetryAfter + time.Millisecond - 1).Truncate(time.Millisecond)
	return errs.NewText(errs.RateLimited, slowDown(d.Limit)).Retry(wait).
		With("limit", map[string]any{
			"name": d.Limit.Name, "events": d.Limit.Events, "perMs": d.Limit.Per.Milliseconds(), "remaining": d.Remaining,
		})
}

// slowDown says for people what a limit counts.
func slowDown(l rate.Limit) errs.Text {
	per := errs.Textf("a minute")
	if l.Per == time.Hour {
		per = errs.Textf("an hour")
	}
	switch l.Name {
	case "cost":
		return errs.Textf("Slow down: at most %d points of cost %s.", l.Events, per)
	case "signIns":
		return errs.Textf("Slow down: at most %d sign-ins from one address %s.", l.Events, per)
	case "paid":
		return errs.Textf("Slow down: at most %d paid operations %s.", l.Events, per)
	case "subscriptions":
		return errs.Textf("Slow down: at most %d new subscriptions %s.", l.Events, per)
	case "forgedNotices":
		return errs.Textf("Slow down: at most %d notices without a signature %s.", l.Events, per)
	default:
		return errs.Textf("Slow down: at most %d operations %s.", l.Events, per)
	}
}
