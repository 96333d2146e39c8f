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

// Faults of a server's form.
var (
	errNoEnd     = errors.New("the stream ended without a terminal event")
	errNoStream  = errors.New("the answer is no event stream")
	errNoPicture = errors.New("the answer has no picture")
	errTooLarge  = errors.New("the file is larger than a video may be")
)

// call is what failures of one call have in common. A method has one of its own, so that a request's head is never
// told of another.
type call struct {
	p     *Provider
	model string
	// private are what the person wrote, which no log may hold.
	private []string
	// res is the answer's head, once there is one.
	res *http.Response
	// ended says that a stream has reached its terminal event.
	ended bool
}

// failure is an error of this call that the provider may have worked for.
func (c *call) failure(kind ai.Kind, cause error) *ai.Error {
	e := &ai.Error{Kind: kind, Provider: c.p.name, Model: c.model, Accepted: true, Cause: cause}
	if c.res != nil {
		e.HTTP, e.RequestID = c.res.StatusCode, c.requestID()
	}
	return e
}

// requestID is the provider's name of this call.
func (c *call) requestID() string {
	if c.res == nil {
		return ""
	}
	return ai.Clip(c.res.Header.Get("X-Request-Id"), ai.MaxCode)
}

// refuse is a request that is not sent.
func (c *call) refuse(kind ai.Kind, cause error) *ai.Error {
	e := c.failure(kind, cause)
	e.Accepted = false
	return e
}

// failed gives an error of the SDK or of the connection the one form. An error behind the end of ctx is that end, and
// nothing of the SDK's own errors goes into it: they hold the request.
func (c *call) failed(ctx context.Context, err error) *ai.Error {
	var told *ai.Error
	var inStream *ssestream.StreamError
	switch {
	case ctx.Err() != nil:
		return c.failure(ai.StopKind(ctx), context.Cause(ctx))
	case errors.As(err, &told):
		return told
	case errors.As(err, &inStream):
		return c.fault(readFault(0, inStream.Event.Data))
	}
	e := c.failure(ai.Upstream, errors.New(c.words(err)))
	e.Accepted = !neverReached(err)
	switch {
	case c.res != nil && brokenOff(err):
		e.Kind = ai.Interrupted
	case e.Accepted && isTimeout(err):
		e.Kind = ai.Timeout
	}
	return e
}

// told reads an answer with an error status.
func (c *call) told(res *http.Response) *ai.Error {
	f := bodyOf(res, res.StatusCode)
	e := c.fault(f)
	e.RetryAfter, e.Accepted = retryAfter(res.Header), !f.refuses(e.Kind)
	return e
}

// fault is a failure that the provider tells of within its answer.
func (c *call) fault(f fault) *ai.Error {
	said := c.redact(f.message)
	if said == "" {
		said = "the provider gives no reason"
	}
	e := c.failure(f.kind(), errors.New(said))
	e.Code = ai.Clip(f.name(), ai.MaxCode)
	return e
}

// neverReached says whether a request got no connection at all, to the server or to the proxy before it.
func neverReached(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}

// isTimeout says whether a patience of the transport ended the call.
func isTimeout(err error) bool {
	var late net.Error
	return errors.As(err, &late) && late.Timeout()
}

// brokenOff says whether a connection was cut in the middle of an answer, rather than the answer being garbage.
func brokenOff(err error) bool {
	var op *net.OpError
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.As(err, &op)
}

// maxRetryAfter is the longest wish that is passed on.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads the provider's wish; zero when there is none. The header in milliseconds is OpenAI's own, and finer.
func retryAfter(h http.Header) time.Duration {
	if wish := timesOf(h.Get("Retry-After-Ms"), time.Millisecond); wish > 0 {
		return wish
	}
	raw := h.Get("Retry-After")
	if wish := timesOf(raw, time.Second); wish > 0 {
		return wish
	}
	if at, err := http.ParseTime(raw); err == nil {
		return min(max(time.Until(at), 0), maxRetryAfter)
	}
	return 0
}

// timesOf reads a number of units; zero for what is none.
func timesOf(raw string, unit time.Duration) time.Duration {
	n, err := strconv.ParseFloat(raw, 64)
	if err != nil || !(n > 0) { // So written, NaN is none.
		return 0
	}
	return time.Duration(min(n*float64(unit), float64(maxRetryAfter)))
}
