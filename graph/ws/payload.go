package ws

import (
	"encoding/json"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/weav-ai/weav/internal/errs"
)

// leadOf returns the beginning of every message of an operation, up to the value of its
// type, which is last so that a payload can follow.
func leadOf(id string) []byte {
	quoted, err := json.Marshal(id)
	if err != nil {
		quoted = []byte(`""`) // A string always marshals.
	}
	lead := make([]byte, 0, len(quoted)+len(`{"id":,"type":"`))
	lead = append(lead, `{"id":`...)
	lead = append(lead, quoted...)
	return append(lead, `,"type":"`...)
}

// Parts of the message of a response that is nothing but data.
var (
	nextData = []byte(typeNext + `","payload":{"data":`)
	nextEnd  = []byte(`}}`)
	null     = []byte(`null`)
)

// nextMessage returns the message of one response. Its data is JSON already and is not
// marshaled again.
func nextMessage(lead []byte, resp *graphql.Response) (parts [4][]byte, err error) {
	parts = [4][]byte{lead, nextData, resp.Data, nextEnd}
	if resp.Data == nil {
		parts[2] = null
	}
	if len(resp.Errors) > 0 {
		list, err := json.Marshal(resp.Errors)
		if err != nil {
			return parts, err
		}
		parts[1] = join(typeNext+`","payload":{"errors":`, list, `,"data":`)
	}
	if len(resp.Extensions) > 0 {
		extensions, err := json.Marshal(resp.Extensions)
		if err != nil {
			return parts, err
		}
		parts[3] = join(`,"extensions":`, extensions, `}}`)
	}
	return parts, nil
}

func errorMessage(lead []byte, list gqlerror.List) [][]byte {
	payload, err := json.Marshal(list)
	if err != nil {
		payload = []byte(`[{"message":"` + brokenMessage + `","extensions":{"code":"INTERNAL"}}]`)
	}
	return [][]byte{lead, []byte(typeError + `","payload":`), payload, []byte(`}`)}
}

const brokenMessage = "Something went wrong on our side."

// broken is what a client sees of a bug that the presenter cannot present.
func broken() *gqlerror.Error {
	return &gqlerror.Error{Message: brokenMessage, Extensions: map[string]any{
		"code": string(errs.Internal), "httpStatus": errs.HTTPStatus(errs.Internal), "retryable": false,
	}}
}

func join(before string, value []byte, after string) []byte {
	joined := make([]byte, 0, len(before)+len(value)+len(after))
	joined = append(joined, before...)
	joined = append(joined, value...)
	return append(joined, after...)
}
