package ai

import (
	"fmt"
	"maps"
)

// Providers are the adapters by what they make and, within that, by the provider's
// name in the catalogue.
type Providers struct {
	Text  map[string]TextStreamer
	Image map[string]ImageMaker
	Video map[string]VideoMaker
}

// Router finds the adapter of a provider. It never changes after NewRouter and is
// safe for concurrent use.
type Router struct {
	by Providers
}

// NewRouter returns a Router over p. It keeps copies of the maps.
func NewRouter(p Providers) *Router {
	return &Router{by: Providers{
		Text:  maps.Clone(p.Text),
		Image: maps.Clone(p.Image),
		Video: maps.Clone(p.Video),
	}}
}

// Text returns the writer of text of provider. A provider that is not configured
// is an *Error of kind Unsupported.
func (r *Router) Text(provider string) (TextStreamer, error) {
	return pick(r.by.Text, provider, "text")
}

// Image returns the maker of pictures of provider, or an error as Text does.
func (r *Router) Image(provider string) (ImageMaker, error) {
	return pick(r.by.Image, provider, "image")
}

// Video returns the maker of videos of provider, or an error as Text does.
func (r *Router) Video(provider string) (VideoMaker, error) {
	return pick(r.by.Video, provider, "video")
}

func pick[T comparable](adapters map[string]T, provider, what string) (T, error) {
	var none T
	if a, ok := adapters[provider]; ok && a != none {
		return a, nil
	}
	return none, &Error{Kind: Unsupported, Provider: provider, Cause: fmt.Errorf("no %s adapter for provider %q", what, provider)}
}
