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

// requireStream are the options of a call whose answer must be an event stream. An answer of another type,
// such as a proxy's page, would otherwise be read as a stream without events. Some gateways return errors in
// this way.
func (c *call) requireStream() []option.RequestOption {
	return []option.RequestOption{option.WithMiddleware(func(req *http.Request, next option.MiddlewareNext) (*http.Response, error) {
		res, err := next(req)
		if err != nil {
			return res, err
		}
		if typ, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); typ != "text/event-stream" {
			if f := bodyOf(res, 0); !f.isEmpty() {
				return nil, c.fault(f)
			}
			return nil, fmt.Errorf("%w but %s", errNoStream, ai.Clip(typ, ai.MaxCode))
		}
		res.Body = &tail{ReadCloser: res.Body, c: c}
		return res, nil
	}), c.noteHead()}
}

const (
	// tailWait and tailBytes bound what is read after a stream's terminal event.
	tailWait  = 100 * time.Millisecond
	tailBytes = 64 << 10
)

// tail is the body of a stream. When it is closed after the terminal event it reads the rest first, which is
// a few bytes: only a body that was read to its end leaves its connection for the next call. A stream that is
// abandoned earlier closes it.
type tail struct {
	io.ReadCloser

	c *call
}

// Close implements io.Closer.
func (t *tail) Close() error {
	if t.c.ended {
		late := time.AfterFunc(t.c.p.tailWait, func() { _ = t.ReadCloser.Close() }) // It ends the read below.
		_, _ = io.CopyN(io.Discard, t.ReadCloser, tailBytes)                        // The bytes after the terminal event are not needed.
		late.Stop()
	}
	return t.ReadCloser.Close()
}

// noteHead records the answer's head, and reads an error answer here: the SDK knows only one form of them,
// and reads without a limit. A redirect, which is not followed, is an error.
func (c *call) noteHead() option.RequestOption {
	return option.WithMiddleware(func(req *http.Request, next option.MiddlewareNext) (*http.Response, error) {
		res, err := next(req)
		if err != nil {
			return res, err
		}
		c.res = res
		switch {
		case res.StatusCode >= http.StatusBadRequest:
			return nil, c.apiFailure(res)
		case res.StatusCode >= http.StatusMultipleChoices:
			_ = res.Body.Close() // It is not read.
			return nil, fmt.Errorf("the server redirects with %d", res.StatusCode)
		}
		return res, nil
	})
}
