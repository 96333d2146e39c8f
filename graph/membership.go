package graph

import (
	"context"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/membership"
)

// Plans are the memberships on offer.
func (r *queryResolver) Plans(context.Context) ([]*membership.Plan, error) {
	return pointers(r.s.Memberships.All()), nil
}

// Membership is the membership that holds now.
func (r *userResolver) Membership(_ context.Context, u *ent.User) (*membership.Membership, error) {
	m := r.s.Memberships.Of(u, time.Now())
	return &m, nil
}

// Plan is what the membership includes.
func (r *membershipResolver) Plan(_ context.Context, m *membership.Membership) (*membership.Plan, error) {
	plan := r.s.Memberships.Get(m.ActsAs)
	return &plan, nil
}

// Name is the name to show.
func (r *membershipPlanResolver) Name(ctx context.Context, p *membership.Plan, language *user.Language) (string, error) {
	return labelIn(ctx, p.Name, language)
}

// Price is what it costs.
func (r *membershipPlanResolver) Price(_ context.Context, p *membership.Plan) (*Price, error) {
	return &Price{Amount: int(p.Amount), Currency: p.Currency}, nil
}

// Days is how long one payment lasts; nil for FREE, which has no end.
func (r *membershipPlanResolver) Days(_ context.Context, p *membership.Plan) (*int, error) {
	if p.Days == 0 {
		return nil, nil
	}
	return &p.Days, nil
}

// Models are those that it opens and that can be used today.
func (r *membershipPlanResolver) Models(_ context.Context, p *membership.Plan) ([]*catalog.Model, error) {
	var opened []*catalog.Model
	for _, m := range r.s.Catalog.Models() {
		if r.s.Catalog.Obstacle(m, catalog.Viewer{SignedIn: true, Plan: p.Type}) == "" {
			opened = append(opened, &m)
		}
	}
	return opened, nil
}
