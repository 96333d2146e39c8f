package chat

import (
	"context"
	"fmt"
	"slices"

	"github.com/weav-ai/weav/ent"
	entchat "github.com/weav-ai/weav/ent/chat"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
	"github.com/weav-ai/weav/internal/store"
)

// climbSQL walks from a message to the root, the message itself first. $2 bounds the steps.
const climbSQL = `
WITH RECURSIVE branch (id, parent_id, n) AS (
  SELECT id, parent_id, 1 FROM messages WHERE id = $1
  UNION ALL
  SELECT m.id, m.parent_id, b.n + 1 FROM messages m JOIN branch b ON m.id = b.parent_id WHERE b.n < $2
)
SELECT id FROM branch ORDER BY n`

// descendSQL walks from a message to the newest leaf below it, by the newest child at each fork.
const descendSQL = `
WITH RECURSIVE branch (id, n) AS (
  SELECT id, 1 FROM messages WHERE id = $1
  UNION ALL
  SELECT (SELECT m.id FROM messages m WHERE m.parent_id = b.id ORDER BY m.id DESC LIMIT 1), b.n + 1
  FROM branch b WHERE EXISTS (SELECT 1 FROM messages m WHERE m.parent_id = b.id)
)
SELECT id FROM branch ORDER BY n DESC LIMIT 1`

// beyondSQL counts what a prompt could have of a branch behind its newest $2 messages: those with a text, but
// for a welcome (see isWelcome). $3 bounds the steps.
const beyondSQL = `
WITH RECURSIVE branch (id, parent_id, n, told) AS (
  SELECT id, parent_id, 1, text <> '' FROM messages WHERE id = $1
  UNION ALL
  SELECT m.id, m.parent_id, b.n + 1, m.text <> '' AND (m.parent_id IS NOT NULL OR m.role = 'USER')
  FROM messages m JOIN branch b ON m.id = b.parent_id WHERE b.n < $3
)
SELECT count(*) FROM branch WHERE told AND n > $2`

// wholeBranch bounds a climb that looks for a place near the root.
const wholeBranch = 1 << 20

// climb returns the ids of the branch that ends at id, newest first, at most limit.
func climb(ctx context.Context, c *ent.Client, id oid.Message, limit int) ([]oid.Message, error) {
	return messageIDs(ctx, c, climbSQL, id, limit)
}

func messageIDs(ctx context.Context, c *ent.Client, query string, args ...any) ([]oid.Message, error) {
	rows, err := c.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("chat: branch: %w", err)
	}
	defer rows.Close()
	var out []oid.Message
	for rows.Next() {
		var id oid.Message
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("chat: branch: %w", err)
		}
		out = append(out, id)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("chat: branch: %w", err)
	}
	return out, nil
}

// countBeyond counts the messages that a prompt could have behind the newest n of the branch that ends at id.
func countBeyond(ctx context.Context, c *ent.Client, id oid.Message, n int) (count int, err error) {
	rows, err := c.QueryContext(ctx, beyondSQL, id, n, wholeBranch)
	if err != nil {
		return 0, fmt.Errorf("chat: branch: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&count); err != nil {
			return 0, fmt.Errorf("chat: branch: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return 0, fmt.Errorf("chat: branch: %w", err)
	}
	return count, nil
}

// inOrder reads messages and returns them in the order of ids.
func inOrder(ctx context.Context, c *ent.Client, ids []oid.Message) ([]*ent.Message, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := c.Message.Query().Where(message.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("chat: branch: %w", err)
	}
	at := make(map[oid.Message]int, len(ids))
	for i, id := range ids {
		at[id] = i
	}
	slices.SortFunc(rows, func(a, b *ent.Message) int { return at[a.ID] - at[b.ID] })
	return rows, nil
}

// ancestors returns the branch that ends at id, newest first, at most limit messages.
func (s *Service) ancestors(ctx context.Context, id oid.Message, limit int) ([]*ent.Message, error) {
	ids, err := climb(ctx, s.store.Client(), id, limit)
	if err != nil {
		return nil, err
	}
	return inOrder(ctx, s.store.Client(), ids)
}

// branchKind binds cursors to lists of a branch's messages.
const branchKind = "branch"

// BranchCursor is a message's place in its branch.
func BranchCursor(m *ent.Message) string { return page.Encode(branchKind, m.ID.UUID().String()) }

// Branch pages through the current branch of a chat in reading order; without bounds, its last 20.
func (s *Service) Branch(ctx context.Context, c *ent.Chat, args page.Args) (*page.Result[*ent.Message], error) {
	if args.First == nil && args.Last == nil {
		last := page.Default
		args.Last = &last
	}
	w, err := page.Parse(branchKind, args)
	if err != nil {
		return nil, err
	}
	if c.HeadID == nil {
		return &page.Result[*ent.Message]{}, nil
	}
	span, err := s.span(ctx, *c.HeadID, w)
	if err != nil {
		return nil, err
	}
	slices.Reverse(span.Items)
	items, err := inOrder(ctx, s.store.Client(), span.Items)
	return &page.Result[*ent.Message]{Items: items, HasNext: span.HasNext, HasPrevious: span.HasPrevious}, err
}

// span returns the ids of a page, newest first. The last page is as many steps up the tree
// as it has entries; a page counted from the root needs the whole branch.
func (s *Service) span(ctx context.Context, head oid.Message, w page.Window) (*page.Result[oid.Message], error) {
	limit := wholeBranch
	if !w.Forward && w.Before == nil && w.After == nil {
		limit = w.Limit + 1
	}
	ids, err := climb(ctx, s.store.Client(), head, limit)
	if err != nil {
		return nil, err
	}
	lo, hi, err := bounds(ids, w)
	if err != nil {
		return nil, err
	}
	from, to := lo, hi
	if w.Forward {
		from = max(lo, hi-w.Limit)
	} else {
		to = min(hi, lo+w.Limit)
	}
	return &page.Result[oid.Message]{Items: slices.Clone(ids[from:to]), HasNext: from > 0, HasPrevious: to < len(ids)}, nil
}

// bounds finds the cursors of a window among ids, newest first: lo is behind `before`, hi is at `after`.
func bounds(ids []oid.Message, w page.Window) (lo, hi int, err error) {
	hi = len(ids)
	if w.Before != nil {
		i, err := indexOf(ids, w.Before)
		if err != nil {
			return 0, 0, err
		}
		lo = i + 1
	}
	if w.After != nil {
		if hi, err = indexOf(ids, w.After); err != nil {
			return 0, 0, err
		}
	}
	return lo, max(lo, hi), nil
}

func indexOf(ids []oid.Message, key []string) (int, error) {
	i := slices.IndexFunc(ids, func(id oid.Message) bool { return len(key) == 1 && id.UUID().String() == key[0] })
	if i < 0 {
		return 0, errs.New(errs.BadCursor, "The cursor is not in the chat's current branch any more. Read the branch from its end.")
	}
	return i, nil
}

// sameParent matches the alternatives at a message's place.
func sameParent(m *ent.Message) predicate.Message {
	if m.ParentID == nil {
		return message.And(message.ChatID(m.ChatID), message.ParentIDIsNil())
	}
	return message.ParentID(*m.ParentID)
}

// Choose makes the branch through a message the chat's current one.
func (s *Service) Choose(ctx context.Context, user oid.User, id string, expect Expect) (*ent.Chat, error) {
	msg, err := ownMessage(ctx, s.store.Client(), user, id)
	if err != nil {
		return nil, err
	}
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := s.lockChat(ctx, tx, user, msg.ChatID)
		if err != nil {
			return err
		}
		if err := checkHead(c, expect); err != nil {
			return err
		}
		leaf, err := messageIDs(ctx, tx.Client(), descendSQL, msg.ID)
		if err != nil {
			return err
		}
		return s.moveHead(ctx, tx, c, leaf[0])
	})
	if err != nil {
		return nil, err
	}
	return found(s.store.Client().Chat.Query().Where(entchat.ID(msg.ChatID)).Only(ctx))
}
