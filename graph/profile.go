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

// DeleteAccount deletes the account when its grace is over.
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

// RestoreAccount undoes a deletion.
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
