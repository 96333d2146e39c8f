package app

import (
	"context"
	"net/http"
	"sync"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/graph/gqlerr"
	"github.com/weav-ai/weav/graph/gqlhttp"
	"github.com/weav-ai/weav/graph/ws"
	"github.com/weav-ai/weav/internal/apikey"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/locale"
	"github.com/weav-ai/weav/internal/metrics"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/server"
)

// newSocket returns the WebSocket transport, bound to sessions.
func (a *App) newSocket() *ws.Transport {
	return &ws.Transport{
		CheckOrigin: gqlhttp.OriginAllowed(a.cfg.origins()),
		Init:        a.initSocket,
		OperationContext: func(ctx context.Context, _ string) context.Context {
			return locale.Fresh(gqlerr.WithRequestID(ctx, uuid.NewString()))
		},
		Observer: socketMeter{a.meter},
		Logger:   a.log,
	}
}

// initSocket says who a socket is by its connection_init: {"Authorization": "Bearer …"}, or
// "authorization" or "accessToken". Without one the socket is a guest's: it may use what is public, and counts for its address. Its
// "language" stands in for the handshake's Accept-Language.
func (a *App) initSocket(ctx context.Context, _ *http.Request, payload map[string]any) (context.Context, ws.Session, error) {
	if tag, ok := payload["language"].(string); ok {
		if l, spoken := locale.Parse(tag); spoken {
			ctx = locale.With(ctx, l)
		}
	}
	token := tokenOf(payload)
	if token == "" {
		// Nothing ends a session that came another way, so nothing else counts.
		return auth.Without(ctx), ws.Session{Key: addressOf(ctx), MaxSockets: maxAnonymousSockets}, nil
	}
	p, err := a.authenticate(ctx, token)
	if err != nil {
		return nil, ws.Session{}, err
	}
	stands := func() bool {
		_, err := a.authenticate(ctx, token)
		return errs.CodeOf(err) != errs.Unauthenticated
	}
	done, err := a.sessionEnd(ctx, p, stands)
	if err != nil {
		return nil, ws.Session{}, err
	}
	server.SignedIn(ctx) // From here on the person's own limit holds.
	ctx = locale.WithPreference(auth.With(ctx, p), func(ctx context.Context) (locale.Language, error) { return a.language(ctx, p.User) })
	return ctx, ws.Session{Key: p.User.String(), Expires: p.ExpiresAt, Done: done}, nil
}

func tokenOf(payload map[string]any) string {
	for _, name := range []string{"Authorization", "authorization"} {
		if header, ok := payload[name].(string); ok {
			token, _ := server.Bearer(header)
			return token
		}
	}
	token, _ := payload["accessToken"].(string)
	return token
}

// sessionEnd returns a channel that closes when the session ends before its socket does.
// stands asks the database whether it has not ended.
func (a *App) sessionEnd(ctx context.Context, p auth.Principal, stands func() bool) (<-chan struct{}, error) {
	watch, cancel := context.WithCancel(ctx)
	items, err := a.feed.Watch(watch, p.User, nil)
	if err != nil {
		cancel()
		return nil, err
	}
	done := make(chan struct{})
	end := sync.OnceFunc(func() { close(done) })
	go func() {
		defer cancel()
		for item := range items {
			// After a gap nobody knows what was missed: ask whether the session still stands.
			if item.Resync != "" && !stands() || ends(item, p) {
				end()
				return
			}
		}
	}()
	// A sign-out between the check of the token and the watch was not seen.
	if !stands() {
		end()
	}
	return done, nil
}

// ends says whether an event ends what a request is made by: its session, or its API key.
func ends(item feed.Item, p auth.Principal) bool {
	switch {
	case item.Event == nil:
		return false
	case p.Grant != nil:
		return item.Event.Type == feed.KeyEnded && item.Event.Facts.Key == p.Grant.Key
	default:
		return item.Event.Type == feed.SessionEnded && item.Event.Facts.Session == p.Session
	}
}

// authenticate returns who a token stands for: an API key, or the access token of a session.
func (a *App) authenticate(ctx context.Context, bearer string) (auth.Principal, error) {
	if token, ok := server.Bearer(bearer); ok && apikey.IsKey(token) {
		return a.apiKeys.Authenticate(ctx, token)
	}
	if apikey.IsKey(bearer) {
		return a.apiKeys.Authenticate(ctx, bearer)
	}
	return a.accounts.Authenticate(ctx, bearer)
}

// language is what a person prefers to read.
func (a *App) language(ctx context.Context, id oid.User) (locale.Language, error) {
	l, err := a.accounts.Language(ctx, id)
	if l == user.LanguageKorean {
		return locale.Korean, err
	}
	return locale.English, err
}

// socketMeter counts sockets; operations are counted by the graph.
type socketMeter struct{ *metrics.Metrics }

// OperationStarted implements ws.Observer.
func (socketMeter) OperationStarted(ast.Operation) {}

// OperationEnded implements ws.Observer.
func (socketMeter) OperationEnded(ast.Operation) {}

// Received implements ws.Observer.
func (socketMeter) Received(int) {}

// Sent implements ws.Observer.
func (socketMeter) Sent(int, int) {}
