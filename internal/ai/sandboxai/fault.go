package sandboxai

import (
	"context"
	"errors"
	"time"

	"github.com/weav-ai/weav/internal/ai"
)

// errAsked is the cause of every fault that a directive chose.
var errAsked = errors.New("a sandbox directive asked for this")

// fault is a failure of a whole request.
type fault struct {
	kind       ai.Kind
	http       int
	code       string
	retryAfter time.Duration
	// accepted is set when a real provider may have begun to work.
	accepted bool
}

// faults are the failures by the name of their directive, in the form of vendors' answers.
var faults = map[string]fault{
	"rate_limit":     {kind: ai.RateLimited, http: 429, code: "rate_limit_exceeded", retryAfter: 2 * time.Second},
	"quota":          {kind: ai.QuotaExhausted, http: 429, code: "insufficient_quota"},
	"overloaded":     {kind: ai.Overloaded, http: 503, code: "server_overloaded"},
	"upstream":       {kind: ai.Upstream, http: 500, code: "server_error", accepted: true},
	"auth":           {kind: ai.Auth, http: 401, code: "invalid_api_key"},
	"timeout":        {kind: ai.Timeout, accepted: true},
	"blocked":        {kind: ai.ContentBlocked, http: 400, code: "invalid_prompt"},
	"context_length": {kind: ai.ContextLength, http: 400, code: "context_length_exceeded"},
	"region":         {kind: ai.RegionBlocked, http: 403, code: "unsupported_country_region_territory"},
	"model_gone":     {kind: ai.ModelGone, http: 404, code: "model_not_found"},
	"no_output":      {kind: ai.NoOutput, http: 200, accepted: true},
	"bad_request":    {kind: ai.BadRequest, http: 400, code: "invalid_request_error"},
	"unsupported":    {kind: ai.Unsupported},
}

// refusal is f as the answer to a request. It reports no usage, as with vendors.
func (f fault) refusal(model, requestID string, cause error) *ai.Error {
	e := &ai.Error{
		Kind:       f.kind,
		Provider:   Name,
		Model:      model,
		HTTP:       f.http,
		Code:       f.code,
		RetryAfter: f.retryAfter,
		Accepted:   f.accepted,
		Cause:      cause,
	}
	if f.http != 0 {
		e.RequestID = requestID
	}
	return e
}

// refused is the error of a request without an answer.
func (c *call) refused(f fault, cause error) *ai.Error {
	return f.refusal(c.req.Model, c.script.id("req"), cause)
}

// stopped is the error of a call that ended with its context.
func (c *call) stopped(ctx context.Context) *ai.Error {
	return c.failure(ai.StopKind(ctx), context.Cause(ctx))
}

// failure is an error of a call in progress, with its usage so far.
func (c *call) failure(kind ai.Kind, cause error) *ai.Error {
	return &ai.Error{
		Kind:     kind,
		Provider: Name,
		Model:    c.req.Model,
		Shown:    c.shown,
		Accepted: c.accepted,
		Usage:    c.usage(),
		Cause:    cause,
	}
}
