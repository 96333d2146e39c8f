package openaiai

import (
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/openai/openai-go/v3/option"
)

// streamed are the options of a call whose answer must be an event stream. The answer's head is noted. An answer of
// another type, such as the page of a proxy, would else be read as a stream without events.
func (c *call) streamed() []option.RequestOption {
	return []option.RequestOption{c.noted(), option.WithMiddleware(func(req *http.Request, next option.MiddlewareNext) (*http.Response, error) {
		res, err := next(req)
		if err != nil || res.StatusCode >= http.StatusMultipleChoices {
			return res, err
		}
		if typ, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); typ != "text/event-stream" {
			_ = res.Body.Close() // Nothing of it is read.
			return nil, fmt.Errorf("%w: %q", errNoStream, clip(typ, maxCode))
		}
		return res, nil
	})}
}

// noted notes the answer's head. A redirect, which is not followed, is no answer.
func (c *call) noted() option.RequestOption {
	return option.WithMiddleware(func(req *http.Request, next option.MiddlewareNext) (*http.Response, error) {
		res, err := next(req)
		if err != nil {
			return res, err
		}
		c.res = res
		if res.StatusCode >= http.StatusMultipleChoices && res.StatusCode < http.StatusBadRequest {
			_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<10)) // Nothing of it is looked at.
			_ = res.Body.Close()
			return nil, fmt.Errorf("the server redirects with %d", res.StatusCode)
		}
		return res, nil
	})
}
