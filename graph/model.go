package graph

import (
	"context"
	"slices"
	"time"

	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/modelcheck"
)

// Name is the name to show.
func (r *modelResolver) Name(ctx context.Context, m *catalog.Model, language *user.Language) (string, error) {
	return labelIn(ctx, m.Name, language)
}

// Description is a sentence on its use.
func (r *modelResolver) Description(ctx context.Context, m *catalog.Model, language *user.Language) (string, error) {
	return labelIn(ctx, m.Description, language)
}

// Successor is what to use in its place.
func (r *modelResolver) Successor(_ context.Context, m *catalog.Model) (*catalog.Model, error) {
	return r.model(&m.Successor), nil
}

// Fallback is the model that is asked when it fails.
func (r *modelResolver) Fallback(_ context.Context, m *catalog.Model) (*catalog.Model, error) {
	return r.model(&m.Fallback), nil
}

// AvailableToViewer reports whether the viewer can use it now.
func (r *modelResolver) AvailableToViewer(ctx context.Context, m *catalog.Model) (bool, error) {
	who, err := r.asking(ctx)
	return r.s.Catalog.Obstacle(*m, who) == "", err
}

// UnavailableReason is nil for a model that the viewer can use.
func (r *modelResolver) UnavailableReason(ctx context.Context, m *catalog.Model) (*catalog.Obstacle, error) {
	who, err := r.asking(ctx)
	if reason := r.s.Catalog.Obstacle(*m, who); err == nil && reason != "" {
		return &reason, nil
	}
	return nil, err
}

// asking is the viewer as the catalogue knows one.
func (r *Resolver) asking(ctx context.Context) (catalog.Viewer, error) {
	p, ok := auth.From(ctx)
	if !ok {
		return catalog.Viewer{}, nil
	}
	u, err := loadViewer(ctx)
	if err != nil || u == nil {
		return catalog.Viewer{}, err
	}
	return catalog.Viewer{SignedIn: true, Plan: r.s.Memberships.Of(u, time.Now()).ActsAs, Opens: p.Grant.Opens}, nil
}

// Models are the models of the catalogue.
func (r *queryResolver) Models(ctx context.Context, filter *ModelFilter) ([]*catalog.Model, error) {
	if filter == nil {
		filter = &ModelFilter{}
	}
	who, err := r.asking(ctx)
	if err != nil {
		return nil, err
	}
	out := []*catalog.Model{}
	for _, m := range r.s.Catalog.All() {
		if r.passes(m, filter, who) {
			out = append(out, &m)
		}
	}
	return out, nil
}

// passes reports whether a model matches a filter.
func (r *queryResolver) passes(m catalog.Model, f *ModelFilter, who catalog.Viewer) bool {
	states := f.States.Value()
	if states == nil {
		states = []catalog.State{catalog.Active, catalog.Deprecated}
	}
	if !slices.Contains(states, m.State) {
		return false
	}
	if kind := f.Kind.Value(); kind != nil && *kind != m.Kind {
		return false
	}
	if provider := f.Provider.Value(); provider != nil && *provider != m.Provider {
		return false
	}
	for _, c := range f.Capabilities.Value() {
		if !m.Can(c) {
			return false
		}
	}
	available := f.AvailableToViewer.Value()
	return available == nil || *available == (r.s.Catalog.Obstacle(m, who) == "")
}

// ModelWarnings are the warnings about the catalogue for operators.
func (r *queryResolver) ModelWarnings(ctx context.Context) ([]*modelcheck.Warning, error) {
	warnings, err := r.s.Models.Warnings(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]*modelcheck.Warning, len(warnings))
	for i := range warnings {
		out[i] = &warnings[i]
	}
	return out, nil
}
