package ai

import (
	"fmt"
	"maps"
)

// Router finds the adapter of a provider. It never changes after NewRouter and is
// safe for concurrent use.
type Router struct {
	text map[string]TextStreamer
}

// NewRouter returns a Router over the writers of text, keyed by the provider's
// name in the catalogue. It keeps a copy of the map.
func NewRouter(text map[string]TextStreamer) *Router {
	return &Router{text: maps.Clone(text)}
}

// Text returns the writer of text of provider. A provider that is not configured
// is an *Error of kind Unsupported.
func (r *Router) Text(provider string) (TextStreamer, error) {
	s, ok := r.text[provider]
	if !ok || s == nil {
		return nil, &Error{Kind: Unsupported, Provider: provider, Cause: fmt.Errorf("no text adapter for provider %q", provider)}
	}
	return s, nil
}
