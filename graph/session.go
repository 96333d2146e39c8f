package graph

import (
	"context"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/oid"
)

// Sessions are the user's open sessions.
func (r *userResolver) Sessions(ctx context.Context, u *ent.User) ([]*ent.Session, error) {
	return r.s.Accounts.Sessions(ctx, u.ID)
}

// IsCurrent reports whether the request was made by this session.
func (r *sessionResolver) IsCurrent(ctx context.Context, s *ent.Session) (bool, error) {
	p, ok := auth.From(ctx)
	return ok && p.Session == s.ID, nil
}

// SignIn opens a session.
func (r *mutationResolver) SignIn(ctx context.Context, in SignInInput) (*SignInPayload, error) {
	out := &SignInPayload{}
	return out, mutatePublic(ctx, &out.UserErrors, func(ctx context.Context) error {
		device := in.DeviceName.Value()
		if device == nil {
			device = new(string)
		}
		signed, err := r.s.Accounts.SignIn(ctx, account.SignInInput{Proof: proofOf(*in.Identity), DeviceName: *device, Language: askedLanguage(ctx)})
		if err != nil {
			return err
		}
		// The rest of the response is read as the user who has just signed in.
		loadersOf(ctx).become(ctx, r.s, signed.User.ID)
		out.Viewer, out.Session, out.Tokens = signed.User, signed.Session, &signed.Tokens
		return nil
	})
}

// RefreshSession exchanges a refresh token for a new pair of tokens.
func (r *mutationResolver) RefreshSession(ctx context.Context, in RefreshSessionInput) (*RefreshSessionPayload, error) {
	out := &RefreshSessionPayload{}
	return out, mutatePublic(ctx, &out.UserErrors, func(ctx context.Context) (err error) {
		out.Tokens, err = r.s.Accounts.Refresh(ctx, in.RefreshToken)
		return err
	})
}

// everySession maps a scope to whether all sessions end.
var everySession = map[SignOutScope]bool{SignOutScopeThisSession: false, SignOutScopeAllSessions: true}

// SignOut ends this session or all sessions of the user.
func (r *mutationResolver) SignOut(ctx context.Context, in SignOutInput) (*SignOutPayload, error) {
	out := &SignOutPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) error {
		all, err := choice(everySession, in.Scope)
		if err != nil {
			return err
		}
		ended, err := r.s.Accounts.SignOut(ctx, p, all)
		out.EndedSessionIds = idTexts(ended)
		return err
	})
}

func idTexts(ids []oid.Session) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.String()
	}
	return out
}

// RevokeSession ends one session of the user.
func (r *mutationResolver) RevokeSession(ctx context.Context, in RevokeSessionInput) (*RevokeSessionPayload, error) {
	out := &RevokeSessionPayload{SessionID: &in.SessionID}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) error {
		return r.s.Accounts.RevokeSession(ctx, p, in.SessionID)
	})
}
