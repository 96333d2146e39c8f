package graph

import (
	"context"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/export"
)

// Preferences are the user's settings.
func (r *userResolver) Preferences(_ context.Context, u *ent.User) (*Preferences, error) {
	return &Preferences{
		Theme: u.Theme, AccentColor: u.AccentColor, Language: u.Language, DefaultModel: r.model(u.DefaultModel),
		DefaultInstruction: u.DefaultInstruction, PersonaName: u.PersonaName, Revision: u.PreferencesRevision,
	}, nil
}

// EventCursor is the feed's head.
func (r *userResolver) EventCursor(ctx context.Context, _ *ent.User) (string, error) {
	return eventCursor(ctx)
}

// UpdatePreferences changes preferences.
func (r *mutationResolver) UpdatePreferences(ctx context.Context, in UpdatePreferencesInput) (*UpdatePreferencesPayload, error) {
	out := &UpdatePreferencesPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Viewer, err = r.s.Accounts.UpdatePreferences(ctx, p.User, account.Change{
			Theme: in.Theme.Value(), AccentColor: in.AccentColor.Value(), Language: in.Language.Value(),
			DefaultModel:       optional(in.DefaultModelID.ValueOK()),
			DefaultInstruction: optional(in.DefaultInstruction.ValueOK()),
			PersonaName:        optional(in.PersonaName.ValueOK()),
			IfRevision:         in.IfRevision.Value(),
		})
		return err
	})
}

// Role is the user's role, settings included.
func (r *userResolver) Role(ctx context.Context, u *ent.User) (user.Role, error) {
	return r.s.Role(ctx, u.ID)
}

// UpdateProfile changes the profile.
func (r *mutationResolver) UpdateProfile(ctx context.Context, in UpdateProfileInput) (*UpdateProfilePayload, error) {
	out := &UpdateProfilePayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		change := account.Profile{FirstName: in.FirstName.Value(), LastName: in.LastName.Value()}
		if photo, set := in.PhotoURL.ValueOK(); set {
			if change.PhotoURL = photo; photo == nil {
				change.PhotoURL = new(string)
			}
		}
		out.Viewer, err = r.s.Accounts.UpdateProfile(ctx, p.User, change)
		return err
	})
}

// ExportAccount submits a job that exports the account.
func (r *mutationResolver) ExportAccount(ctx context.Context, in ExportAccountInput) (*ExportAccountPayload, error) {
	out := &ExportAccountPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Job, err = r.s.Exports.Order(ctx, p.User, export.Input{IncludesFiles: in.IncludeFiles, Key: in.IdempotencyKey})
		return err
	})
}

// DeleteAccount schedules the erasure of the account.
func (r *mutationResolver) DeleteAccount(ctx context.Context, in DeleteAccountInput) (*DeleteAccountPayload, error) {
	out := &DeleteAccountPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) error {
		u, err := r.s.Accounts.Delete(ctx, p.User, p.Session, account.SignInInput{Proof: proofOf(*in.Identity)})
		if err == nil {
			out.Viewer = u
		}
		return err
	})
}

// RestoreAccount cancels the erasure.
func (r *mutationResolver) RestoreAccount(ctx context.Context, in RestoreAccountInput) (*RestoreAccountPayload, error) {
	out := &RestoreAccountPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		reason := ""
		if in.Reason.Value() != nil {
			reason = *in.Reason.Value()
		}
		out.Viewer, err = r.s.Accounts.Restore(ctx, p.User, reason)
		return err
	})
}
