package openaiai

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/openai/openai-go/v3/packages/ssestream"

	"github.com/weav-ai/weav/internal/ai"
)

// Answers that do not have the form of the API.
var (
	errNoEnd     = errors.New("the stream ended without a terminal event")
	errNoStream  = errors.New("the answer is no event stream")
	errNoPicture = errors.New("the answer has no picture")
	errTooLarge  = errors.New("the file is larger than a video may be")
)

// call holds what the errors of one call need. Each method has its own, so that the head of a response is
// never attributed to another request.
type call struct {
	p     *Provider
	model string
	// private are the user's texts, which no log may contain.
	private []string
	// res is the answer's head, once it has arrived.
	res *http.Response
	// ended is set when a stream has reached its terminal event.
	ended bool
}

// failure is an error of this call, for which the provider may have worked.
func (c *call) failure(kind ai.Kind, cause error) *ai.Error {
	e := &ai.Error{Kind: kind, Provider: c.p.name, Model: c.model, Accepted: true, Cause: cause}
	if c.res != nil {
		e.HTTP, e.RequestID = c.res.StatusCode, c.requestID()
	}
	return e
}

// requestID is the provider's id of this call.
func (c *call) requestID() string {
	if c.res == nil {
		return ""
	}
	return ai.Clip(c.res.Header.Get("X-Request-Id"), ai.MaxCode)
}

// refuse is the error of a request that is not sent.
func (c *call) refuse(kind ai.Kind, cause error) *ai.Error {
	e := c.failure(kind, cause)
	e.Accepted = false
	return e
}

// failed translates an error of the SDK or of the connection. If ctx has ended, that is the error. Nothing of
// the SDK's own errors is passed on, because they contain the request.
func (c *call) failed(ctx context.Context, err error) *ai.Error {
	var reported *ai.Error
	var inStream *ssestream.StreamError
	switch {
	case ctx.Err() != nil:
		return c.failure(ai.StopKind(ctx), context.Cause(ctx))
	case errors.As(err, &reported):
		return reported
	case errors.As(err, &inStream):
		return c.fault(readFault(0, inStream.Event.Data))
	}
	e := c.failure(ai.Upstream, errors.New(c.redactError(err)))
	e.Accepted = !neverReached(err)
	switch {
	case c.res != nil && brokenOff(err):
		e.Kind = ai.Interrupted
	case e.Accepted && isTimeout(err):
		e.Kind = ai.Timeout
	}
	return e
}

// apiFailure reads an answer with an error status.
func (c *call) apiFailure(res *http.Response) *ai.Error {
	f := bodyOf(res, res.StatusCode)
	e := c.fault(f)
	e.RetryAfter, e.Accepted = retryAfter(res.Header), !f.meansNothingBegan(e.Kind)
	return e
}

// fault is a failure that the provider reports within its answer.
func (c *call) fault(f fault) *ai.Error {
	message := c.redact(f.message)
	if message == "" {
		message = "the provider gives no reason"
	}
	e := c.failure(f.kind(), errors.New(message))
	e.Code = ai.Clip(f.name(), ai.MaxCode)
	return e
}

// neverReached reports whether a request got no connection at all, to the server or to the proxy.
func neverReached(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}

// isTimeout reports whether a timeout of the transport ended the call.
func isTimeout(err error) bool {
	var late net.Error
	return errors.As(err, &late) && late.Timeout()
}

// brokenOff reports whether the connection was cut within an answer, as opposed to an invalid answer.
func brokenOff(err error) bool {
	var op *net.OpError
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.As(err, &op)
}

// maxRetryAfter is the longest delay that is passed on.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads the requested delay; zero when there is none. The header in milliseconds is OpenAI's own,
// and more precise.
func retryAfter(h http.Header) time.Duration {
	if delay := timesOf(h.Get("Retry-After-Ms"), time.Millisecond); delay > 0 {
		return delay
	}
	raw := h.Get("Retry-After")
	if delay := timesOf(raw, time.Second); delay > 0 {
		return delay
	}
	if at, err := http.ParseTime(raw); err == nil {
		return min(max(time.Until(at), 0), maxRetryAfter)
	}
	return 0
}

// timesOf reads a number of units; zero when it is invalid.
func timesOf(raw string, unit time.Duration) time.Duration {
	n, err := strconv.ParseFloat(raw, 64)
	if err != nil || !(n > 0) { // In this form NaN is refused too.
		return 0
	}
	return time.Duration(min(n*float64(unit), float64(maxRetryAfter)))
}
