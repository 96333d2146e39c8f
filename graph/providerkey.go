package graph

import (
	"context"
	"fmt"
	"slices"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/providerkey"
)

// vendors maps providers to their names in the catalogue.
var vendors = map[KeyProvider]string{KeyProviderOpenai: providerkey.OpenAI, KeyProviderGemini: providerkey.Gemini}

// Provider is the provider that issued the key.
func (r *providerKeyResolver) Provider(_ context.Context, k *ent.ProviderKey) (KeyProvider, error) {
	for shown, name := range vendors {
		if name == k.Provider {
			return shown, nil
		}
	}
	return "", fmt.Errorf("graph: a key of the unknown provider %q", k.Provider)
}

// ProviderKeys are the user's provider keys.
func (r *userResolver) ProviderKeys(ctx context.Context, u *ent.User) ([]*ent.ProviderKey, error) {
	return loadersOf(ctx).providerKeys.Load(ctx, u.ID)
}

// HasOpenaiKey reports whether the user has a key of OpenAI.
func (r *userResolver) HasOpenaiKey(ctx context.Context, u *ent.User) (bool, error) {
	return hasProviderKey(ctx, u, providerkey.OpenAI)
}

// HasGeminiKey reports whether the user has a key of Gemini.
func (r *userResolver) HasGeminiKey(ctx context.Context, u *ent.User) (bool, error) {
	return hasProviderKey(ctx, u, providerkey.Gemini)
}

func hasProviderKey(ctx context.Context, u *ent.User, provider string) (bool, error) {
	keys, err := loadersOf(ctx).providerKeys.Load(ctx, u.ID)
	return slices.ContainsFunc(keys, func(k *ent.ProviderKey) bool { return k.Provider == provider }), err
}

// SetProviderKey stores the user's key of a provider.
func (r *mutationResolver) SetProviderKey(ctx context.Context, in SetProviderKeyInput) (*SetProviderKeyPayload, error) {
	out := &SetProviderKeyPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		vendor, err := choice(vendors, in.Provider)
		if err != nil {
			return err
		}
		out.ProviderKey, err = r.s.OwnKeys.Set(ctx, p.User, vendor, in.Key)
		return err
	})
}

// RemoveProviderKey deletes the user's key of a provider.
func (r *mutationResolver) RemoveProviderKey(ctx context.Context, in RemoveProviderKeyInput) (*RemoveProviderKeyPayload, error) {
	out := &RemoveProviderKeyPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) error {
		vendor, err := choice(vendors, in.Provider)
		if err != nil {
			return err
		}
		if err := r.s.OwnKeys.Remove(ctx, p.User, vendor); err != nil {
			return err
		}
		out.Viewer, err = loadViewer(ctx)
		return err
	})
}
