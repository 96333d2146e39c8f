package ws

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/weav-ai/weav/graph/gqlhttp"
	"github.com/weav-ai/weav/internal/errs"
)

// maxRequestErrors bounds the errors of one document in one message.
const maxRequestErrors = 10

// operation is one query, mutation or subscription of a socket.
type operation struct {
	s  *socket
	id string
	// lead begins each of its messages.
	lead []byte
	// ctx belongs to the operation's goroutine.
	ctx    context.Context
	cancel context.CancelFunc
	// silent refuses all that comes for it. The outbox guards it.
	silent bool
}

func newOperation(s *socket, id string) *operation {
	op := &operation{s: s, id: id, lead: leadOf(id)}
	op.ctx, op.cancel = context.WithCancel(s.ctx)
	return op
}

// run executes what the payload of subscribe asks for, to its end.
func (op *operation) run(payload json.RawMessage) {
	defer op.s.leave(op)
	defer op.cancel()
	defer op.recovered()
	op.ctx = op.s.operationContext(op.ctx, op.id)
	op.execute(payload)
}

func (op *operation) execute(payload json.RawMessage) {
	ctx, exec := op.ctx, op.s.exec
	params, err := gqlhttp.ParseParams(payload)
	if err != nil {
		op.refuse(graphql.WithOperationContext(ctx, &graphql.OperationContext{}), gqlerror.List{gqlerror.Wrap(err)})
		return
	}
	params.Headers = op.s.request.Header
	params.ReadTime = graphql.TraceTiming{Start: graphql.GetStartTime(ctx), End: graphql.Now()}
	opCtx, list := exec.CreateOperationContext(ctx, params)
	if list != nil {
		op.refuse(graphql.WithOperationContext(ctx, opCtx), list)
		return
	}
	observer, kind := op.s.t.observer(), opCtx.Operation.Operation
	observer.OperationStarted(kind)
	defer observer.OperationEnded(kind)
	responses, ctx := exec.DispatchOperation(ctx, opCtx)
	op.stream(ctx, responses)
}

// stream sends the responses. It pulls each only when the socket has room, so that what
// waits is still in the hands of its source.
func (op *operation) stream(ctx context.Context, responses graphql.ResponseHandler) {
	for op.s.out.room(ctx) {
		resp := responses(ctx)
		switch {
		case resp == nil && ctx.Err() != nil:
			op.interrupted(ctx)
			return
		case resp == nil:
			op.s.conclude(op, op.lead, []byte(typeComplete+`"}`))
			return
		case resp.Data == nil && len(resp.Errors) > 0:
			op.fail(resp.Errors)
			return
		case !op.next(ctx, resp):
			op.interrupted(ctx)
			return
		}
	}
	op.interrupted(ctx)
}

func (op *operation) next(ctx context.Context, resp *graphql.Response) bool {
	parts, err := nextMessage(op.lead, resp)
	if err != nil {
		op.fail(gqlerror.List{broken()})
		return false
	}
	return op.s.out.put(ctx, op, parts[:]...)
}

// interrupted ends an operation whose own deadline has passed. A complete would claim
// that it has said all it had to.
func (op *operation) interrupted(ctx context.Context) {
	if !op.s.holds(op) {
		return // The client or the socket has ended it.
	}
	cause := errs.Wrap(context.Cause(ctx), errs.Unavailable, "The operation was interrupted.").Retry(0)
	op.refuse(ctx, gqlerror.List{gqlerror.Wrap(cause)})
}

// refuse ends the operation with errors that the presenter has not seen.
func (op *operation) refuse(ctx context.Context, list gqlerror.List) {
	if len(list) > maxRequestErrors {
		list = list[:maxRequestErrors]
	}
	op.fail(op.s.exec.DispatchError(ctx, list).Errors)
}

// fail ends the operation with an error message, which no complete follows.
func (op *operation) fail(list gqlerror.List) {
	op.s.conclude(op, errorMessage(op.lead, list)...)
}

// recoverer is what gqlgen's executor offers beside graphql.GraphExecutor: the server's
// recover function and error presenter in one.
type recoverer interface {
	PresentRecoveredError(ctx context.Context, panicked any) error
}

// recovered turns a panic outside of the resolvers, which gqlgen guards itself, into an
// error of this operation alone.
func (op *operation) recovered() {
	panicked := recover()
	if panicked == nil {
		return
	}
	shown := broken()
	if exec, ok := op.s.exec.(recoverer); ok {
		errors.As(exec.PresentRecoveredError(op.ctx, panicked), &shown)
	}
	op.fail(gqlerror.List{shown})
}
