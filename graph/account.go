package graph

import (
	"context"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
)

// Preferences are what the person set for the account.
func (r *userResolver) Preferences(_ context.Context, u *ent.User) (*Preferences, error) {
	model := catalogDefault(r, u)
	return &Preferences{
		Theme: u.Theme, AccentColor: u.AccentColor, Language: u.Language, DefaultModel: model,
		DefaultInstruction: u.DefaultInstruction, PersonaName: u.PersonaName, Revision: u.PreferencesRevision,
	}, nil
}

func catalogDefault(r *userResolver, u *ent.User) *catalog.Model { return r.model(u.DefaultModel) }

// Sessions are the person's open sessions.
func (r *userResolver) Sessions(ctx context.Context, u *ent.User) ([]*ent.Session, error) {
	return r.s.Accounts.Sessions(ctx, u.ID)
}

// Prompts pages through the person's own prompts.
func (r *userResolver) Prompts(ctx context.Context, u *ent.User, first *int, after *string) (*PromptConnection, error) {
	result, err := r.s.Accounts.Prompts(ctx, u.ID, page.Args{First: first, After: after})
	if err != nil {
		return nil, err
	}
	return connect(result, account.PromptCursor), nil
}

// PromptTemplates are the built-in prompts in the person's language.
func (r *userResolver) PromptTemplates(_ context.Context, u *ent.User) ([]*account.Template, error) {
	return pointers(account.Templates(u.Language)), nil
}

// pointers returns the addresses of a list's entries, as the generated code takes them.
func pointers[T any](list []T) []*T {
	out := make([]*T, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}

// Folders pages through the person's folders.
func (r *userResolver) Folders(ctx context.Context, u *ent.User, first *int, after *string, deleted bool) (*FolderConnection, error) {
	return r.folders(ctx, u.ID, deleted, page.Args{First: first, After: after})
}

// Chats pages through the person's chats.
func (r *userResolver) Chats(ctx context.Context, u *ent.User, first *int, after *string, filter *ChatFilter) (*ChatConnection, error) {
	result, err := r.s.Chats.List(ctx, u.ID, chatFilter(filter), page.Args{First: first, After: after})
	if err != nil {
		return nil, err
	}
	return connect(result, chat.Cursor), nil
}

// chatFilter is the filter of a list; archived chats are left out unless asked for.
func chatFilter(in *ChatFilter) chat.Filter {
	shown := false
	if in == nil {
		return chat.Filter{Archived: &shown}
	}
	f := chat.Filter{FolderID: in.FolderID.Value(), WithoutFolder: in.WithoutFolder, Archived: &shown, Deleted: in.Deleted}
	if archived, set := in.Archived.ValueOK(); set {
		f.Archived = archived
	}
	return f
}

// Search finds words in the person's chats.
func (r *userResolver) Search(ctx context.Context, u *ent.User, query string, first *int, after *string) (*SearchHitConnection, error) {
	result, err := r.s.Chats.Search(ctx, u.ID, query, page.Args{First: first, After: after})
	if err != nil {
		return nil, err
	}
	return connect(result, chat.SearchCursor), nil
}

// EventCursor is the feed's head.
func (r *userResolver) EventCursor(ctx context.Context, _ *ent.User) (string, error) {
	return eventCursor(ctx)
}

// IsCurrent tells whether the request is of this session.
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
		// From here on the response is the new person's: what it asks for of the viewer is read as theirs.
		loadersOf(ctx).become(ctx, r.s, signed.User.ID)
		out.Viewer, out.Session, out.Tokens = signed.User, signed.Session, &signed.Tokens
		return nil
	})
}

// proofOf is an input's proof of identity as the domain takes it.
func proofOf(in IdentityInput) auth.Proof {
	var proof auth.Proof
	if dev := in.Dev.Value(); dev != nil {
		proof.Dev = &auth.DevProof{Email: dev.Email, FirstName: dev.FirstName.Value(), LastName: dev.LastName.Value()}
	}
	if firebase := in.Firebase.Value(); firebase != nil {
		proof.Firebase = &auth.FirebaseProof{IDToken: firebase.IDToken}
	}
	return proof
}

// RefreshSession trades a refresh token for a fresh pair.
func (r *mutationResolver) RefreshSession(ctx context.Context, in RefreshSessionInput) (*RefreshSessionPayload, error) {
	out := &RefreshSessionPayload{}
	return out, mutatePublic(ctx, &out.UserErrors, func(ctx context.Context) (err error) {
		out.Tokens, err = r.s.Accounts.Refresh(ctx, in.RefreshToken)
		return err
	})
}

// everySession says whether signing out ends all sessions.
var everySession = map[SignOutScope]bool{SignOutScopeThisSession: false, SignOutScopeAllSessions: true}

// SignOut ends this session or all.
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

// RevokeSession ends one session of the person.
func (r *mutationResolver) RevokeSession(ctx context.Context, in RevokeSessionInput) (*RevokeSessionPayload, error) {
	out := &RevokeSessionPayload{SessionID: &in.SessionID}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) error {
		return r.s.Accounts.RevokeSession(ctx, p, in.SessionID)
	})
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

// optional tells an absent value (nil) from a null one (empty).
func optional(v *string, set bool) *string {
	if !set {
		return nil
	}
	return orEmpty(v)
}

// CreatePrompt adds a prompt to the library.
func (r *mutationResolver) CreatePrompt(ctx context.Context, in CreatePromptInput) (*CreatePromptPayload, error) {
	out := &CreatePromptPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Prompt, err = r.s.Accounts.CreatePrompt(ctx, p.User, account.PromptInput{
			Title: in.Title, Description: in.Description, Content: in.Content, Key: in.IdempotencyKey,
		})
		return err
	})
}

// UpdatePrompt changes a prompt of the library.
func (r *mutationResolver) UpdatePrompt(ctx context.Context, in UpdatePromptInput) (*UpdatePromptPayload, error) {
	out := &UpdatePromptPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Prompt, err = r.s.Accounts.UpdatePrompt(ctx, p.User, in.PromptID, account.PromptChange{
			Title: in.Title.Value(), Description: in.Description.Value(), Content: in.Content.Value(), IfRevision: in.IfRevision.Value(),
		})
		return err
	})
}

// DeletePrompt removes a prompt from the library.
func (r *mutationResolver) DeletePrompt(ctx context.Context, in DeletePromptInput) (*DeletePromptPayload, error) {
	out := &DeletePromptPayload{PromptID: &in.PromptID}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) error {
		return r.s.Accounts.DeletePrompt(ctx, p.User, in.PromptID)
	})
}
