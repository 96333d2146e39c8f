package account

import (
	"context"
	"fmt"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/prompt"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// PromptChange is a change of a prompt; nil fields stay unchanged.
type PromptChange struct {
	Title, Description, Content *string
	// IfRevision refuses the change with CONFLICT unless the prompt has this revision.
	IfRevision *int
}

// UpdatePrompt changes a prompt of user. An outdated revision is CONFLICT, with the present one.
func (s *Service) UpdatePrompt(ctx context.Context, user oid.User, id string, in PromptChange) (*ent.Prompt, error) {
	if err := checkPrompt(in.Title, in.Description, in.Content); err != nil {
		return nil, err
	}
	pid, err := oid.Parse[oid.Prompt](id)
	if err != nil {
		return nil, errNotFound()
	}
	var changed *ent.Prompt
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		update := tx.Client().Prompt.Update().Where(prompt.ID(pid), prompt.UserID(user)).
			SetNillableTitle(in.Title).SetNillableDescription(in.Description).SetNillableContent(in.Content)
		if in.IfRevision != nil {
			update.Where(prompt.Revision(*in.IfRevision))
		}
		n, err := update.AddRevision(1).SetUpdatedAt(s.cfg.Now()).Save(ctx)
		if err != nil {
			return fmt.Errorf("account: update prompt: %w", err)
		}
		changed, err = found(tx.Client().Prompt.Query().Where(prompt.ID(pid), prompt.UserID(user)).Only(ctx))
		if err != nil {
			return err
		}
		// The prompt exists, so the revision was the reason that no row matched.
		if n == 0 {
			return conflict(errs.Textf("The prompt was changed since you read it."), changed.Revision)
		}
		feed.Record(tx, user, feed.PromptSaved, feed.Facts{Prompt: pid})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// DeletePrompt deletes a prompt of user permanently.
func (s *Service) DeletePrompt(ctx context.Context, user oid.User, id string) error {
	pid, err := oid.Parse[oid.Prompt](id)
	if err != nil {
		return errNotFound()
	}
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Client().Prompt.Delete().Where(prompt.ID(pid), prompt.UserID(user)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("account: delete prompt: %w", err)
		}
		if n == 0 {
			return errNotFound()
		}
		feed.Record(tx, user, feed.PromptDeleted, feed.Facts{Prompt: pid})
		return nil
	})
}
