package gqlhttp_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weav-ai/weav/graph/gqlerr"
	"github.com/weav-ai/weav/graph/gqlhttp"
	"github.com/weav-ai/weav/internal/errs"
)

const schemaText = `
	type Query { echo(text: String): String, limited: String, fails: String, panics: String, broken: String }
	type Mutation { ran: Boolean }
	type Subscription { tick: Int }
`

// newServer serves schemaText over the transports under test, with a middleware's
// request ids, as the real server does.
func newServer(t *testing.T) *httptest.Server {
	t.Helper()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: schemaText})
	srv := handler.New(&graphql.ExecutableSchemaMock{
		SchemaFunc: func() *ast.Schema { return schema },
		ExecFunc:   execute,
	})
	logger := slog.New(slog.DiscardHandler)
	srv.SetErrorPresenter(gqlerr.Presenter(logger))
	srv.SetRecoverFunc(gqlerr.Recover(logger))
	srv.AddTransport(gqlhttp.GET{})
	srv.AddTransport(gqlhttp.POST{})
	srv.AddTransport(gqlhttp.OtherMethods{})
	srv.Use(gqlhttp.PersistedQueries{})
	server := httptest.NewServer(gqlhttp.RequestID(srv))
	t.Cleanup(server.Close)
	return server
}

// execute runs the first root field.
func execute(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	field := op.Operation.SelectionSet[0].(*ast.Field)
	switch field.Name {
	case "limited":
		return graphql.OneShot(refused(ctx))
	case "panics":
		panic("a resolver's bug")
	default:
		return func(ctx context.Context) *graphql.Response { return resolved(ctx, field, op.Variables) }
	}
}

// refused is an operation that ended before there was data.
func refused(ctx context.Context) *graphql.Response {
	graphql.AddError(ctx, errs.New(errs.RateLimited, "Slow down.").Retry(1200*time.Millisecond))
	return &graphql.Response{Errors: graphql.GetErrors(ctx)}
}

func resolved(ctx context.Context, field *ast.Field, vars map[string]any) *graphql.Response {
	var value any
	switch field.Name {
	case "__typename":
		value = field.ObjectDefinition.Name
	case "echo":
		value = field.ArgumentMap(vars)["text"]
	case "fails":
		graphql.AddError(ctx, errs.New(errs.NotFound, "No such thing."))
	case "broken":
		graphql.AddError(ctx, errs.New(errs.NotFound, "No such thing.").With("channel", make(chan int)))
	}
	data, err := json.Marshal(map[string]any{field.Alias: value})
	if err != nil {
		panic(err)
	}
	return &graphql.Response{Data: data}
}

// reply is a response, read.
type reply struct {
	status int
	header http.Header
	body   string
}

// request is one case: the zero value of each field stands for an ordinary request.
type request struct {
	method, query, body string
	header              map[string]string
}

func (q request) send(t *testing.T, server *httptest.Server) reply {
	t.Helper()
	method := q.method
	if method == "" {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(t.Context(), method, server.URL+q.query, strings.NewReader(q.body))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range q.header {
		r.Header.Set(name, value)
	}
	resp, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(body)}
}

// code returns the code of the reply's only error, "" when it has none.
func (r reply) code(t *testing.T) string {
	t.Helper()
	var body struct {
		Errors []struct{ Extensions struct{ Code string } }
	}
	if err := json.Unmarshal([]byte(r.body), &body); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
	if len(body.Errors) == 0 {
		return ""
	}
	return body.Errors[0].Extensions.Code
}
