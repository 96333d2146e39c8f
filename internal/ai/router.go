package ai

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/weav-ai/weav/internal/oid"
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
	by  Providers
	own OwnKeys // nil for none
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

// OwnKeys finds providers by people's own keys.
type OwnKeys interface {
	// Router returns a router of one provider that asks with a person's own key. A key that is gone is an *Error of
	// kind KeyRefused.
	Router(ctx context.Context, user oid.User, provider string) (*Router, error)
}

// WithOwnKeys returns a Router that finds people's own keys in keys.
func (r *Router) WithOwnKeys(keys OwnKeys) *Router { return &Router{by: r.by, own: keys} }

// For returns the router of what is ordered by a person: this one, or one that asks with the person's own key.
func (r *Router) For(ctx context.Context, user oid.User, provider string, isOwnKey bool) (*Router, error) {
	if !isOwnKey {
		return r, nil
	}
	if r.own == nil {
		return nil, &Error{Kind: KeyRefused, Provider: provider, Cause: errors.New("own keys are not set up")}
	}
	return r.own.Router(ctx, user, provider)
}
