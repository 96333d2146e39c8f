package openaiai

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/openai/openai-go/v3/option"

	"github.com/weav-ai/weav/internal/ai"
)

// streamed are the options of a call whose answer must be an event stream. The answer's head is noted. An answer of
// another type, such as the page of a proxy, would else be read as a stream without events. Some gateways tell errors so.
func (c *call) streamed() []option.RequestOption {
	return []option.RequestOption{option.WithMiddleware(func(req *http.Request, next option.MiddlewareNext) (*http.Response, error) {
		res, err := next(req)
		if err != nil {
			return res, err
		}
		if typ, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); typ != "text/event-stream" {
			if f := bodyOf(res, 0); !f.silent() {
				return nil, c.fault(f)
			}
			return nil, fmt.Errorf("%w but %s", errNoStream, ai.Clip(typ, ai.MaxCode))
		}
		res.Body = &tail{ReadCloser: res.Body, c: c}
		return res, nil
	}), c.noted()}
}

const (
	// tailWait and tailBytes bound what is read behind a stream's terminal event.
	tailWait  = 100 * time.Millisecond
	tailBytes = 64 << 10
)

// tail is the body of a stream. Closing it behind the terminal event reads the rest first, which is a few bytes: a body
// that was read to its end leaves its connection to the next call. A stream that is given up earlier closes it.
type tail struct {
	io.ReadCloser

	c *call
}

// Close implements io.Closer.
func (t *tail) Close() error {
	if t.c.ended {
		late := time.AfterFunc(t.c.p.tailWait, func() { _ = t.ReadCloser.Close() }) // It ends the reading.
		_, _ = io.CopyN(io.Discard, t.ReadCloser, tailBytes)                        // What comes behind the end is of no use.
		late.Stop()
	}
	return t.ReadCloser.Close()
}

// noted notes the answer's head, and reads an error here: the SDK understands one form of them alone, and reads without
// a limit. A redirect, which is not followed, is no answer.
func (c *call) noted() option.RequestOption {
	return option.WithMiddleware(func(req *http.Request, next option.MiddlewareNext) (*http.Response, error) {
		res, err := next(req)
		if err != nil {
			return res, err
		}
		c.res = res
		switch {
		case res.StatusCode >= http.StatusBadRequest:
			return nil, c.told(res)
		case res.StatusCode >= http.StatusMultipleChoices:
			_ = res.Body.Close() // Nothing of it is looked at.
			return nil, fmt.Errorf("the server redirects with %d", res.StatusCode)
		}
		return res, nil
	})
}
