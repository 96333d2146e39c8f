package graph

import (
	"context"
	"time"

	"github.com/weav-ai/weav/ent"
	entfolder "github.com/weav-ai/weav/ent/folder"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/folder"
	"github.com/weav-ai/weav/internal/page"
)

// Chats pages through the folder's chats.
func (r *folderResolver) Chats(ctx context.Context, f *ent.Folder, first *int, after *string) (*ChatConnection, error) {
	if f.DeletedAt != nil {
		return &ChatConnection{Edges: []*ChatEdge{}, Nodes: []*ent.Chat{}, PageInfo: &PageInfo{}}, nil
	}
	args := page.Args{First: first, After: after}
	if f.Type == entfolder.TypeProject {
		result, cursor, err := r.s.Chats.ListProject(ctx, f, args)
		if err != nil {
			return nil, err
		}
		return connect(result, cursor), nil
	}
	id, shown := f.ID.String(), false
	result, err := r.s.Chats.List(ctx, f.UserID, chat.Filter{FolderID: &id, Archived: &shown}, args)
	if err != nil {
		return nil, err
	}
	return connect(result, chat.Cursor), nil
}

// RestorableUntil is the end of the time in which a deleted folder can be restored.
func (r *folderResolver) RestorableUntil(_ context.Context, f *ent.Folder) (*time.Time, error) {
	return restorableUntil(f.DeletedAt), nil
}

// EventCursor is the feed's head.
func (r *folderResolver) EventCursor(ctx context.Context, _ *ent.Folder) (string, error) {
	return eventCursor(ctx)
}

// CreateFolder creates a folder.
func (r *mutationResolver) CreateFolder(ctx context.Context, in CreateFolderInput) (*CreateFolderPayload, error) {
	out := &CreateFolderPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Folder, err = r.s.Folders.Create(ctx, p.User, folder.CreateInput{Name: in.Name, Key: in.IdempotencyKey})
		return err
	})
}

// RenameFolder renames a folder.
func (r *mutationResolver) RenameFolder(ctx context.Context, in RenameFolderInput) (*RenameFolderPayload, error) {
	out := &RenameFolderPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Folder, err = r.s.Folders.Rename(ctx, p.User, in.FolderID, in.Name, in.IfRevision.Value())
		return err
	})
}

// folderModes maps a mode to what happens to the chats of a deleted folder.
var folderModes = map[DeleteFolderMode]folder.Mode{DeleteFolderModeKeepChats: folder.KeepChats, DeleteFolderModeDeleteChats: folder.DeleteChats}

// DeleteFolder deletes a folder.
func (r *mutationResolver) DeleteFolder(ctx context.Context, in DeleteFolderInput) (*DeleteFolderPayload, error) {
	out := &DeleteFolderPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		mode, err := choice(folderModes, in.Mode)
		if err != nil {
			return err
		}
		out.Folder, out.AffectedChats, err = r.s.Folders.Delete(ctx, p.User, in.FolderID, mode)
		return err
	})
}

// RestoreFolder restores a deleted folder.
func (r *mutationResolver) RestoreFolder(ctx context.Context, in RestoreFolderInput) (*RestoreFolderPayload, error) {
	out := &RestoreFolderPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Folder, out.AffectedChats, err = r.s.Folders.Restore(ctx, p.User, in.FolderID)
		return err
	})
}

// Folders pages through the person's folders.
func (r *userResolver) Folders(ctx context.Context, u *ent.User, first *int, after *string, deleted bool) (*FolderConnection, error) {
	result, err := r.s.Folders.List(ctx, u.ID, deleted, page.Args{First: first, After: after})
	if err != nil {
		return nil, err
	}
	return connect(result, folder.Cursor), nil
}
