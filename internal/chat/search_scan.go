package chat

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// candidate is a text in which the words may occur: a message's, or a chat's title, whose id is the chat's.
type candidate struct {
	id    uuid.UUID
	chat  oid.Chat
	title bool
}

// The statements of a scan. Their parameters are the person, the id before which to look, how
// many, and the index's terms. Chats that are deleted are left out.
const (
	newestPostgres = `SELECT s.id, s.chat_id, s.is_title FROM message_search s
		JOIN chats c ON c.id = s.chat_id AND c.deleted_at IS NULL
		WHERE s.user_id = $1 AND s.id < $2 ORDER BY s.id DESC LIMIT $3`

	// The terms are looked up by themselves: by the order and the limit the planner would be led to go
	// through all of the person's texts.
	indexedPostgres = `WITH s AS MATERIALIZED (
			SELECT id, chat_id, is_title FROM message_search WHERE user_id = $1 AND terms @@ $4::tsquery AND id < $2)
		SELECT s.id, s.chat_id, s.is_title FROM s
		JOIN chats c ON c.id = s.chat_id AND c.deleted_at IS NULL
		ORDER BY s.id DESC LIMIT $3`

	newestSQLite = `SELECT s.id, s.chat_id, s.is_title FROM message_search s
		CROSS JOIN chats c ON c.id = s.chat_id AND c.deleted_at IS NULL
		WHERE s.user_id = $1 AND s.place < $2 ORDER BY s.place DESC LIMIT $3`

	// CROSS JOIN keeps the full-text table outermost, which reads in the order asked for and ends with the limit.
	indexedSQLite = `SELECT s.id, s.chat_id, s.is_title FROM message_search_terms t
		CROSS JOIN message_search s ON s.place = t.rowid AND s.user_id = $1
		CROSS JOIN chats c ON c.id = s.chat_id AND c.deleted_at IS NULL
		WHERE message_search_terms MATCH $4 AND t.rowid < $2 ORDER BY t.rowid DESC LIMIT $3`
)

// statement is what reads the next batch of a scan.
func (s *Service) statement(sc scan) (query string, args []any) {
	sqlite := s.store.Dialect() == store.SQLite
	args = []any{sc.user, sc.before.String(), sc.batch}
	if sqlite {
		args[1] = placeIn(sc.before)
	}
	switch {
	case sqlite && sc.indexed:
		return indexedSQLite, append(args, `owner : "`+ownerTerm(sc.user)+`" AND `+sc.query.FTS5("terms"))
	case sqlite:
		return newestSQLite, args
	case sc.indexed:
		return indexedPostgres, append(args, sc.query.TSQuery())
	default:
		return newestPostgres, args
	}
}

// candidates reads the next batch of a scan.
func (s *Service) candidates(ctx context.Context, sc scan) ([]candidate, error) {
	query, args := s.statement(sc)
	rows, err := s.store.Client().QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("candidates: %w", err)
	}
	defer rows.Close()
	found := make([]candidate, 0, sc.batch)
	for rows.Next() {
		var c candidate
		if err := rows.Scan(&c.id, &c.chat, &c.title); err != nil {
			return nil, fmt.Errorf("candidates: %w", err)
		}
		found = append(found, c)
	}
	return found, rows.Err()
}
