package openaiai

import (
	"fmt"
	"mime"
	"net/http"

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
		return res, nil
	}), c.noted()}
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
