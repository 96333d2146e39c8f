package account

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/prompt"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/text"
)

// MaxPrompts is the size of a user's library.
const MaxPrompts = 500

// The longest texts of a prompt, in code points.
const (
	MaxPromptTitle       = 100
	MaxPromptDescription = 500
	MaxPromptContent     = 8000
)

// PromptInput is a prompt to store; Description may be empty.
type PromptInput struct {
	Title, Description, Content string
	// Key is the idempotency key.
	Key string `json:"-"`
}

// CreatePrompt adds a prompt to the library of user, once per key. Concurrent calls never exceed
// [MaxPrompts].
func (s *Service) CreatePrompt(ctx context.Context, user oid.User, in PromptInput) (*ent.Prompt, error) {
	if err := checkPrompt(&in.Title, &in.Description, &in.Content); err != nil {
		return nil, err
	}
	var id oid.Prompt
	key := store.Key{User: user, Key: in.Key, Input: in}
	_, err := s.store.Once(ctx, key, &id, func(ctx context.Context, tx *store.Tx) error {
		if err := roomForPrompt(ctx, tx, user); err != nil {
			return err
		}
		now := s.cfg.Now()
		p, err := tx.Client().Prompt.Create().SetUserID(user).SetTitle(in.Title).SetDescription(in.Description).
			SetContent(in.Content).SetCreatedAt(now).SetUpdatedAt(now).Save(ctx)
		if err != nil {
			return fmt.Errorf("account: create prompt: %w", err)
		}
		id = p.ID
		feed.Record(tx, user, feed.PromptSaved, feed.Facts{Prompt: id})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found(s.store.Client().Prompt.Query().Where(prompt.ID(id), prompt.UserID(user)).Only(ctx))
}

// roomForPrompt counts behind the lock on the user, so the limit is exact.
func roomForPrompt(ctx context.Context, tx *store.Tx, user oid.User) error {
	if err := tx.LockUser(ctx, user); err != nil {
		return err
	}
	n, err := tx.Client().Prompt.Query().Where(prompt.UserID(user)).Count(ctx)
	if err != nil {
		return fmt.Errorf("account: count prompts: %w", err)
	}
	if n < MaxPrompts {
		return nil
	}
	var c text.Checker
	c.Fail(errs.LimitReached, "", "A library holds at most %d prompts. Delete one first.", MaxPrompts)
	return c.Err()
}

// checkPrompt checks the texts of a prompt; nil is not checked.
func checkPrompt(title, description, content *string) error {
	var c text.Checker
	if title != nil {
		c.Text("title", *title, 1, MaxPromptTitle)
	}
	if description != nil {
		c.Text("description", *description, 0, MaxPromptDescription)
	}
	if content != nil {
		c.Text("content", *content, 1, MaxPromptContent)
	}
	return c.Err()
}

// promptList binds cursors to lists of prompts, so that a cursor of another list is refused.
const promptList = "prompts"

// PromptCursor is the position of a prompt in the library.
func PromptCursor(p *ent.Prompt) string { return page.Encode(promptList, p.ID.String()) }

// Prompts returns a page of the library of user, the newest first.
func (s *Service) Prompts(ctx context.Context, user oid.User, args page.Args) (*page.Result[*ent.Prompt], error) {
	w, err := page.Parse(promptList, args)
	if err != nil {
		return nil, err
	}
	q := s.store.Client().Prompt.Query().Where(prompt.UserID(user)).Order(prompt.ByID(sql.OrderDesc()))
	if w.After != nil {
		after, err := page.ID[oid.Prompt]("after", w.After)
		if err != nil {
			return nil, err
		}
		q.Where(prompt.IDLT(after))
	}
	// One row more than requested shows whether there is a next page.
	rows, err := q.Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("account: prompts: %w", err)
	}
	return page.Of(rows, w), nil
}

// PromptsByID reads prompts of user by id. Those of other users are left out.
func (s *Service) PromptsByID(ctx context.Context, user oid.User, ids []oid.Prompt) ([]*ent.Prompt, error) {
	rows, err := s.store.Client().Prompt.Query().Where(prompt.IDIn(ids...), prompt.UserID(user)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("account: read prompts: %w", err)
	}
	return rows, nil
}
