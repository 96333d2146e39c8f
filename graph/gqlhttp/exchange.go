package gqlhttp

import (
	"context"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/weav-ai/weav/internal/errs"
)

// exchange is one request and its response.
type exchange struct {
	w         http.ResponseWriter
	r         *http.Request
	exec      graphql.GraphExecutor
	mediaType string
	start     time.Time
}

// open settles the media type of the response. It answers 406 and returns false when
// the client accepts none of ours.
func open(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) (*exchange, bool) {
	mediaType, ok := negotiate(r.Header.Values("Accept"))
	x := &exchange{w: w, r: r, exec: exec, mediaType: mediaType, start: graphql.Now()}
	if !ok {
		x.mediaType = typeJSON
	}
	h := w.Header()
	h.Set("Content-Type", x.mediaType+"; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-store")
	h.Add("Vary", "Accept")
	h.Add("Vary", "Accept-Language")
	if !ok {
		x.refuse(refusal(http.StatusNotAcceptable, "Accept %s or %s.", typeGraphQL, typeJSON))
	}
	return x, ok
}

// run executes the operation if allowed lets its kind through.
func (x *exchange) run(params *graphql.RawParams, allowed func(ast.Operation) error) {
	params.Headers = x.r.Header
	params.ReadTime = graphql.TraceTiming{Start: x.start, End: graphql.Now()}
	ctx := x.r.Context()
	op, list := x.exec.CreateOperationContext(ctx, params)
	if list != nil {
		x.answerErrors(graphql.WithOperationContext(ctx, op), list)
		return
	}
	if err := allowed(op.Operation.Operation); err != nil {
		x.refuse(err)
		return
	}
	responses, ctx := x.exec.DispatchOperation(ctx, op)
	resp := responses(ctx)
	if resp == nil { // The context ended first.
		x.answerErrors(ctx, gqlerror.List{gqlerror.Wrap(errs.Wrap(
			context.Cause(ctx), errs.Unavailable, "The request ended before its answer was ready.").Retry(0))})
		return
	}
	x.answer(resp)
}

// maxRequestErrors bounds the errors of a document in one response: the faults of a
// document of 1000 tokens would fill many times its size.
const maxRequestErrors = 10

// answerErrors answers errors of a well-formed request that has no data.
func (x *exchange) answerErrors(ctx context.Context, list gqlerror.List) {
	if len(list) > maxRequestErrors {
		list = list[:maxRequestErrors]
	}
	x.answer(x.exec.DispatchError(ctx, list)) //nolint:contextcheck // The exchange writes in the language of its request.
}

// answer picks the status by the media type. application/json always gets 200, for clients
// that fail on other statuses. The newer type gets the status of its errors when it has no data.
func (x *exchange) answer(resp *graphql.Response) {
	status := http.StatusOK
	if x.mediaType == typeGraphQL && resp.Data == nil {
		status = statusOf(resp.Errors)
	}
	x.write(status, resp)
}

// refuse answers a request that is not GraphQL over HTTP at all: with the status of
// err in either media type.
func (x *exchange) refuse(err error) {
	resp := x.exec.DispatchError(x.r.Context(), gqlerror.List{gqlerror.Wrap(err)})
	x.write(statusOf(resp.Errors), resp)
}

// refusal is an error below GraphQL, which HTTP has a status of its own for.
func refusal(status int, format string, args ...any) *errs.Error {
	return badRequest(format, args...).With("httpStatus", status)
}

// statusOf is the status the presenter gave the first error.
func statusOf(list gqlerror.List) int {
	if len(list) > 0 {
		if status, ok := list[0].Extensions["httpStatus"].(int); ok {
			return status
		}
	}
	return http.StatusInternalServerError
}
