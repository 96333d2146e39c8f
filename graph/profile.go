package graph

import (
	"context"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/auth"
)

// Role is what the person may do in the administration.
func (r *userResolver) Role(ctx context.Context, u *ent.User) (user.Role, error) {
	return r.s.Role(ctx, u.ID)
}

// UpdateProfile changes the profile.
func (r *mutationResolver) UpdateProfile(ctx context.Context, in UpdateProfileInput) (*UpdateProfilePayload, error) {
	p, err := auth.Require(ctx)
	if err != nil {
		return nil, err
	}
	change := account.Profile{FirstName: in.FirstName.Value(), LastName: in.LastName.Value()}
	if photo, set := in.PhotoURL.ValueOK(); set {
		if change.PhotoURL = photo; photo == nil {
			change.PhotoURL = new(string)
		}
	}
	u, err := r.s.Accounts.UpdateProfile(ctx, p.User, change)
	inputs, err := userErrors[UpdateProfileUserError](ctx, err)
	return &UpdateProfilePayload{Viewer: u, UserErrors: inputs}, err
}

// DeleteAccount deletes the account when its grace is over.
func (r *mutationResolver) DeleteAccount(ctx context.Context, in DeleteAccountInput) (*DeleteAccountPayload, error) {
	p, err := auth.Require(ctx)
	if err != nil {
		return nil, err
	}
	u, err := r.s.Accounts.Delete(ctx, p.User, p.Session, account.SignInInput{Proof: proofOf(*in.Identity)})
	inputs, err := userErrors[DeleteAccountUserError](ctx, err)
	return &DeleteAccountPayload{Viewer: unless(inputs, u), UserErrors: inputs}, err
}

// RestoreAccount undoes a deletion.
func (r *mutationResolver) RestoreAccount(ctx context.Context, in RestoreAccountInput) (*RestoreAccountPayload, error) {
	p, err := auth.Require(ctx)
	if err != nil {
		return nil, err
	}
	reason := ""
	if in.Reason.Value() != nil {
		reason = *in.Reason.Value()
	}
	u, err := r.s.Accounts.Restore(ctx, p.User, reason)
	inputs, err := userErrors[RestoreAccountUserError](ctx, err)
	return &RestoreAccountPayload{Viewer: u, UserErrors: inputs}, err
}

// unless is nothing where there are userErrors.
func unless[E, V any](inputs []*E, v *V) *V {
	if len(inputs) > 0 {
		return nil
	}
	return v
}
