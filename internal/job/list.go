package job

import (
	"context"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/ent"
	entchat "github.com/weav-ai/weav/ent/chat"
	entfolder "github.com/weav-ai/weav/ent/folder"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
)

// Filter says which jobs to list; all that is given must hold.
type Filter struct {
	Statuses []entjob.Status
	Kinds    []entjob.Kind
	ChatID   *string
	FolderID *string
	// From is inclusive, Before is not.
	From, Before *time.Time
}

// listKind binds cursors to lists of jobs.
const listKind = "jobs"

// Cursor is a job's place in lists: the newest first.
func Cursor(j *ent.Job) string { return page.Encode(listKind, j.ID.String()) }

// List pages through the jobs of user, the newest first.
func (s *Service) List(ctx context.Context, user oid.User, f Filter, args page.Args) (*page.Result[*ent.Job], error) {
	w, err := page.Parse(listKind, args)
	if err != nil {
		return nil, err
	}
	where, err := s.where(ctx, user, f)
	if err != nil {
		return nil, err
	}
	if w.After != nil {
		after, err := page.ID[oid.Job]("after", w.After)
		if err != nil {
			return nil, err
		}
		where = append(where, entjob.IDLT(after))
	}
	rows, err := s.store.Client().Job.Query().Where(where...).
		Order(entjob.ByID(sql.OrderDesc())).Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, wrap("list", err)
	}
	return page.Of(rows, w), nil
}

func (s *Service) where(ctx context.Context, user oid.User, f Filter) ([]predicate.Job, error) {
	where := []predicate.Job{entjob.UserID(user)}
	if f.Statuses != nil {
		where = append(where, entjob.StatusIn(f.Statuses...))
	}
	if f.Kinds != nil {
		where = append(where, entjob.KindIn(f.Kinds...))
	}
	if f.From != nil {
		where = append(where, entjob.CreatedAtGTE(*f.From))
	}
	if f.Before != nil {
		where = append(where, entjob.CreatedAtLT(*f.Before))
	}
	if f.ChatID != nil {
		id, err := s.ownChat(ctx, user, *f.ChatID)
		if err != nil {
			return nil, err
		}
		where = append(where, entjob.ChatID(id))
	}
	if f.FolderID != nil {
		inside, err := s.inFolder(ctx, user, *f.FolderID)
		if err != nil {
			return nil, err
		}
		where = append(where, inside)
	}
	return where, nil
}

func (s *Service) ownChat(ctx context.Context, user oid.User, id string) (oid.Chat, error) {
	cid, err := oid.Parse[oid.Chat](id)
	if err != nil {
		return cid, errNotFound()
	}
	return found(s.store.Client().Chat.Query().
		Where(entchat.ID(cid), entchat.UserID(user), entchat.DeletedAtIsNil()).OnlyID(ctx))
}

// inFolder matches jobs whose chat is in a folder of user.
func (s *Service) inFolder(ctx context.Context, user oid.User, id string) (predicate.Job, error) {
	fid, err := oid.Parse[oid.Folder](id)
	if err != nil {
		return nil, errNotFound()
	}
	fid, err = found(s.store.Client().Folder.Query().
		Where(entfolder.ID(fid), entfolder.UserID(user), entfolder.DeletedAtIsNil()).OnlyID(ctx))
	if err != nil {
		return nil, err
	}
	return func(sel *sql.Selector) {
		chats := sql.Table(entchat.Table)
		sel.Where(sql.In(sel.C(entjob.FieldChatID),
			sql.Select(chats.C(entchat.FieldID)).From(chats).
				Where(sql.And(sql.EQ(chats.C(entchat.FieldFolderID), fid), sql.IsNull(chats.C(entchat.FieldDeletedAt))))))
	}, nil
}
