package gqlhttp

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/weav-ai/weav/internal/locale"
)

// write sends the response. Its data is JSON already and goes out as it is: a second
// marshal would read and copy all of it once more.
func (x *exchange) write(status int, resp *graphql.Response) {
	head, tail, err := envelope(resp)
	if err != nil {
		status, head, tail = http.StatusInternalServerError, []byte(brokenEnvelope), nil
		resp = &graphql.Response{}
	}
	h := x.w.Header()
	if seconds := retryAfter(resp.Errors); seconds > 0 {
		h.Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	if l, used := locale.Used(x.r.Context()); used {
		h.Set("Content-Language", string(l))
	}
	h.Set("Content-Length", strconv.Itoa(len(head)+len(resp.Data)+len(tail)))
	x.w.WriteHeader(status)
	for _, part := range [][]byte{head, resp.Data, tail} {
		if _, err := x.w.Write(part); err != nil {
			return // The client is gone.
		}
	}
}

// brokenEnvelope answers when an extension does not marshal, which is a bug of ours.
const brokenEnvelope = `{"errors":[{"message":"Something went wrong on our side.","extensions":{"code":"INTERNAL","httpStatus":500,"retryable":false}}]}`

// envelope returns what stands before and after the data. Errors come first, where a
// reader sees them; a response without data has no data entry.
func envelope(resp *graphql.Response) (head, tail []byte, err error) {
	out := []byte{'{'}
	if len(resp.Errors) > 0 {
		if out, err = appendEntry(out, "errors", resp.Errors); err != nil {
			return nil, nil, err
		}
	}
	if resp.Data != nil {
		out = appendKey(out, "data")
	}
	split := len(out)
	if len(resp.Extensions) > 0 {
		if out, err = appendEntry(out, "extensions", resp.Extensions); err != nil {
			return nil, nil, err
		}
	}
	out = append(out, '}')
	return out[:split], out[split:], nil
}

func appendEntry(to []byte, key string, value any) ([]byte, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return append(appendKey(to, key), text...), nil
}

// appendKey begins an entry of the object that to is the start of.
func appendKey(to []byte, key string) []byte {
	if len(to) > 1 {
		to = append(to, ',')
	}
	to = append(to, '"')
	to = append(to, key...)
	return append(to, `":`...)
}

// retryAfter is when to come back, in whole seconds; 0 when that is not what the first error says.
// It goes by the status the error means: the response's own is 200 for clients of application/json.
func retryAfter(list gqlerror.List) int64 {
	if status := statusOf(list); status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable {
		return 0
	}
	ms, _ := list[0].Extensions["retryAfterMs"].(int64)
	return (ms + 999) / 1000
}
