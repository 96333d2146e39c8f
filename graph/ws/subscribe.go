package ws

import (
	"cmp"
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/weav-ai/weav/internal/errs"
)

// subscribe starts an operation. It returns what breaks the protocol; what is wrong with
// the operation alone is answered under its id.
func (s *socket) subscribe(m *message) error {
	op, err := s.activate(m.ID)
	if err != nil {
		return err
	}
	if op == nil {
		s.overload(m.ID)
		return nil
	}
	go op.run(m.Payload)
	return nil
}

// activate reserves the id. It returns nil for an operation too many: those that were
// asked to stop count half, or a client could pile them up faster than they end.
func (s *socket) activate(id string) (*operation, error) {
	limit := cmp.Or(s.t.MaxSubscriptions, DefaultMaxSubscriptions)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase != open {
		return nil, &closure{CloseUnauthorized, "Unauthorized"}
	}
	if s.active[id] != nil {
		return nil, &closure{CloseSubscriberExists, alreadyExists(id)}
	}
	if len(s.active) >= limit || s.running >= 2*limit {
		return nil, nil
	}
	op := newOperation(s, id)
	s.active[id] = op
	s.running++
	s.work.Add(1)
	return op, nil
}

// alreadyExists is the reason the protocol wants, with as much of the id as fits.
func alreadyExists(id string) string {
	const before, after = "Subscriber for ", " already exists"
	return before + truncate(id, maxReason-len(before)-len(after)) + after
}

// overload refuses an operation that was not activated.
func (s *socket) overload(id string) {
	if !s.out.room(s.root) {
		return
	}
	limit := cmp.Or(s.t.MaxSubscriptions, DefaultMaxSubscriptions)
	refusal := errs.New(errs.RateLimited, "At most %d operations run at once on one socket.", limit).Retry(0)
	ctx := graphql.WithOperationContext(s.operationContext(s.ctx, id), &graphql.OperationContext{})
	resp := s.exec.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(refusal)})
	s.out.push(nil, errorMessage(leadOf(id), resp.Errors)...)
}

func (s *socket) operationContext(ctx context.Context, id string) context.Context {
	ctx = graphql.StartOperationTrace(ctx)
	if s.t.OperationContext == nil {
		return ctx
	}
	return s.t.OperationContext(ctx, id)
}

// unsubscribe stops an operation at the client's wish: its context ends, and nothing of
// it is sent any more, not even what is queued. An id that is not active has just
// completed by itself.
func (s *socket) unsubscribe(id string) {
	s.mu.Lock()
	op := s.active[id]
	if op != nil {
		delete(s.active, id)
		s.out.silence(op)
	}
	s.mu.Unlock()
	if op != nil {
		op.cancel()
	}
}

// conclude sends the last message of an operation and frees its id in one step: a client
// that has seen the message may use the id again, and one that has stopped the operation
// meanwhile receives no message.
func (s *socket) conclude(op *operation, parts ...[]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active[op.id] != op {
		return
	}
	delete(s.active, op.id)
	s.out.push(op, parts...)
}

func (s *socket) holds(op *operation) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.phase == open && s.active[op.id] == op
}

// leave notes that an operation's goroutine has ended.
func (s *socket) leave(op *operation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active[op.id] == op {
		delete(s.active, op.id)
	}
	s.running--
	s.work.Done()
}
