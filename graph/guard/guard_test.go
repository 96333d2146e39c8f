package guard_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weav-ai/weav/graph/gqlerr"
	"github.com/weav-ai/weav/graph/guard"
)

const schemaText = `
	scalar Long
	directive @mark(n: Long) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT | FRAGMENT_DEFINITION | QUERY | VARIABLE_DEFINITION
	type Query { viewer: User, echo(n: Long): String, pick(in: Pick): String }
	input Pick { ns: [Long!] }
	type Mutation { a: User, b: User }
	type Subscription { tick: User }
	type User { id: ID!, name: String, best: User, friends(first: Int, last: Int): Friends! }
	type Friends { edges: [Edge!]! }
	type Edge { node: User }
`

// newServer serves schemaText behind the default limits; every operation that passes
// them answers {"ran":true}.
func newServer(tb testing.TB) *handler.Server {
	tb.Helper()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: schemaText})
	srv := handler.New(&graphql.ExecutableSchemaMock{
		SchemaFunc: func() *ast.Schema { return schema },
		ExecFunc: func(context.Context) graphql.ResponseHandler {
			return graphql.OneShot(&graphql.Response{Data: json.RawMessage(`{"ran":true}`)})
		},
		ComplexityFunc: func(_ context.Context, typ, field string, child int, args map[string]any) (int, bool) {
			if typ+"."+field != "User.friends" {
				return 0, false
			}
			return guard.ConnectionCost(child, page(args["first"]), page(args["last"])), true
		},
	})
	srv.AddTransport(transport.POST{})
	srv.SetErrorPresenter(gqlerr.Presenter(slog.New(slog.DiscardHandler)))
	guard.Install(srv, guard.DefaultLimits())
	return srv
}

func page(v any) *int {
	n, ok := v.(int64)
	if !ok {
		return nil
	}
	size := int(n)
	return &size
}

// answer is what the tests read of a response.
type answer struct {
	Data   json.RawMessage
	Errors []struct {
		Message    string
		Extensions struct {
			Code, LimitName  string
			Limit, Requested int
		}
	}
	Extensions struct{ Cost *guard.Spent }
}

func post(tb testing.TB, srv http.Handler, query string) answer {
	tb.Helper()
	body, err := json.Marshal(map[string]any{"query": query})
	if err != nil {
		tb.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	srv.ServeHTTP(w, r)
	raw, err := io.ReadAll(w.Body)
	if err != nil {
		tb.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		tb.Fatalf("%v in %s", err, raw)
	}
	return a
}

func (a answer) ran() bool { return string(a.Data) == `{"ran":true}` }

func wantRefused(t *testing.T, a answer, limit string) {
	t.Helper()
	if a.ran() || len(a.Errors) != 1 {
		t.Fatalf("got data %s, errors %+v; want a refusal by %s", a.Data, a.Errors, limit)
	}
	got := a.Errors[0].Extensions
	if got.Code != "QUERY_TOO_COMPLEX" || got.LimitName != limit || got.Requested <= got.Limit {
		t.Errorf("got %+v, want a refusal by %s", got, limit)
	}
}
