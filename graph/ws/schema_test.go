package ws_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weav-ai/weav/graph/gqlerr"
	"github.com/weav-ai/weav/graph/gqlhttp"
	"github.com/weav-ai/weav/graph/ws"
	"github.com/weav-ai/weav/internal/errs"
)

var schema = gqlparser.MustLoadSchema(&ast.Source{Input: `
	type Query { echo(text: String): String, fails: String, denied: String, waits: String, requestId: String }
	type Mutation { ran: Boolean }
	type Subscription {
		"1 to the given number."
		count(to: Int!): Int
		"What the test sends."
		feed: String
		"Responses of this many bytes without end."
		flood(bytes: Int!): String
		"No event, ever."
		silent: Int
		"An error before the first event."
		denied: Int
		"An error after the first event."
		revoked: Int
		"A panic after the first event."
		panics: Int
		"An event with an error beside it."
		partial: Int
	}
`})

// world is a server for schema with a transport under test.
type world struct {
	transport *ws.Transport
	url       string
	// feed is what the subscription of that name sends; each send waits for its pull.
	feed chan string
	// started and ended tell the field of each operation that waits, and of each whose
	// context has ended.
	started, ended chan string
	// pulled counts the responses of flood.
	pulled atomic.Int64
	// stop ends the context of all requests.
	stop context.CancelFunc
	// buffer is the size of the connections' buffers; zero is the system's choice.
	buffer int
}

func newWorld(tb testing.TB, transport *ws.Transport) *world {
	tb.Helper()
	return openWorld(tb, transport, 0)
}

// newNarrowWorld is a world whose connections are soon full.
func newNarrowWorld(tb testing.TB, transport *ws.Transport) *world {
	tb.Helper()
	return openWorld(tb, transport, 8<<10)
}

func openWorld(tb testing.TB, transport *ws.Transport, buffer int) *world {
	tb.Helper()
	w := &world{
		buffer:    buffer,
		transport: transport,
		feed:      make(chan string),
		started:   make(chan string, 1000),
		ended:     make(chan string, 1000),
	}
	srv := handler.New(&graphql.ExecutableSchemaMock{
		SchemaFunc: func() *ast.Schema { return schema },
		ExecFunc:   w.execute,
	})
	logger := slog.New(slog.DiscardHandler)
	srv.SetErrorPresenter(gqlerr.Presenter(logger))
	srv.SetRecoverFunc(gqlerr.Recover(logger))
	srv.AddTransport(transport)
	srv.Use(gqlhttp.PersistedQueries{})
	server := httptest.NewUnstartedServer(srv)
	base, stop := context.WithCancel(context.Background())
	w.stop = stop
	server.Config.BaseContext = func(net.Listener) context.Context { return base }
	server.Listener = narrow{server.Listener, buffer}
	server.Start()
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		transport.Spread = 1
		if err := transport.Shutdown(ctx); err != nil {
			tb.Errorf("shutdown: %v", err)
		}
		server.Close()
		stop()
	})
	w.url = "ws" + strings.TrimPrefix(server.URL, "http")
	return w
}

// narrow lets a test fill a connection with little.
type narrow struct {
	net.Listener
	buffer int
}

func (l narrow) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok && l.buffer > 0 {
		err = tcp.SetWriteBuffer(l.buffer)
	}
	return conn, err
}

func (w *world) execute(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	field := op.Operation.SelectionSet[0].(*ast.Field)
	arguments := field.ArgumentMap(op.Variables)
	switch field.Name {
	case "denied":
		graphql.AddError(ctx, errs.New(errs.Forbidden, "Not yours."))
		return nil
	case "feed", "silent", "waits":
		return w.wait(ctx, field)
	case "flood":
		return w.flood(ctx, field, arguments["bytes"])
	case "count":
		return numbers(field, arguments["to"])
	case "revoked", "panics", "partial":
		return once(field, func(ctx context.Context, n int) *graphql.Response { return faulty(ctx, field, n) })
	default:
		answered := false
		return func(ctx context.Context) *graphql.Response {
			if answered {
				return nil
			}
			answered = true
			return resolve(ctx, field, arguments)
		}
	}
}

func (w *world) wait(ctx context.Context, field *ast.Field) graphql.ResponseHandler {
	context.AfterFunc(ctx, func() { w.ended <- field.Name })
	w.started <- field.Name
	feed := w.feed
	if field.Name != "feed" {
		feed = nil
	}
	return func(ctx context.Context) *graphql.Response {
		select {
		case text := <-feed:
			return data(field, text)
		case <-ctx.Done():
			return nil
		}
	}
}

func (w *world) flood(ctx context.Context, field *ast.Field, size any) graphql.ResponseHandler {
	context.AfterFunc(ctx, func() { w.ended <- field.Name })
	text := strings.Repeat("x", asInt(size))
	w.started <- field.Name
	return func(context.Context) *graphql.Response {
		w.pulled.Add(1)
		return data(field, text)
	}
}

func numbers(field *ast.Field, to any) graphql.ResponseHandler {
	n := 0
	return func(context.Context) *graphql.Response {
		n++
		if n > asInt(to) {
			return nil
		}
		return data(field, n)
	}
}

func once(field *ast.Field, then func(ctx context.Context, n int) *graphql.Response) graphql.ResponseHandler {
	n := 0
	return func(ctx context.Context) *graphql.Response {
		n++
		if n == 1 && field.Name != "partial" {
			return data(field, 1)
		}
		return then(ctx, n)
	}
}

func faulty(ctx context.Context, field *ast.Field, n int) *graphql.Response {
	switch field.Name {
	case "panics":
		panic("a bug at 10.0.0.7")
	case "revoked":
		graphql.AddError(ctx, errs.New(errs.Forbidden, "No longer yours."))
		return &graphql.Response{}
	}
	if n > 1 {
		return nil
	}
	graphql.AddError(ctx, errs.New(errs.NotFound, "No such thing."))
	return data(field, nil)
}

func resolve(ctx context.Context, field *ast.Field, arguments map[string]any) *graphql.Response {
	switch field.Name {
	case "echo":
		return data(field, arguments["text"])
	case "ran":
		return data(field, true)
	case "requestId":
		return data(field, gqlerr.RequestID(ctx))
	case "__typename":
		return data(field, field.ObjectDefinition.Name)
	}
	graphql.AddError(ctx, errs.New(errs.NotFound, "No such thing."))
	return data(field, nil)
}

func data(field *ast.Field, value any) *graphql.Response {
	text, err := json.Marshal(map[string]any{field.Alias: value})
	if err != nil {
		panic(err)
	}
	return &graphql.Response{Data: text}
}

func asInt(value any) int {
	switch n := value.(type) {
	case int64:
		return int(n)
	case json.Number:
		i, _ := n.Int64()
		return int(i)
	}
	return 0
}
