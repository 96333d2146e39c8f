package graph

import (
	"context"
	"log/slog"
	"maps"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/weav-ai/weav/ent/artifact"
	"github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/graph/coerce"
	"github.com/weav-ai/weav/graph/gqlerr"
	"github.com/weav-ai/weav/graph/gqlhttp"
	"github.com/weav-ai/weav/graph/guard"
	"github.com/weav-ai/weav/graph/scalar"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/locale"
	"github.com/weav-ai/weav/internal/usage"
)

// documents is how many parsed operations the cache holds.
const documents = 1000

// Observer counts operations for metrics.
type Observer interface {
	// OperationEnded is called for each response of a query or mutation with the code of its first error, or "".
	OperationEnded(kind string, code errs.Code)
	// SubscriptionStarted is called for each subscription; the function it returns when it ends.
	SubscriptionStarted(field string) (ended func())
}

// Options are the parts of a handler.
type Options struct {
	Services Services
	Info     Info
	Limits   guard.Limits
	// Rates limit operations before they run.
	Rates    guard.Rates
	Observer Observer
	Log      *slog.Logger
	// Socket is the WebSocket transport; nil for none.
	Socket graphql.Transport
}

// NewHandler returns the GraphQL handler: transports, limits, loaders and error forms around the resolvers.
func NewHandler(o Options) *handler.Server {
	root := &Resolver{s: o.Services, info: o.Info}
	srv := handler.New(NewExecutableSchema(Config{
		Schema:     withoutDefer(parsedSchema),
		Resolvers:  root,
		Directives: DirectiveRoot{Access: root.access},
		Complexity: complexity(),
	}))
	if o.Socket != nil {
		srv.AddTransport(o.Socket)
	}
	srv.AddTransport(gqlhttp.GET{})
	srv.AddTransport(gqlhttp.POST{})
	srv.AddTransport(gqlhttp.OtherMethods{})
	srv.Use(gqlhttp.Refusals{})
	parsed := lru.New[*ast.QueryDocument](documents)
	srv.SetQueryCache(parsed)
	o.Limits.Rules = append(o.Limits.Rules, scalars.Literals())
	srv.Use(coerce.Nulls{})
	guard.Install(srv, o.Limits)
	srv.Use(o.Rates)
	srv.Use(gqlhttp.PersistedQueries{})
	srv.Use(&coerce.Variables{Documents: parsed, Tokens: o.Limits.Tokens, Scalars: scalars, Suggests: !o.Limits.HideSchema})
	srv.SetErrorPresenter(gqlerr.Presenter(o.Log))
	srv.SetRecoverFunc(gqlerr.Recover(o.Log))
	srv.AroundOperations(observeSubscriptions(o.Observer))
	srv.AroundResponses(respond(o.Services, o.Observer))
	srv.Use(&guard.Answers{})
	return srv
}

// scalars read the custom scalars of variables and literals before anything runs.
var scalars = coerce.Scalars{
	"DateTime":    reads(scalar.UnmarshalDateTime),
	"URL":         reads(scalar.UnmarshalURL),
	"Cursor":      reads(scalar.UnmarshalCursor),
	"EventCursor": reads(scalar.UnmarshalEventCursor),
	"Long":        reads(scalar.UnmarshalLong),
}

func reads[T any](unmarshal func(any) (T, error)) func(any) error {
	return func(v any) error {
		_, err := unmarshal(v)
		return err
	}
}

// withoutDefer returns a schema without @defer, which gqlparser adds to every one: gqlgen's executor answers null for a deferred field instead of
// leaving it out, and our transports send one response.
func withoutDefer(s *ast.Schema) *ast.Schema {
	out := *s
	out.Directives = maps.Clone(s.Directives)
	delete(out.Directives, "defer")
	return &out
}

// respond gives each response its loaders and counts it.
func respond(s Services, observer Observer) graphql.ResponseMiddleware {
	return func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		if !graphql.HasOperationContext(ctx) {
			return next(ctx) // A request that never became an operation: it has errors alone.
		}
		op := graphql.GetOperationContext(ctx)
		subscription := op.Operation != nil && op.Operation.Operation == ast.Subscription
		// A subscription reads the head before it waits for its event: older than need be, but without a gap.
		if !subscription {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, deadlineOf(op))
			defer cancel()
		}
		if subscription {
			ctx = locale.Fresh(ctx) // It outlives a change of the preference.
		}
		resp := next(withLoaders(ctx, s, asksFor(op, "eventCursor")))
		if resp != nil && !subscription && op.Operation != nil {
			observer.OperationEnded(string(op.Operation.Operation), firstCode(resp.Errors))
		}
		return resp
	}
}

const (
	// deadline is how long a query or a mutation may take.
	deadline = 10 * time.Second
	// checkDeadline is that of a mutation that reads a whole uploaded file.
	checkDeadline = 50 * time.Second
)

func deadlineOf(op *graphql.OperationContext) time.Duration {
	if op.Operation != nil && op.Operation.Operation == ast.Mutation && selects(op.Operation.SelectionSet, "completeUpload") {
		return checkDeadline
	}
	return deadline
}

func firstCode(list gqlerror.List) errs.Code {
	if len(list) == 0 {
		return ""
	}
	switch code := list[0].Extensions["code"].(type) {
	case errs.Code:
		return code
	case string:
		return errs.Code(code)
	default:
		return errs.Internal
	}
}

func observeSubscriptions(observer Observer) graphql.OperationMiddleware {
	return func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		op := graphql.GetOperationContext(ctx)
		if op.Operation.Operation != ast.Subscription {
			return next(ctx)
		}
		ended := observer.SubscriptionStarted(rootField(op.Operation.SelectionSet))
		context.AfterFunc(ctx, ended)
		return next(ctx)
	}
}

// rootField is the field a subscription selects; the schema allows one.
func rootField(set ast.SelectionSet) string {
	for _, sel := range set {
		if f, ok := sel.(*ast.Field); ok {
			return f.Name
		}
	}
	return "fragment"
}

// asksFor reports whether an operation's document selects a field of this name anywhere.
func asksFor(op *graphql.OperationContext, name string) bool {
	if op.Operation == nil {
		return false
	}
	if selects(op.Operation.SelectionSet, name) {
		return true
	}
	for _, f := range op.Doc.Fragments {
		if selects(f.SelectionSet, name) {
			return true
		}
	}
	return false
}

func selects(set ast.SelectionSet, name string) bool {
	for _, sel := range set {
		switch s := sel.(type) {
		case *ast.Field:
			if s.Name == name || selects(s.SelectionSet, name) {
				return true
			}
		case *ast.InlineFragment:
			if selects(s.SelectionSet, name) {
				return true
			}
		}
	}
	return false
}

// complexity counts connections by the entries they may bring; all else by the default, one an object.
func complexity() ComplexityRoot {
	var c ComplexityRoot
	forward := func(child int, first *int, _ *string) int { return guard.ConnectionCost(child, first, nil) }
	c.User.Prompts = forward
	c.User.Folders = func(child int, first *int, _ *string, _ bool) int { return guard.ConnectionCost(child, first, nil) }
	c.User.Chats = func(child int, first *int, _ *string, _ *ChatFilter) int {
		return guard.ConnectionCost(child, first, nil)
	}
	c.User.Search = func(child int, _ string, first *int, _ *string) int { return guard.ConnectionCost(child, first, nil) }
	c.User.Payments = forward
	c.User.Plans = forward
	c.User.Jobs = func(child int, first *int, _ *string, _ *JobFilter) int {
		return guard.ConnectionCost(child, first, nil)
	}
	c.User.Artifacts = func(child int, first *int, _ *string, _ *artifact.Kind, _ *bool, _ *string) int {
		return guard.ConnectionCost(child, first, nil)
	}
	c.User.Files = forward
	c.Administration.Users = func(child int, first *int, _, _, _ *string) int { return guard.ConnectionCost(child, first, nil) }
	c.Administration.Payments = func(child int, first *int, _, _ *string, _ []payment.Status) int {
		return guard.ConnectionCost(child, first, nil)
	}
	c.Administration.Jobs = func(child int, first *int, _, _ *string, _ []job.Status) int {
		return guard.ConnectionCost(child, first, nil)
	}
	c.Administration.AuditLog = func(child int, first *int, _, _ *string) int { return guard.ConnectionCost(child, first, nil) }
	c.UsageReport.Rows = func(child, first int) int { return guard.ListCost(child, first, usage.MaxRows) }
	c.Folder.Chats = forward
	c.Chat.Messages = func(child int, first *int, _ *string, last *int, _ *string) int {
		return guard.ConnectionCost(child, first, last)
	}
	return c
}
