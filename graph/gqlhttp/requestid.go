package gqlhttp

import (
	"net/http"
	"regexp"

	"github.com/google/uuid"

	"github.com/weav-ai/weav/graph/gqlerr"
)

const requestIDHeader = "X-Request-Id"

// wellFormedID keeps what a client names its request from breaking a log line.
var wellFormedID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// RequestID gives every request an id, in its context (gqlerr.RequestID) and in the
// response's X-Request-Id. It keeps the id that a client or proxy sends in that header
// if it is 1 to 64 letters, digits, dots, dashes and underscores; else it makes a UUID.
func RequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDHeader)
		if !wellFormedID.MatchString(id) {
			id = uuid.NewString()
		}
		w.Header().Set(requestIDHeader, id)
		next.ServeHTTP(w, r.WithContext(gqlerr.WithRequestID(r.Context(), id)))
	})
}
