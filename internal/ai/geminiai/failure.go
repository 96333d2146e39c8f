package geminiai

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"google.golang.org/genai"

	"github.com/weav-ai/weav/internal/ai"
)

// call holds what the errors of one request to the provider need.
type call struct {
	p     *Provider
	model string
	// job is set for a call about a job, which was accepted before.
	job bool
	// private are the texts that no error may repeat.
	private []string
}

// failure is an error of kind for a request that the provider may have taken.
func (c *call) failure(kind ai.Kind, cause error) *ai.Error {
	return &ai.Error{Kind: kind, Provider: c.p.name, Model: c.model, Accepted: true, Cause: cause}
}

// refuse is an error for a request that was never sent.
func (c *call) refuse(kind ai.Kind, cause error) *ai.Error {
	e := c.failure(kind, cause)
	e.Accepted = c.job
	return e
}

// stopped is the error of a call whose context ended before anything was sent; nil when it has not ended.
func (c *call) stopped(ctx context.Context) *ai.Error {
	if ctx.Err() == nil {
		return nil
	}
	return c.refuse(ai.StopKind(ctx), ctx.Err())
}

// failed translates err, which ended the exchange. The caller's context is checked first, because its end
// looks like a broken connection to the SDK.
func (c *call) failed(ctx context.Context, x *exchange, err error) *ai.Error {
	var reported genai.APIError
	switch {
	case ctx.Err() != nil:
		e := c.failure(ai.StopKind(ctx), ctx.Err())
		e.Accepted = c.job || x.mayHaveArrived()
		return e
	case !x.tried:
		// The SDK's error would quote the request.
		return c.refuse(ai.BadRequest, fmt.Errorf("the SDK does not send the request (%T)", err))
	case x.status == 0:
		e := c.failure(ai.Upstream, fmt.Errorf("no answer: %s", c.redactError(err)))
		e.Accepted = c.job || x.mayHaveArrived()
		if late := net.Error(nil); errors.As(err, &late) && late.Timeout() && x.connected.Load() {
			e.Kind = ai.Timeout // A timeout of the transport ended it.
		}
		return e
	case x.broken != nil:
		return c.broken(x)
	case errors.As(err, &reported):
		return c.apiFailure(x, reported)
	}
	return c.malformed(x)
}

// malformed is the error of an answer that is not the API's; the SDK's own error would quote it. An event
// that cannot be parsed after valid ones is a truncated one: the stream was cut.
func (c *call) malformed(x *exchange) *ai.Error {
	kind := ai.Upstream
	if x.begun {
		kind = ai.Interrupted
	}
	e := c.failure(kind, fmt.Errorf("the answer of type %q is malformed", ai.Clip(x.mediaType(), ai.MaxCode)))
	e.HTTP = x.status
	return e
}

// broken is the error of an answer that was cut off, by the connection or by a limit.
func (c *call) broken(x *exchange) *ai.Error {
	kind := ai.Interrupted
	if errors.Is(x.broken, errTooLarge) || !x.succeeded() {
		kind = ai.Upstream
	}
	e := c.failure(kind, fmt.Errorf("answer broke off: %s", c.redactError(x.broken)))
	e.HTTP = x.status
	return e
}

// apiFailure translates the error that the API answered with. It counts as a refusal only in the API's own
// form: an answer of a proxy does not show whether the request went through.
func (c *call) apiFailure(x *exchange, reported genai.APIError) *ai.Error {
	if !isAPIError(reported) {
		e := c.failure(kindOfStatus(x.status), fmt.Errorf("status %d without an error of the API", x.status))
		e.HTTP, e.RetryAfter = x.status, retryAfter(x.header)
		return e
	}
	e := c.failure(kindOf(reported), errors.New(c.redact(reported.Message)))
	e.HTTP = reported.Code
	if !x.succeeded() {
		e.HTTP = x.status
	}
	e.Code = codeOf(reported)
	e.RetryAfter = retryDelay(reported)
	if e.RetryAfter == 0 {
		e.RetryAfter = retryAfter(x.header)
	}
	e.Accepted = c.job || x.begun || !meansNothingBegan(e.Kind)
	if c.job && e.Kind == ai.ModelGone {
		e.Kind = ai.BadRequest // The job or its file is missing, not the model.
	}
	return e
}

// kindOfStatus classifies an answer that is not the API's.
func kindOfStatus(status int) ai.Kind {
	switch status {
	case http.StatusTooManyRequests:
		return ai.RateLimited
	case http.StatusServiceUnavailable:
		return ai.Overloaded
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		return ai.Auth
	case http.StatusRequestEntityTooLarge:
		return ai.BadRequest
	default:
		return ai.Upstream
	}
}
