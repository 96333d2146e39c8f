package gqlhttp

import (
	"net/http"

	"github.com/99designs/gqlgen/graphql"
)

const allowedMethods = "GET, POST, OPTIONS"

// OtherMethods is the graphql.Transport for what is neither GET nor POST: it names
// OPTIONS which methods there are and answers 405 to the rest. It goes last.
type OtherMethods struct{}

var _ graphql.Transport = OtherMethods{}

// Supports implements graphql.Transport.
func (OtherMethods) Supports(r *http.Request) bool {
	return r.Method != http.MethodGet && r.Method != http.MethodPost
}

// Do implements graphql.Transport.
func (OtherMethods) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	w.Header().Set("Allow", allowedMethods)
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if x, ok := open(w, r, exec); ok {
		x.refuse(refusal(http.StatusMethodNotAllowed, "GraphQL runs over GET and POST."))
	}
}
