package chat

import (
	"context"
	"strconv"

	"github.com/weav-ai/weav/ent"
	entchat "github.com/weav-ai/weav/ent/chat"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/text"
)

// Configure is a change of a chat's settings; nil stays as it is.
type Configure struct {
	ModelID           *string
	SystemInstruction *string
	Prompts           []string // nil stays as it is
	OnRetirement      *entchat.OnRetirement
	IfRevision        *int
}

// Rename names a chat; from then on its title is not made any more.
func (s *Service) Rename(ctx context.Context, user oid.User, id, title string, ifRevision *int) (*ent.Chat, error) {
	var c text.Checker
	c.Text("title", title, 1, MaxTitleChars)
	if err := c.Err(); err != nil {
		return nil, err
	}
	return s.change(ctx, user, id, ifRevision, func(_ context.Context, _ *store.Tx, u *ent.ChatUpdateOne) error {
		u.SetTitle(title).SetIsTitleCustom(true)
		return nil
	})
}

// Configure changes a chat's model, instruction or recommended prompts.
func (s *Service) Configure(ctx context.Context, user oid.User, id string, in Configure) (*ent.Chat, error) {
	var c text.Checker
	if in.SystemInstruction != nil {
		c.Text("systemInstruction", *in.SystemInstruction, 0, MaxInstructionChars)
	}
	checkPrompts(&c, in.Prompts)
	if err := c.Err(); err != nil {
		return nil, err
	}
	return s.change(ctx, user, id, in.IfRevision, func(_ context.Context, _ *store.Tx, u *ent.ChatUpdateOne) error {
		u.SetNillableSystemInstruction(in.SystemInstruction).SetNillableOnRetirement(in.OnRetirement)
		if in.Prompts != nil {
			u.SetRecommendedPrompts(in.Prompts)
		}
		if in.ModelID == nil {
			return nil
		}
		m, err := s.catalog.Usable(catalog.Text, *in.ModelID)
		if err != nil {
			return err
		}
		u.SetModel(m.ID)
		return nil
	})
}

// Move puts a chat into a folder, or with nil into none.
func (s *Service) Move(ctx context.Context, user oid.User, id string, folder *string, ifRevision *int) (*ent.Chat, error) {
	return s.change(ctx, user, id, ifRevision, func(ctx context.Context, tx *store.Tx, u *ent.ChatUpdateOne) error {
		u.ClearFormerFolderID()
		if folder == nil {
			u.ClearFolderID()
			return nil
		}
		fid, err := s.lockFolder(ctx, tx, user, *folder)
		if err != nil {
			return err
		}
		u.SetFolderID(fid)
		return nil
	})
}

// Pin pins or unpins a chat.
func (s *Service) Pin(ctx context.Context, user oid.User, id string, pinned bool) (*ent.Chat, error) {
	return s.change(ctx, user, id, nil, func(_ context.Context, _ *store.Tx, u *ent.ChatUpdateOne) error {
		u.SetIsPinned(pinned)
		return nil
	})
}

// Archive puts a chat out of sight or takes it back out.
func (s *Service) Archive(ctx context.Context, user oid.User, id string, archived bool) (*ent.Chat, error) {
	return s.change(ctx, user, id, nil, func(_ context.Context, _ *store.Tx, u *ent.ChatUpdateOne) error {
		u.SetIsArchived(archived)
		return nil
	})
}

// change applies set to a chat in one transaction: folder locks come before the chat's.
func (s *Service) change(ctx context.Context, user oid.User, id string, ifRevision *int,
	set func(context.Context, *store.Tx, *ent.ChatUpdateOne) error,
) (*ent.Chat, error) {
	cid, err := oid.Parse[oid.Chat](id)
	if err != nil {
		return nil, errNotFound()
	}
	var changed *ent.Chat
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		update := tx.Client().Chat.UpdateOneID(cid).Where(entchat.UserID(user), entchat.DeletedAtIsNil())
		if err := set(ctx, tx, update); err != nil {
			return err
		}
		if err := s.expectRevision(ctx, tx, user, cid, ifRevision); err != nil {
			return err
		}
		changed, err = found(update.AddRevision(1).Save(ctx))
		if err != nil {
			return err
		}
		feed.Record(tx, user, feed.ChatSaved, feed.Facts{Chat: cid})
		return s.indexTitle(ctx, tx, changed)
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

func (s *Service) expectRevision(ctx context.Context, tx *store.Tx, user oid.User, id oid.Chat, want *int) error {
	if want == nil {
		return nil
	}
	c, err := s.lockChat(ctx, tx, user, id)
	if err != nil {
		return err
	}
	if c.Revision == *want {
		return nil
	}
	return errs.New(errs.Conflict, "The chat was changed since you read it.").With("revision", c.Revision)
}

func checkPrompts(c *text.Checker, prompts []string) {
	if len(prompts) > MaxPrompts {
		c.Fail(errs.TooLong, "recommendedPrompts", "At most %d prompts.", MaxPrompts)
		return
	}
	for i, p := range prompts {
		c.Text("recommendedPrompts."+strconv.Itoa(i), p, 1, MaxPromptChars)
	}
}
