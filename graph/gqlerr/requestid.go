package gqlerr

import "context"

type requestIDKey struct{}

// WithRequestID returns a context whose errors and log lines carry id. A transport
// sets one per request, and per operation where many share a connection.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID returns the id of the request ctx belongs to, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}
