package guard

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// maxAnswers bounds the remembered answers in bytes; the standard introspection of a large schema is a megabyte.
const maxAnswers = 16 << 20

// Answers remembers what queries that ask the schema alone were answered, so that asking again costs next to nothing: the schema does not
// change while the process runs. It is a gqlgen extension and must be used last, since nothing behind it sees a remembered answer.
type Answers struct {
	mu    sync.Mutex
	known map[[sha256.Size]byte]json.RawMessage
	bytes int
}

var _ interface {
	graphql.HandlerExtension
	graphql.ResponseInterceptor
} = (*Answers)(nil)

// ExtensionName implements graphql.HandlerExtension.
func (*Answers) ExtensionName() string { return "Answers" }

// Validate implements graphql.HandlerExtension.
func (*Answers) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptResponse implements graphql.ResponseInterceptor.
func (a *Answers) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	if !graphql.HasOperationContext(ctx) {
		return next(ctx)
	}
	op := graphql.GetOperationContext(ctx)
	if op.Operation == nil || op.Operation.Operation != ast.Query || !asksSchemaAlone(op.Operation.SelectionSet) {
		return next(ctx)
	}
	key, err := keyOf(op)
	if err != nil {
		return next(ctx)
	}
	if data, ok := a.get(key); ok {
		return &graphql.Response{Data: data, Extensions: graphql.GetExtensions(ctx)}
	}
	resp := next(ctx)
	if resp != nil && len(resp.Errors) == 0 && len(graphql.GetErrors(ctx)) == 0 {
		a.put(key, resp.Data)
	}
	return resp
}

// keyOf names an operation by all that its answer depends on.
func keyOf(op *graphql.OperationContext) ([sha256.Size]byte, error) {
	text, err := json.Marshal([]any{op.RawQuery, op.OperationName, op.Variables})
	return sha256.Sum256(text), err
}

func (a *Answers) get(key [sha256.Size]byte) (json.RawMessage, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	data, ok := a.known[key]
	return data, ok
}

// put forgets all when there is no room: what is asked often is soon there again.
func (a *Answers) put(key [sha256.Size]byte, data json.RawMessage) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.known[key]; ok || len(data) > maxAnswers {
		return
	}
	if a.known == nil || a.bytes+len(data) > maxAnswers {
		a.known, a.bytes = map[[sha256.Size]byte]json.RawMessage{}, 0
	}
	a.known[key] = data
	a.bytes += len(data)
}

// asksSchemaAlone reports whether every root field is one of introspection, one of them more than __typename. Shape has bounded the document.
func asksSchemaAlone(set ast.SelectionSet) bool {
	asks := false
	for _, name := range rootFields(nil, set) {
		switch name {
		case "__schema", "__type":
			asks = true
		case "__typename":
		default:
			return false
		}
	}
	return asks
}
