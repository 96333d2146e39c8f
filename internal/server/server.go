// Package server is the HTTP side of a process: routes, authentication, health, and graceful shutdown.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/weav-ai/weav/graph/gqlerr"
	"github.com/weav-ai/weav/graph/gqlhttp"
	"github.com/weav-ai/weav/graph/ws"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/locale"
	"github.com/weav-ai/weav/internal/oid"
)

// Options configure a server.
type Options struct {
	GraphQL http.Handler
	// Playground is the page for exploring the API; nil for none.
	Playground http.Handler
	Metrics    http.Handler
	// Blobs serves signed requests for files that the server stores itself; nil for an object store with its
	// own address.
	Blobs  http.Handler
	Files  Files
	Admin  Admin
	Health *Health
	// Payments are the routes for payment gateways.
	Payments Payments
	// Language returns the language that a user prefers.
	Language func(ctx context.Context, user oid.User) (locale.Language, error)
	// Authenticate returns the principal of a bearer token.
	Authenticate func(ctx context.Context, token string) (auth.Principal, error)
	// Origins are the web origins that may call from a browser besides the server's own.
	Origins []string
	// Hosts are the names under which the server answers.
	Hosts Hosts
	// App is the address of the app when it is hosted elsewhere: the root redirects there. Empty redirects to
	// the playground.
	App string
	// Bodies bound how long a request's body may take to arrive.
	Bodies BodyTimeouts
	// Connections bounds what an address has open; nil for no bound.
	Connections *Connections
	// TrustedProxies are the proxies whose X-Forwarded-For is used.
	TrustedProxies []netip.Prefix
	// OnRequest is called for each request, for metrics.
	OnRequest func(route string, status int)
	Log       *slog.Logger
}

// Handler returns all routes. The order of the wrappers matters: the request id and the language come first,
// since every refusal uses them; the client's address comes before the limits that count by it; and the host
// is checked last, after the input is known to be valid.
func Handler(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/graphql", o.identify(o.GraphQL))
	o.mountPlayground(mux)
	mux.HandleFunc("GET /healthz", o.Health.alive)
	mux.HandleFunc("GET /readyz", o.Health.ready)
	mux.HandleFunc("GET /api/v1/health/", o.Health.legacy)
	mux.Handle("GET /metrics", o.Metrics)
	mux.Handle("GET /artifacts/{id}", o.identify(o.Files.limited(o.Files.own)))
	mux.HandleFunc("GET /shared/{token}", o.Files.limited(o.Files.shared))
	o.Payments.mount(mux)
	routes := http.NewServeMux()
	if o.Admin.Jobs != nil { // It is outside of CORS: other origins must not use it.
		routes.Handle("/admin/", o.Admin.Handler())
	}
	routes.Handle("/", gqlhttp.CORS(o.Origins)(mux))
	if o.Blobs != nil { // It has CORS rules of its own.
		routes.Handle("/blobs/", o.Blobs)
	}
	return gqlhttp.RequestID(setLanguage(o.withClientAddress(o.observe(o.timeBodies(o.Connections.limitRequests(checkInput(o.Hosts.restrict(routes))))))))
}

// identify puts the principal of a bearer token into the context. Without a token there is none. An invalid
// token is refused, so that a client learns that it must refresh. The header of a WebSocket handshake is
// ignored: connection_init authenticates a socket, and only that credential ends with its session.
func (o Options) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, given := Bearer(r.Header.Get("Authorization"))
		if !given || ws.IsHandshake(r) {
			next.ServeHTTP(w, r)
			return
		}
		p, err := o.Authenticate(r.Context(), token)
		if err != nil {
			next.ServeHTTP(w, r.WithContext(gqlhttp.WithRefusal(r.Context(), err)))
			return
		}
		ctx := locale.WithPreference(auth.With(r.Context(), p), func(ctx context.Context) (locale.Language, error) {
			return o.Language(ctx, p.User)
		})
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// Bearer returns the token of an Authorization header.
func Bearer(header string) (token string, given bool) {
	scheme, token, _ := strings.Cut(strings.TrimSpace(header), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	return strings.TrimSpace(token), true
}

// observe logs and counts requests, without their content.
func (o Options) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(rec, r)
		route := route(r)
		o.OnRequest(route, rec.status)
		o.Log.DebugContext(r.Context(), "request", "requestId", gqlerr.RequestID(r.Context()),
			"method", r.Method, "route", route, "status", strconv.Itoa(rec.status), "took", time.Since(began))
	})
}

// route names a request by its route, so that invented paths do not create metric series.
func route(r *http.Request) string {
	if r.Pattern != "" {
		return r.Pattern
	}
	return "other"
}

// Listen opens the port, so that the caller knows the address before it serves.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("server: listen: %w", err)
	}
	return l, nil
}

// Serve serves l until ctx ends, then drains requests and sockets for at most grace. The shutdown has a
// context of its own, because ctx has ended by then.
func Serve(ctx context.Context, l net.Listener, h http.Handler, grace time.Duration, drain func(context.Context)) error {
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10, ConnContext: withSlot,
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("server: %w", err)
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	// http.Server does not drain hijacked connections: drain closes the sockets, and their clients reconnect elsewhere.
	drained := make(chan struct{})
	go func() { defer close(drained); drain(end) }()
	err := srv.Shutdown(end)
	<-drained
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.Join(err, srv.Close())
	}
	return err
}
