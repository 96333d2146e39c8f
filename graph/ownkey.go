package graph

import (
	"context"
	"fmt"
	"slices"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/export"
	"github.com/weav-ai/weav/internal/providerkey"
)

// vendors are the providers of own keys as the catalogue names them.
var vendors = map[KeyProvider]string{KeyProviderOpenai: providerkey.OpenAI, KeyProviderGemini: providerkey.Gemini}

// Provider is whose key it is.
func (r *providerKeyResolver) Provider(_ context.Context, k *ent.ProviderKey) (KeyProvider, error) {
	for shown, name := range vendors {
		if name == k.Provider {
			return shown, nil
		}
	}
	return "", fmt.Errorf("graph: a key of the unknown provider %q", k.Provider)
}

// ProviderKeys are the person's own keys.
func (r *userResolver) ProviderKeys(ctx context.Context, u *ent.User) ([]*ent.ProviderKey, error) {
	return loadersOf(ctx).ownKeys.Load(ctx, u.ID)
}

// HasOpenaiKey says whether there is an own key of OpenAI.
func (r *userResolver) HasOpenaiKey(ctx context.Context, u *ent.User) (bool, error) {
	return hasOwnKey(ctx, u, providerkey.OpenAI)
}

// HasGeminiKey says whether there is an own key of Google's Gemini.
func (r *userResolver) HasGeminiKey(ctx context.Context, u *ent.User) (bool, error) {
	return hasOwnKey(ctx, u, providerkey.Gemini)
}

func hasOwnKey(ctx context.Context, u *ent.User, provider string) (bool, error) {
	keys, err := loadersOf(ctx).ownKeys.Load(ctx, u.ID)
	return slices.ContainsFunc(keys, func(k *ent.ProviderKey) bool { return k.Provider == provider }), err
}

// SetProviderKey keeps a key of the person's own.
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

// RemoveProviderKey forgets a key of the person's own.
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

// ExportAccount orders an export.
func (r *mutationResolver) ExportAccount(ctx context.Context, in ExportAccountInput) (*ExportAccountPayload, error) {
	out := &ExportAccountPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Job, err = r.s.Exports.Order(ctx, p.User, export.Input{IncludesFiles: in.IncludeFiles, Key: in.IdempotencyKey})
		return err
	})
}
