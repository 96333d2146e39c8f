// Package guard bounds what one operation may ask of the server, before anything of
// it runs and whichever transport brought it.
//
// The bounds build on each other, so Install sets them in their order: the parser's
// token limit keeps validation (quadratic in the fields of one selection) short; Shape
// counts what the fragments of a document expand to without expanding them; Cost then
// walks the expanded document, which without Shape would take time exponential in the
// length of the query.
package guard

import (
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
)

// Limits are the bounds of one operation.
type Limits struct {
	// Tokens is the greatest number of lexical tokens in a document.
	Tokens int
	// Shape bounds the expanded document.
	Shape Shape
	// Cost bounds the weighted number of objects it may return.
	Cost int
}

// DefaultLimits are the bounds of the platform.
func DefaultLimits() Limits {
	return Limits{Tokens: 1000, Shape: DefaultShape(), Cost: 1000}
}

// Install sets the limits on srv. The schema is public, so introspection is open to
// everybody; it is bounded like the rest.
func Install(srv *handler.Server, limits Limits) {
	srv.SetParserTokenLimit(limits.Tokens)
	srv.Use(extension.Introspection{})
	srv.Use(limits.Shape)
	srv.Use(&Cost{Limit: limits.Cost})
}
