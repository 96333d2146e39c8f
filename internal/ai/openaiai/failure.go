package openaiai

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/packages/ssestream"

	"github.com/weav-ai/weav/internal/ai"
)

const (
	// maxMessage and maxCode are how much of the provider's words an error keeps, in bytes.
	maxMessage = 240
	maxCode    = 64
	// minPrivate is from which length on a text is looked for: a shorter one is likely to be a word of the message.
	minPrivate = 4
)

// Faults of a server's form.
var (
	errNoEnd     = errors.New("the stream ended without a terminal event")
	errNoStream  = errors.New("the answer is no event stream")
	errNoPicture = errors.New("the answer has no picture")
	errTooLarge  = errors.New("the file is larger than a video may be")
)

// call is what failures of one call have in common.
type call struct {
	p     *Provider
	model string
	// private are what the person wrote, which no log may hold.
	private []string
	// res is the answer's head, once there is one.
	res *http.Response
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
	return clip(c.res.Header.Get("X-Request-Id"), maxCode)
}

// refuse is a request that is not sent.
func (c *call) refuse(kind ai.Kind, cause error) *ai.Error {
	e := c.failure(kind, cause)
	e.Accepted = false
	return e
}

// failed gives an error of the SDK or of the connection the one form.
func (c *call) failed(ctx context.Context, err error) *ai.Error {
	var told *openai.Error
	var inStream *ssestream.StreamError
	switch {
	case ctx.Err() != nil:
		return c.failure(ai.StopKind(ctx), context.Cause(ctx))
	case errors.As(err, &told):
		return c.told(told)
	case errors.As(err, &inStream):
		return c.inStream(inStream.Event.Data)
	}
	e := c.failure(ai.Upstream, errors.New(c.words(err)))
	e.Accepted = !neverReached(err)
	if c.res != nil && c.res.StatusCode < http.StatusBadRequest && brokenOff(err) {
		e.Kind = ai.Interrupted
	}
	return e
}

// told is an answer with an error status.
func (c *call) told(err *openai.Error) *ai.Error {
	f := fault{status: err.StatusCode, code: err.Code, typ: err.Type, message: err.Message}
	e := c.failure(f.kind(), errors.New(c.redact(f.message)))
	e.HTTP, e.Code = err.StatusCode, clip(f.name(), maxCode)
	if err.Response != nil {
		e.RequestID = clip(err.Response.Header.Get("X-Request-Id"), maxCode)
		e.RetryAfter = retryAfter(err.Response.Header)
	}
	e.Accepted = !f.refuses(e.Kind)
	return e
}

// inStream is an error that comes as an event, after the request was taken.
func (c *call) inStream(raw []byte) *ai.Error {
	var event struct {
		Error               *faultBody
		Code, Type, Message string
	}
	if err := json.Unmarshal(raw, &event); err != nil {
		return c.failure(ai.Upstream, errors.New("an error event that cannot be read"))
	}
	body := faultBody{Code: event.Code, Type: event.Type, Message: event.Message}
	if event.Error != nil {
		body = *event.Error
	}
	return c.fault(fault{code: body.Code, typ: body.Type, message: body.Message})
}

// faultBody is the API's error object.
type faultBody struct{ Code, Type, Message string }

// fault is a failure that the provider tells of within its answer.
func (c *call) fault(f fault) *ai.Error {
	e := c.failure(f.kind(), errors.New(c.redact(f.message)))
	e.Code = clip(f.name(), maxCode)
	return e
}

// neverReached says whether a request got no connection at all.
func neverReached(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// brokenOff says whether a connection was cut in the middle of an answer.
func brokenOff(err error) bool {
	var op *net.OpError
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.As(err, &op)
}

// retryAfter reads the provider's wish; zero when there is none.
func retryAfter(h http.Header) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms > 0 {
		return time.Duration(ms * float64(time.Millisecond))
	}
	raw := h.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(raw, 64); err == nil && seconds > 0 {
		return time.Duration(seconds * float64(time.Second))
	}
	if at, err := http.ParseTime(raw); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}

// quotation is what the API puts around values of the request.
var quotation = regexp.MustCompile(`'[^']*('|$)|"[^"]*("|$)`)

// keyLike is a key as the API quotes it back, with its middle masked.
var keyLike = regexp.MustCompile(`\bsk-[\w*-]+`)

// redact returns what the log may hold of a provider's message: no key, and nothing of what the person wrote.
func (c *call) redact(message string) string {
	if len(c.p.key) >= minPrivate {
		message = strings.ReplaceAll(message, c.p.key, "…")
	}
	for _, s := range c.private {
		if len(s) >= minPrivate {
			message = strings.ReplaceAll(message, s, "…")
		}
	}
	message = keyLike.ReplaceAllString(message, "…")
	return clip(quotation.ReplaceAllString(message, "“…”"), maxMessage)
}

// words are what the log may hold of an error of the transport, which names the address before it.
func (c *call) words(err error) string {
	var at *url.Error
	if errors.As(err, &at) {
		err = at.Err
	}
	return c.redact(err.Error())
}

// clip returns at most limit bytes of s, whole characters on one line.
func clip(s string, limit int) string {
	s = strings.Join(strings.Fields(ai.CleanText(s)), " ")
	if len(s) <= limit {
		return s
	}
	s = s[:limit]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s
}
