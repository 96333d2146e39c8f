package file

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/ent"
	entartifact "github.com/weav-ai/weav/ent/artifact"
	entchat "github.com/weav-ai/weav/ent/chat"
	entfile "github.com/weav-ai/weav/ent/file"
	entfolder "github.com/weav-ai/weav/ent/folder"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
)

// Filter selects the artifacts to list; a nil field selects all.
type Filter struct {
	Kind      *entartifact.Kind
	Favourite *bool
	FolderID  *string
}

// The kinds bind cursors to their lists.
const (
	galleryKind = "artifacts"
	filesKind   = "files"
)

// ArtifactCursor is an artifact's place in the gallery.
func ArtifactCursor(a *ent.Artifact) string { return page.Encode(galleryKind, a.ID.String()) }

// Cursor is a file's place in the list of files.
func Cursor(f *ent.File) string { return page.Encode(filesKind, f.ID.String()) }

// Gallery pages through the artifacts of user, newest first.
func (s *Service) Gallery(ctx context.Context, user oid.User, f Filter, args page.Args) (*page.Result[*ent.Artifact], error) {
	w, err := page.Parse(galleryKind, args)
	if err != nil {
		return nil, err
	}
	where, err := s.where(ctx, user, f)
	if err != nil {
		return nil, err
	}
	if w.After != nil {
		after, err := page.ID[oid.Artifact]("after", w.After)
		if err != nil {
			return nil, err
		}
		where = append(where, entartifact.IDLT(after))
	}
	// One row more than the page shows whether there is a next page.
	rows, err := s.store.Client().Artifact.Query().Where(where...).
		Order(entartifact.ByID(sql.OrderDesc())).Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, wrap("gallery", err)
	}
	return page.Of(rows, w), nil
}

// where returns the conditions of a filter. An unknown, deleted or foreign folder is NOT_FOUND, not an empty
// list.
func (s *Service) where(ctx context.Context, user oid.User, f Filter) ([]predicate.Artifact, error) {
	where := []predicate.Artifact{entartifact.UserID(user)}
	if f.Kind != nil {
		where = append(where, entartifact.KindEQ(*f.Kind))
	}
	if f.Favourite != nil {
		where = append(where, entartifact.IsFavourite(*f.Favourite))
	}
	if f.FolderID == nil {
		return where, nil
	}
	id, err := oid.Parse[oid.Folder](*f.FolderID)
	if err != nil {
		return nil, errNotFound()
	}
	id, err = found(s.store.Client().Folder.Query().
		Where(entfolder.ID(id), entfolder.UserID(user), entfolder.DeletedAtIsNil()).OnlyID(ctx))
	if err != nil {
		return nil, err
	}
	return append(where, inFolder(id)), nil
}

// inFolder matches artifacts of chats in a folder. Deleted chats do not count.
func inFolder(id oid.Folder) predicate.Artifact {
	return func(sel *sql.Selector) {
		chats := sql.Table(entchat.Table)
		sel.Where(sql.In(sel.C(entartifact.FieldChatID),
			sql.Select(chats.C(entchat.FieldID)).From(chats).
				Where(sql.And(sql.EQ(chats.C(entchat.FieldFolderID), id), sql.IsNull(chats.C(entchat.FieldDeletedAt))))))
	}
}

// Files pages through the completed uploads of user, newest first.
func (s *Service) Files(ctx context.Context, user oid.User, args page.Args) (*page.Result[*ent.File], error) {
	w, err := page.Parse(filesKind, args)
	if err != nil {
		return nil, err
	}
	q := s.store.Client().File.Query().Where(entfile.UserID(user), entfile.StatusEQ(entfile.StatusReady))
	if w.After != nil {
		after, err := page.ID[oid.File]("after", w.After)
		if err != nil {
			return nil, err
		}
		q.Where(entfile.IDLT(after))
	}
	rows, err := q.Order(entfile.ByID(sql.OrderDesc())).Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, wrap("files", err)
	}
	return page.Of(rows, w), nil
}

// ArtifactsByID returns artifacts of user, in no order.
func (s *Service) ArtifactsByID(ctx context.Context, user oid.User, ids []oid.Artifact) ([]*ent.Artifact, error) {
	rows, err := s.store.Client().Artifact.Query().Where(entartifact.IDIn(ids...), entartifact.UserID(user)).All(ctx)
	return rows, wrap("read", err)
}

// FilesByID returns files of user, in no order.
func (s *Service) FilesByID(ctx context.Context, user oid.User, ids []oid.File) ([]*ent.File, error) {
	rows, err := s.store.Client().File.Query().Where(entfile.IDIn(ids...), entfile.UserID(user)).All(ctx)
	return rows, wrap("read", err)
}

// OfJobs returns the artifacts of jobs, oldest first.
func (s *Service) OfJobs(ctx context.Context, jobs []oid.Job) (map[oid.Job][]*ent.Artifact, error) {
	rows, err := s.store.Client().Artifact.Query().Where(entartifact.JobIDIn(jobs...)).Order(entartifact.ByID()).All(ctx)
	if err != nil {
		return nil, wrap("read", err)
	}
	out := map[oid.Job][]*ent.Artifact{}
	for _, a := range rows {
		out[a.JobID] = append(out[a.JobID], a)
	}
	return out, nil
}
