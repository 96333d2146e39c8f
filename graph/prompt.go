package graph

import (
	"context"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/page"
)

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
