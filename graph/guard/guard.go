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
	"github.com/vektah/gqlparser/v2/validator/core"
)

// Limits are the bounds of one operation.
type Limits struct {
	// Tokens is the greatest number of lexical tokens in a document.
	Tokens int
	// Shape bounds the expanded document.
	Shape Shape
	// Cost bounds the weighted number of objects it may return.
	Cost int
	// HideSchema refuses introspection, and keeps errors from naming what the schema has.
	HideSchema bool
	// Rules are checked besides those of the specification.
	Rules []core.Rule
}

// DefaultLimits are the bounds of the platform.
func DefaultLimits() Limits {
	return Limits{Tokens: 1000, Shape: DefaultShape(), Cost: 1000}
}

// Install sets the limits on srv. The schema is public, so introspection is open to
// everybody as long as it is not hidden. It is bounded like other operations.
func Install(srv *handler.Server, limits Limits) {
	srv.SetParserTokenLimit(limits.Tokens)
	srv.SetDisableSuggestion(limits.HideSchema)
	srv.SetValidationRulesFn(validation(limits))
	if !limits.HideSchema {
		srv.Use(extension.Introspection{})
	}
	srv.Use(limits.Shape)
	srv.Use(&Cost{Limit: limits.Cost})
}
