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

// call is one request to the provider, as its errors describe it.
type call struct {
	p     *Provider
	model string
	// job says that the call is about a job, which was accepted before.
	job bool
	// private are texts that no error may repeat.
	private []string
}

// failure is an error of kind. The provider may have taken the request.
func (c *call) failure(kind ai.Kind, cause error) *ai.Error {
	return &ai.Error{Kind: kind, Provider: c.p.name, Model: c.model, Accepted: true, Cause: cause}
}

// refuse is an error for a request that was never sent.
func (c *call) refuse(kind ai.Kind, cause error) *ai.Error {
	e := c.failure(kind, cause)
	e.Accepted = c.job
	return e
}

// stopped is the error of a call whose context ended before anything was sent; nil when it did not.
func (c *call) stopped(ctx context.Context) *ai.Error {
	if ctx.Err() == nil {
		return nil
	}
	return c.refuse(ai.StopKind(ctx), ctx.Err())
}

// failed translates err, which ended the exchange.
func (c *call) failed(ctx context.Context, x *exchange, err error) *ai.Error {
	var told genai.APIError
	switch {
	case ctx.Err() != nil:
		e := c.failure(ai.StopKind(ctx), ctx.Err())
		e.Accepted = c.job || x.mayHaveArrived()
		return e
	case !x.tried:
		// The SDK's words would quote the request.
		return c.refuse(ai.BadRequest, fmt.Errorf("the SDK does not send the request (%T)", err))
	case x.status == 0:
		e := c.failure(ai.Upstream, fmt.Errorf("no answer: %s", c.words(err)))
		e.Accepted = c.job || x.mayHaveArrived()
		if late := net.Error(nil); errors.As(err, &late) && late.Timeout() && x.connected.Load() {
			e.Kind = ai.Timeout // A patience of the transport ended it.
		}
		return e
	case x.broken != nil:
		return c.broken(x)
	case errors.As(err, &told):
		return c.told(x, told)
	}
	return c.malformed(x)
}

// malformed is the error of an answer that is none of the API's; the SDK's own words quote it. An
// event that cannot be read behind others is the half of one, where the stream was cut.
func (c *call) malformed(x *exchange) *ai.Error {
	kind := ai.Upstream
	if x.begun {
		kind = ai.Interrupted
	}
	e := c.failure(kind, fmt.Errorf("the answer of type %q is malformed", ai.Clip(x.mediaType(), ai.MaxCode)))
	e.HTTP = x.status
	return e
}

// broken is the error of an answer that was cut off, or cut by us.
func (c *call) broken(x *exchange) *ai.Error {
	kind := ai.Interrupted
	if errors.Is(x.broken, errTooLarge) || !x.succeeded() {
		kind = ai.Upstream
	}
	e := c.failure(kind, fmt.Errorf("answer broke off: %s", c.words(x.broken)))
	e.HTTP = x.status
	return e
}

// told is the error the API answered with. A refusal counts as one only in the API's own words:
// what a proxy says does not tell whether the request went through.
func (c *call) told(x *exchange, told genai.APIError) *ai.Error {
	if !inWords(told) {
		e := c.failure(kindOfStatus(x.status), fmt.Errorf("status %d without an error of the API", x.status))
		e.HTTP, e.RetryAfter = x.status, retryAfter(x.header)
		return e
	}
	e := c.failure(kindOf(told), errors.New(c.redact(told.Message)))
	e.HTTP = told.Code
	if !x.succeeded() {
		e.HTTP = x.status
	}
	e.Code = codeOf(told)
	e.RetryAfter = retryDelay(told)
	if e.RetryAfter == 0 {
		e.RetryAfter = retryAfter(x.header)
	}
	e.Accepted = c.job || x.begun || !refuses(e.Kind)
	if c.job && e.Kind == ai.ModelGone {
		e.Kind = ai.BadRequest // It is the job or its file that is not there.
	}
	return e
}

// kindOfStatus sorts an answer that is none of the API's.
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
