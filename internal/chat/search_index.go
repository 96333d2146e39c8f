package chat

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/search"
	"github.com/weav-ai/weav/internal/store"
)

// indexed is a text as search finds it.
type indexed struct {
	id    uuid.UUID
	user  oid.User
	chat  oid.Chat
	title bool
	text  string
}

// indexMessage lets search find a message by its text as it is now. It is called when a message has
// its last text; one without text is not found.
func (s *Service) indexMessage(ctx context.Context, tx *store.Tx, m *ent.Message) error {
	return s.index(ctx, tx, indexed{id: m.ID.UUID(), user: m.UserID, chat: m.ChatID, text: m.Text})
}

// indexTitle lets search find a chat by its title as it is now.
func (s *Service) indexTitle(ctx context.Context, tx *store.Tx, c *ent.Chat) error {
	return s.index(ctx, tx, indexed{id: c.ID.UUID(), user: c.UserID, chat: c.ID, title: true, text: c.Title})
}

// unindexChats takes all of chats that are removed for good out of search.
func (s *Service) unindexChats(ctx context.Context, tx *store.Tx, ids []oid.Chat) error {
	in := make([]any, len(ids))
	for i, id := range ids {
		in[i] = id
	}
	return s.unindex(ctx, tx, "chat_id", in...)
}

func (s *Service) index(ctx context.Context, tx *store.Tx, row indexed) error {
	terms := search.Terms(row.text)
	if len(terms) == 0 {
		return s.unindex(ctx, tx, "id", row.id.String())
	}
	insert := indexPostgres
	if s.store.Dialect() == store.SQLite {
		insert = indexSQLite
	}
	if err := insert(ctx, tx, row, strings.Join(terms, " ")); err != nil {
		return fmt.Errorf("chat: index: %w", err)
	}
	return nil
}

func indexPostgres(ctx context.Context, tx *store.Tx, row indexed, terms string) error {
	_, err := tx.Client().ExecContext(ctx, `INSERT INTO message_search (user_id, id, chat_id, is_title, terms, version)
		VALUES ($1, $2, $3, $4, array_to_tsvector(string_to_array($5, ' ')), $6)
		ON CONFLICT (user_id, id) DO UPDATE SET terms = EXCLUDED.terms, version = EXCLUDED.version`,
		row.user, row.id.String(), row.chat, row.title, terms, search.Version)
	return err
}

func indexSQLite(ctx context.Context, tx *store.Tx, row indexed, terms string) error {
	_, err := tx.Client().ExecContext(ctx, `INSERT INTO message_search (place, user_id, id, chat_id, is_title, version)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET version = EXCLUDED.version`,
		placeIn(row.id), row.user, row.id.String(), row.chat, row.title, search.Version)
	if err != nil {
		return err
	}
	_, err = tx.Client().ExecContext(ctx, `INSERT OR REPLACE INTO message_search_terms (rowid, owner, terms) VALUES ($1, $2, $3)`,
		placeIn(row.id), ownerTerm(row.user), terms)
	return err
}

func (s *Service) unindex(ctx context.Context, tx *store.Tx, column string, ids ...any) error {
	build := sql.Dialect(s.store.Dialect())
	var gone []sql.Querier
	if s.store.Dialect() == store.SQLite {
		places := build.Select("place").From(sql.Table("message_search")).Where(sql.In(column, ids...))
		gone = append(gone, build.Delete("message_search_terms").Where(sql.In("rowid", places)))
	}
	gone = append(gone, build.Delete("message_search").Where(sql.In(column, ids...)))
	for _, g := range gone {
		query, args := g.Query()
		if _, err := tx.Client().ExecContext(ctx, query, args...); err != nil {
			return fmt.Errorf("chat: unindex: %w", err)
		}
	}
	return nil
}

// placeIn is the order of ids as one positive integer: of a UUIDv7 the 48 bits of milliseconds, the 12
// that count within one, in which no two ids of a process are alike, and three random ones.
func placeIn(id uuid.UUID) int64 {
	high, low := binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:])
	return int64(high>>16<<15 | high&0xfff<<3 | low>>59&7)
}

// ownerTerm names a person in the full-text table.
func ownerTerm(user oid.User) string { return user.UUID().String() }
