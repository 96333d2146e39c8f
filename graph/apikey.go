package graph

import (
	"context"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/apikey"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/catalog"
)

// APIKeys are the user's keys.
func (r *userResolver) APIKeys(ctx context.Context, u *ent.User) ([]*ent.APIKey, error) {
	return r.s.APIKeys.List(ctx, u.ID)
}

// Scopes are what the key may do.
func (r *apiKeyResolver) Scopes(_ context.Context, k *ent.APIKey) ([]APIScope, error) {
	out := make([]APIScope, len(k.Scopes))
	for i, scope := range k.Scopes {
		out[i] = APIScope(scope)
	}
	return out, nil
}

// Models are those that it may use, without those the catalogue does not have; nil for all.
func (r *apiKeyResolver) Models(_ context.Context, k *ent.APIKey) ([]*catalog.Model, error) {
	if k.Models == nil {
		return nil, nil
	}
	out := []*catalog.Model{}
	for _, id := range k.Models {
		if m := r.model(&id); m != nil {
			out = append(out, m)
		}
	}
	return out, nil
}

// MonthlyBudget is the most it may cost in a month; nil for no limit.
func (r *apiKeyResolver) MonthlyBudget(_ context.Context, k *ent.APIKey) (*Cost, error) {
	if k.BudgetMicros == nil {
		return nil, nil
	}
	return costOf(k.BudgetMicros), nil
}

// SpentThisMonth is the cost of this month.
func (r *apiKeyResolver) SpentThisMonth(ctx context.Context, k *ent.APIKey) (*Cost, error) {
	micros, err := loadersOf(ctx).keySpent.Load(ctx, k.ID)
	return costOf(&micros), err
}

// CreateAPIKey makes a key for an integration.
func (r *mutationResolver) CreateAPIKey(ctx context.Context, in CreateAPIKeyInput) (*CreateAPIKeyPayload, error) {
	out := &CreateAPIKeyPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) error {
		scopes := make([]string, len(in.Scopes))
		for i, scope := range in.Scopes {
			scopes[i] = string(scope)
		}
		key, secret, err := r.s.APIKeys.Create(ctx, p.User, apikey.CreateInput{
			Name: in.Name, Scopes: scopes, Models: in.ModelIds.Value(), IsTest: in.IsTest,
			ExpiresAt: in.ExpiresAt.Value(), Budget: money(in.MonthlyBudget), Key: in.IdempotencyKey,
			Session: p.Session,
		})
		out.APIKey = key
		if secret != "" {
			out.Secret = &secret
		}
		return err
	})
}

// RevokeAPIKey revokes a key.
func (r *mutationResolver) RevokeAPIKey(ctx context.Context, in RevokeAPIKeyInput) (*RevokeAPIKeyPayload, error) {
	out := &RevokeAPIKeyPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.APIKey, err = r.s.APIKeys.Revoke(ctx, p.User, in.APIKeyID)
		return err
	})
}
