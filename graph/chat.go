package graph

import (
	"context"
	"errors"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
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

// RestorableUntil is the end of the time in which a deleted chat can be restored.
func (r *chatResolver) RestorableUntil(_ context.Context, c *ent.Chat) (*time.Time, error) {
	return restorableUntil(c.DeletedAt), nil
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

// ArchiveChat archives a chat or takes it out of the archive.
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

// RestoreChat restores a deleted chat.
func (r *mutationResolver) RestoreChat(ctx context.Context, in RestoreChatInput) (*RestoreChatPayload, error) {
	out := &RestoreChatPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Chat, err = r.s.Chats.Restore(ctx, p.User, in.ChatID)
		return err
	})
}

// Chats pages through the person's chats.
func (r *userResolver) Chats(ctx context.Context, u *ent.User, first *int, after *string, filter *ChatFilter) (*ChatConnection, error) {
	result, err := r.s.Chats.List(ctx, u.ID, chatFilter(filter), page.Args{First: first, After: after})
	if err != nil {
		return nil, err
	}
	return connect(result, chat.Cursor), nil
}

// chatFilter is the filter of a list. Without one, archived chats are left out.
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

// ChatEvents is the subscription to one chat and the text of its replies.
func (r *subscriptionResolver) ChatEvents(ctx context.Context, chatID string, after *string) (<-chan ChatEvent, error) {
	p, cursor, err := follower(ctx, after)
	if err != nil {
		return nil, err
	}
	id, err := oid.Parse[oid.Chat](chatID)
	if err != nil {
		return nil, errs.New(errs.NotFound, "There is no such object.")
	}
	events, err := r.s.Chats.Watch(ctx, p.User, chatID, cursor)
	if err != nil {
		return nil, err
	}
	return mapped(ctx, events, func(e chat.Event) ChatEvent { return chatEvent(id, e) }), nil
}

func chatEvent(id oid.Chat, e chat.Event) ChatEvent {
	a := stamp(e.Cursor, e.At)
	switch {
	case e.Resync != "":
		return &Resync{at: a, Reason: e.Resync}
	case e.Snapshot:
		return &ChatSnapshot{at: a, ChatID: id}
	case e.Delta != nil:
		d := e.Delta
		return &ReplyDelta{at: a, ChatID: id, MessageID: d.Message, RunID: d.Run, Offset: d.Offset, Text: d.Text}
	}
	// Watch sends events of the chat alone, and the union has all of them.
	event, ok := durable(a, *e.Feed).(ChatEvent)
	if !ok {
		panic(errors.New("graph: an event of type " + string(e.Feed.Type) + " in a chat's stream"))
	}
	return event
}
