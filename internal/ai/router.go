package ai

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/weav-ai/weav/internal/oid"
)

// Providers are the adapters by the kind of their output and the provider's name in the catalogue.
type Providers struct {
	Text  map[string]TextStreamer
	Image map[string]ImageMaker
	Video map[string]VideoMaker
}

// Router finds the adapter of a provider. It is immutable and safe for concurrent use.
type Router struct {
	by   Providers
	keys ProviderKeys // nil for none
}

// NewRouter returns a Router over p. It copies the maps.
func NewRouter(p Providers) *Router {
	return &Router{by: Providers{
		Text:  maps.Clone(p.Text),
		Image: maps.Clone(p.Image),
		Video: maps.Clone(p.Video),
	}}
}

// Text returns the text adapter of a provider. A provider that is not configured is an *Error of kind
// Unsupported.
func (r *Router) Text(provider string) (TextStreamer, error) {
	return pick(r.by.Text, provider, "text")
}

// Image returns the image adapter of a provider, or an error as Text does.
func (r *Router) Image(provider string) (ImageMaker, error) {
	return pick(r.by.Image, provider, "image")
}

// Video returns the video adapter of a provider, or an error as Text does.
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

// ProviderKeys provides routers that use the provider keys of users.
type ProviderKeys interface {
	// Router returns a router of one provider that uses a user's provider key. A deleted key is an *Error of
	// kind KeyRefused.
	Router(ctx context.Context, user oid.User, provider string) (*Router, error)
}

// WithProviderKeys returns a Router that uses the users' provider keys in keys.
func (r *Router) WithProviderKeys(keys ProviderKeys) *Router { return &Router{by: r.by, keys: keys} }

// For returns the router for work of a user: this one, or one that uses the user's provider key.
func (r *Router) For(ctx context.Context, user oid.User, provider string, isOwnKey bool) (*Router, error) {
	if !isOwnKey {
		return r, nil
	}
	if r.keys == nil {
		return nil, &Error{Kind: KeyRefused, Provider: provider, Cause: errors.New("own keys are not set up")}
	}
	return r.keys.Router(ctx, user, provider)
}
