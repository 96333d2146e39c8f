package chat

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/ent"
	entchat "github.com/weav-ai/weav/ent/chat"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
	"github.com/weav-ai/weav/internal/store"
)

// Filter says which chats to list.
type Filter struct {
	FolderID      *string
	WithoutFolder bool
	// Archived is nil for both.
	Archived *bool
	Deleted  bool
}

// listKind binds cursors to lists of chats.
const listKind = "chats"

// Cursor is a chat's place in lists: pinned first, then the newest activity.
func Cursor(c *ent.Chat) string { return page.Encode(listKind, listKey(c)...) }

// listKey are the values that lists are ordered by.
func listKey(c *ent.Chat) []string {
	return []string{strconv.FormatBool(c.IsPinned), strconv.FormatInt(c.LastActivityAt.UnixMicro(), 36), c.ID.UUID().String()}
}

// List pages through the chats of user: pinned ones first, then by the newest activity.
func (s *Service) List(ctx context.Context, user oid.User, f Filter, args page.Args) (*page.Result[*ent.Chat], error) {
	w, err := page.Parse(listKind, args)
	if err != nil {
		return nil, err
	}
	where, err := s.where(ctx, user, f)
	if err != nil {
		return nil, err
	}
	rows, err := s.read(ctx, where, w.After, w.Limit+1)
	if err != nil {
		return nil, err
	}
	more := len(rows) > w.Limit
	return &page.Result[*ent.Chat]{Items: rows[:min(len(rows), w.Limit)], HasNext: more, HasPrevious: w.After != nil}, nil
}

// read reads up to limit chats in the order of lists, from behind a key on; nil is from the start.
func (s *Service) read(ctx context.Context, where []predicate.Chat, key []string, limit int) ([]*ent.Chat, error) {
	q := s.store.Client().Chat.Query().Where(where...).
		Order(entchat.ByIsPinned(sql.OrderDesc()), entchat.ByLastActivityAt(sql.OrderDesc()), entchat.ByID(sql.OrderDesc()))
	if key != nil {
		after, err := afterKey(key)
		if err != nil {
			return nil, err
		}
		q.Where(after)
	}
	rows, err := q.Limit(limit).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("chat: list: %w", err)
	}
	return rows, nil
}

func (s *Service) where(ctx context.Context, user oid.User, f Filter) ([]predicate.Chat, error) {
	where := []predicate.Chat{entchat.UserID(user)}
	if f.Deleted {
		where = append(where, Restorable(store.Now()))
	} else {
		where = append(where, entchat.DeletedAtIsNil())
	}
	if f.Archived != nil {
		where = append(where, entchat.IsArchived(*f.Archived))
	}
	switch {
	case f.FolderID != nil && f.WithoutFolder:
		return nil, errs.New(errs.BadUserInput, "Give `folderId` or `withoutFolder`, not both.")
	case f.WithoutFolder:
		where = append(where, entchat.FolderIDIsNil())
	case f.FolderID != nil:
		folder, err := s.ownFolder(ctx, user, *f.FolderID)
		if err != nil {
			return nil, err
		}
		where = append(where, entchat.FolderID(folder))
	}
	return where, nil
}

// afterKey matches the chats behind a cursor in the order of lists.
func afterKey(key []string) (predicate.Chat, error) {
	bad := errs.New(errs.BadCursor, "`after` is no cursor of this list.")
	if len(key) != 3 {
		return nil, bad
	}
	pinned, err := strconv.ParseBool(key[0])
	if err != nil {
		return nil, bad
	}
	micro, err := strconv.ParseInt(key[1], 36, 64)
	if err != nil {
		return nil, bad
	}
	var id oid.Chat
	if err := id.Scan(key[2]); err != nil {
		return nil, bad
	}
	at := time.UnixMicro(micro).UTC()
	older := entchat.Or(entchat.LastActivityAtLT(at), entchat.And(entchat.LastActivityAt(at), entchat.IDLT(id)))
	samePin := entchat.And(entchat.IsPinned(pinned), older)
	if pinned {
		return entchat.Or(samePin, entchat.IsPinned(false)), nil
	}
	return samePin, nil
}

// Chats reads chats of user by id, also deleted ones that can still be restored.
func (s *Service) Chats(ctx context.Context, user oid.User, ids []oid.Chat) ([]*ent.Chat, error) {
	rows, err := s.store.Client().Chat.Query().
		Where(entchat.IDIn(ids...), entchat.UserID(user), entchat.Or(entchat.DeletedAtIsNil(), Restorable(store.Now()))).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("chat: read: %w", err)
	}
	return rows, nil
}

// Messages reads messages of user by id, unless their chat is gone for good.
func (s *Service) Messages(ctx context.Context, user oid.User, ids []oid.Message) ([]*ent.Message, error) {
	rows, err := s.store.Client().Message.Query().
		Where(message.IDIn(ids...), message.UserID(user),
			message.HasChatWith(entchat.Or(entchat.DeletedAtIsNil(), Restorable(store.Now())))).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("chat: read: %w", err)
	}
	return rows, nil
}

// Siblings reads, for each message, the alternatives at its place, the oldest first.
func (s *Service) Siblings(ctx context.Context, msgs []*ent.Message) ([][]*ent.Message, error) {
	where := make([]predicate.Message, len(msgs))
	for i, m := range msgs {
		where[i] = sameParent(m)
	}
	rows, err := s.store.Client().Message.Query().Where(message.Or(where...)).Order(message.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("chat: siblings: %w", err)
	}
	at := map[place][]*ent.Message{}
	for _, r := range rows {
		at[placeOf(r)] = append(at[placeOf(r)], r)
	}
	out := make([][]*ent.Message, len(msgs))
	for i, m := range msgs {
		out[i] = at[placeOf(m)]
	}
	return out, nil
}

// place is where in a chat's tree a message stands.
type place struct {
	chat   oid.Chat
	parent oid.Message
}

func placeOf(m *ent.Message) place {
	if m.ParentID == nil {
		return place{chat: m.ChatID}
	}
	return place{chat: m.ChatID, parent: *m.ParentID}
}
