package graph

import (
	"context"

	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/catalog"
)

// Name is the name to show, in a language.
func (r *modelResolver) Name(_ context.Context, m *catalog.Model, _ *user.Language) (string, error) {
	return m.Name.EN, nil
}

// Description is what it is good at, in a language.
func (r *modelResolver) Description(_ context.Context, m *catalog.Model, _ *user.Language) (string, error) {
	return m.Description.EN, nil
}

// Successor is what to use in its place.
func (r *modelResolver) Successor(_ context.Context, m *catalog.Model) (*catalog.Model, error) {
	return r.model(&m.Successor), nil
}

// Fallback is the model that is asked when it fails.
func (r *modelResolver) Fallback(_ context.Context, m *catalog.Model) (*catalog.Model, error) {
	return r.model(&m.Fallback), nil
}

// AvailableToViewer says whether the viewer can use it now.
func (r *modelResolver) AvailableToViewer(_ context.Context, m *catalog.Model) (bool, error) {
	return m.State != catalog.Retired, nil
}

// UnavailableReason says why not.
func (r *modelResolver) UnavailableReason(_ context.Context, _ *catalog.Model) (*catalog.Obstacle, error) {
	return nil, nil
}

// Price is what the provider asks for it today.
func (r *modelResolver) Price(_ context.Context, _ *catalog.Model) (*ModelPrice, error) {
	return nil, nil
}

// ModelWarnings are what operators must know of the catalogue.
func (r *queryResolver) ModelWarnings(_ context.Context) ([]*ModelWarning, error) { return nil, nil }
