// Package server is the HTTP side of a process: routes, who asks, health, and a graceful end.
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

// Options are what a server is made of.
type Options struct {
	GraphQL http.Handler
	// Playground is the page for exploring the API; nil for none.
	Playground http.Handler
	Metrics    http.Handler
	// Blobs answers signed requests for files that the server keeps itself; nil for a store that answers itself.
	Blobs  http.Handler
	Files  Files
	Admin  Admin
	Health *Health
	// Payments are what a payment gateway calls.
	Payments Payments
	// Language is what a person prefers.
	Language func(ctx context.Context, user oid.User) (locale.Language, error)
	// Authenticate tells who a bearer token stands for.
	Authenticate func(ctx context.Context, token string) (auth.Principal, error)
	// Origins may call from a browser besides the server's own.
	Origins []string
	// Hosts are the names that the server answers to.
	Hosts Hosts
	// App is where the app for people lives when it is not here: the root leads there. Empty leads to the playground.
	App string
	// Bodies say how long a request's body may take to arrive.
	Bodies BodyTimeouts
	// Connections bounds what an address holds open; nil for no bound.
	Connections *Connections
	// TrustedProxies are believed what they say in X-Forwarded-For; nobody else is.
	TrustedProxies []netip.Prefix
	// Counted hears of each request, for metrics.
	Counted func(route string, status int)
	Log     *slog.Logger
}

// Handler returns all routes.
func Handler(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/graphql", o.identify(o.GraphQL))
	o.explore(mux)
	mux.HandleFunc("GET /healthz", o.Health.alive)
	mux.HandleFunc("GET /readyz", o.Health.ready)
	mux.HandleFunc("GET /api/v1/health/", o.Health.original)
	mux.Handle("GET /metrics", o.Metrics)
	mux.Handle("GET /artifacts/{id}", o.identify(o.Files.limited(o.Files.own)))
	mux.HandleFunc("GET /shared/{token}", o.Files.limited(o.Files.shared))
	o.Payments.mount(mux)
	routes := http.NewServeMux()
	if o.Admin.Jobs != nil { // Other origins have no business there.
		routes.Handle("/admin/", o.Admin.Handler())
	}
	routes.Handle("/", gqlhttp.CORS(o.Origins)(mux))
	if o.Blobs != nil { // It allows other origins other methods.
		routes.Handle("/blobs/", o.Blobs)
	}
	return gqlhttp.RequestID(speak(o.locate(o.observe(o.timeBodies(o.Connections.hold(door(o.Hosts.only(routes))))))))
}

// identify puts the principal of a bearer token into the context. No token is nobody; a token that does
// not hold is refused, so that a client learns that it must refresh. What a socket's handshake says counts for nothing: its
// connection_init says who it is, and only what that says ends with its session.
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
		o.Counted(route, rec.status)
		o.Log.DebugContext(r.Context(), "request", "requestId", gqlerr.RequestID(r.Context()),
			"method", r.Method, "route", route, "status", strconv.Itoa(rec.status), "took", time.Since(began))
	})
}

// route names a request by its route, so that paths people make up are not counted one by one.
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

// Serve answers on l until ctx ends, then drains what is under way for at most grace.
func Serve(ctx context.Context, l net.Listener, h http.Handler, grace time.Duration, drain func(context.Context)) error {
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10, ConnContext: withPlace,
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
	// Sockets are not the server's to drain: they are told to go elsewhere.
	drained := make(chan struct{})
	go func() { defer close(drained); drain(end) }()
	err := srv.Shutdown(end)
	<-drained
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.Join(err, srv.Close())
	}
	return err
}
