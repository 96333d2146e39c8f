package graph

import (
	"context"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/page"
)

// Folder is the chat's folder.
func (r *chatResolver) Folder(ctx context.Context, c *ent.Chat) (*ent.Folder, error) {
	if c.FolderID == nil {
		return nil, nil
	}
	return loadFolder(ctx, *c.FolderID)
}

// Model is the model of the next reply.
func (r *chatResolver) Model(_ context.Context, c *ent.Chat) (*catalog.Model, error) {
	return r.model(&c.Model), nil
}

// model is a model by its catalogue id; nil when there is none.
func (r *Resolver) model(id *string) *catalog.Model {
	if id == nil {
		return nil
	}
	m, ok := r.s.Catalog.Get(*id)
	if !ok {
		return nil
	}
	return &m
}

// Head is the last message of the current branch.
func (r *chatResolver) Head(ctx context.Context, c *ent.Chat) (*ent.Message, error) {
	if c.HeadID == nil {
		return nil, nil
	}
	return loadMessage(ctx, *c.HeadID)
}

// Messages pages through the current branch.
func (r *chatResolver) Messages(ctx context.Context, c *ent.Chat, first *int, after *string, last *int, before *string) (*MessageConnection, error) {
	result, err := r.s.Chats.Branch(ctx, c, page.Args{First: first, After: after, Last: last, Before: before})
	if err != nil {
		return nil, err
	}
	return connect(result, chat.BranchCursor), nil
}

// RestorableUntil is the end of the time in which a deleted chat can be brought back.
func (r *chatResolver) RestorableUntil(_ context.Context, c *ent.Chat) (*time.Time, error) {
	return restorableUntil(c.DeletedAt), nil
}

func restorableUntil(deleted *time.Time) *time.Time {
	if deleted == nil {
		return nil
	}
	until := deleted.Add(chat.RestorableFor)
	return &until
}

// EventCursor is the feed's head.
func (r *chatResolver) EventCursor(ctx context.Context, _ *ent.Chat) (string, error) {
	return eventCursor(ctx)
}

// CreateChat makes a chat.
func (r *mutationResolver) CreateChat(ctx context.Context, in CreateChatInput) (*CreateChatPayload, error) {
	out := &CreateChatPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Chat, err = r.s.Chats.Create(ctx, p.User, chat.CreateInput{
			Title: in.Title.Value(), FolderID: in.FolderID.Value(), ModelID: in.ModelID.Value(),
			SystemInstruction: in.SystemInstruction.Value(), Prompts: in.RecommendedPrompts,
			OnRetirement: in.OnRetirement, Key: in.IdempotencyKey,
		})
		return err
	})
}

// RenameChat names a chat.
func (r *mutationResolver) RenameChat(ctx context.Context, in RenameChatInput) (*RenameChatPayload, error) {
	out := &RenameChatPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Chat, err = r.s.Chats.Rename(ctx, p.User, in.ChatID, in.Title, in.IfRevision.Value())
		return err
	})
}

// ConfigureChat changes a chat's settings.
func (r *mutationResolver) ConfigureChat(ctx context.Context, in ConfigureChatInput) (*ConfigureChatPayload, error) {
	out := &ConfigureChatPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		change := chat.Configure{
			ModelID: in.ModelID.Value(), Prompts: in.RecommendedPrompts.Value(), OnRetirement: in.OnRetirement.Value(),
			IfRevision: in.IfRevision.Value(),
		}
		if text, set := in.SystemInstruction.ValueOK(); set {
			change.SystemInstruction = orEmpty(text)
		}
		out.Chat, err = r.s.Chats.Configure(ctx, p.User, in.ChatID, change)
		return err
	})
}

// orEmpty makes an explicit null an empty text.
func orEmpty(s *string) *string {
	if s == nil {
		return new(string)
	}
	return s
}

// MoveChat puts a chat into a folder.
func (r *mutationResolver) MoveChat(ctx context.Context, in MoveChatInput) (*MoveChatPayload, error) {
	out := &MoveChatPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Chat, err = r.s.Chats.Move(ctx, p.User, in.ChatID, in.FolderID.Value(), in.IfRevision.Value())
		return err
	})
}

// PinChat pins or unpins a chat.
func (r *mutationResolver) PinChat(ctx context.Context, in PinChatInput) (*PinChatPayload, error) {
	out := &PinChatPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Chat, err = r.s.Chats.Pin(ctx, p.User, in.ChatID, in.Pinned)
		return err
	})
}

// ArchiveChat puts a chat out of sight or takes it back out.
func (r *mutationResolver) ArchiveChat(ctx context.Context, in ArchiveChatInput) (*ArchiveChatPayload, error) {
	out := &ArchiveChatPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Chat, err = r.s.Chats.Archive(ctx, p.User, in.ChatID, in.Archived)
		return err
	})
}

// DeleteChat deletes a chat.
func (r *mutationResolver) DeleteChat(ctx context.Context, in DeleteChatInput) (*DeleteChatPayload, error) {
	out := &DeleteChatPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Chat, err = r.s.Chats.Delete(ctx, p.User, in.ChatID)
		return err
	})
}

// RestoreChat brings a deleted chat back.
func (r *mutationResolver) RestoreChat(ctx context.Context, in RestoreChatInput) (*RestoreChatPayload, error) {
	out := &RestoreChatPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Chat, err = r.s.Chats.Restore(ctx, p.User, in.ChatID)
		return err
	})
}
