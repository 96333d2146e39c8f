package chat

import (
	"context"
	"fmt"

	"github.com/weav-ai/weav/ent"
	entchat "github.com/weav-ai/weav/ent/chat"
	entfolder "github.com/weav-ai/weav/ent/folder"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/text"
)

// CreateInput is a chat to make. Nil means: the person's, else the server's, default.
type CreateInput struct {
	Title             *string
	FolderID          *string
	ModelID           *string
	SystemInstruction *string
	Prompts           []string
	// OnRetirement says what becomes of the next message when the model is retired; empty is ASK.
	OnRetirement entchat.OnRetirement `json:",omitempty"`
	Key          string
}

// Create makes an empty chat.
func (s *Service) Create(ctx context.Context, user oid.User, in CreateInput) (*ent.Chat, error) {
	if err := checkCreate(in); err != nil {
		return nil, err
	}
	var id oid.Chat
	key := store.Key{User: user, Key: in.Key, Input: in}
	_, err := s.store.Once(ctx, key, &id, func(ctx context.Context, tx *store.Tx) error {
		c, err := s.create(ctx, tx, user, in)
		if err != nil {
			return err
		}
		id = c.ID
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found(s.store.Client().Chat.Query().Where(entchat.ID(id), entchat.UserID(user)).Only(ctx))
}

func checkCreate(in CreateInput) error {
	var c text.Checker
	if in.Title != nil {
		c.Text("title", *in.Title, 0, MaxTitleChars)
	}
	if in.SystemInstruction != nil {
		c.Text("systemInstruction", *in.SystemInstruction, 0, MaxInstructionChars)
	}
	checkPrompts(&c, in.Prompts)
	return c.Err()
}

func (s *Service) create(ctx context.Context, tx *store.Tx, user oid.User, in CreateInput) (*ent.Chat, error) {
	u, err := found(tx.Client().User.Get(ctx, user))
	if err != nil {
		return nil, err
	}
	model, err := s.modelFor(u, in.ModelID)
	if err != nil {
		return nil, err
	}
	now := store.Now()
	create := tx.Client().Chat.Create().SetUserID(user).SetModel(model).
		SetSystemInstruction(u.DefaultInstruction).SetNillableSystemInstruction(in.SystemInstruction).
		SetCreatedAt(now).SetLastActivityAt(now)
	if in.OnRetirement != "" {
		create.SetOnRetirement(in.OnRetirement)
	}
	if in.Prompts != nil {
		create.SetRecommendedPrompts(in.Prompts)
	}
	if in.Title != nil && !text.Blank(*in.Title) {
		create.SetTitle(*in.Title).SetIsTitleCustom(true)
	}
	if in.FolderID != nil {
		folder, err := s.lockFolder(ctx, tx, user, *in.FolderID)
		if err != nil {
			return nil, err
		}
		create.SetFolderID(folder)
	}
	c, err := create.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("chat: create: %w", err)
	}
	feed.Record(tx, user, feed.ChatSaved, feed.Facts{Chat: c.ID})
	return c, s.indexTitle(ctx, tx, c)
}

// modelFor is the model a new chat gets. A default that is not offered any more gives way
// to the server's; one that was named must be usable.
func (s *Service) modelFor(u *ent.User, named *string) (string, error) {
	if named != nil {
		m, err := s.catalog.Usable(catalog.Text, *named)
		return m.ID, err
	}
	if u.DefaultModel != nil {
		if m, err := s.catalog.Usable(catalog.Text, *u.DefaultModel); err == nil {
			return m.ID, nil
		}
	}
	return s.catalog.Default().ID, nil
}

// lockFolder finds a folder of user and keeps it from being deleted until the transaction ends.
func (s *Service) lockFolder(ctx context.Context, tx *store.Tx, user oid.User, id string) (oid.Folder, error) {
	fid, err := oid.Parse[oid.Folder](id)
	if err != nil {
		return oid.Folder{}, errNotFound()
	}
	q := tx.Client().Folder.Query().Where(entfolder.ID(fid), entfolder.UserID(user), entfolder.DeletedAtIsNil())
	if s.store.Dialect() == store.Postgres {
		q.ForUpdate()
	}
	_, err = found(q.Only(ctx))
	return fid, err
}

// ownFolder finds a folder of user that stands.
func (s *Service) ownFolder(ctx context.Context, user oid.User, id string) (oid.Folder, error) {
	fid, err := oid.Parse[oid.Folder](id)
	if err != nil {
		return oid.Folder{}, errNotFound()
	}
	_, err = found(s.store.Client().Folder.Query().
		Where(entfolder.ID(fid), entfolder.UserID(user), entfolder.DeletedAtIsNil()).Only(ctx))
	return fid, err
}
