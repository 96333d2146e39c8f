package chat

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/search"
	"github.com/weav-ai/weav/internal/store"
)

// A scan goes through the newest texts first, whatever they hold: what stands in every tenth fills
// a page from them. Asking the index, which on Postgres gathers all candidates before it can order
// them, is left to rarer words. Its batches grow, for the case that few candidates are hits.
const (
	newest   = 200
	maxBatch = 1000
)

// scan is a way through a person's indexed texts, from the newest to the oldest.
type scan struct {
	user   oid.User
	query  search.Query
	before uuid.UUID
	// indexed asks the index; else all texts are candidates.
	indexed bool
	// batch is how many candidates to read at once.
	batch int
}

// candidate is a text in which the words may occur: a message's, or a chat's title, whose id is the chat's.
type candidate struct {
	id    uuid.UUID
	chat  oid.Chat
	title bool
	text  string
}

func (c candidate) message() oid.Message { return oid.Message(c.id) }

// match is a candidate in which all words occur.
type match struct {
	candidate
	excerpt search.Excerpt
}

// scan reads candidates until it has found limit matches, or there are no more.
func (s *Service) scan(ctx context.Context, sc scan, limit int) ([]match, error) {
	if sc.query.IsEmpty() {
		return nil, nil
	}
	var found []match
	for {
		read := 0
		err := s.candidates(ctx, sc, func(c candidate) bool {
			read++
			sc.before = c.id
			if e, ok := sc.query.Find(c.text); ok {
				c.text = "" // A page of texts need not be kept.
				found = append(found, match{c, e})
			}
			return len(found) < limit
		})
		if err != nil || len(found) == limit || read < sc.batch {
			return found, err
		}
		if !sc.indexed {
			stale, err := s.hasStale(ctx, sc.user)
			if err != nil {
				return nil, err
			}
			sc.indexed = !stale
		}
		sc.batch = min(2*sc.batch, maxBatch)
	}
}

// candidates reads the next batch of a scan until visit has enough.
func (s *Service) candidates(ctx context.Context, sc scan, visit func(candidate) (goOn bool)) error {
	query, args := s.statement(sc)
	rows, err := s.store.Client().QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("candidates: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var c candidate
		if err := rows.Scan(&c.id, &c.chat, &c.title, &c.text); err != nil {
			return fmt.Errorf("candidates: %w", err)
		}
		if !visit(c) {
			return nil
		}
	}
	return rows.Err()
}

// The statements of a scan. Their parameters are the person, the id before which to look, how
// many, and the index's terms. Chats that are deleted are left out.
const (
	candidateColumns = `SELECT s.id, s.chat_id, s.is_title, coalesce(CASE WHEN s.is_title
		THEN (SELECT title FROM chats WHERE id = s.chat_id) ELSE (SELECT text FROM messages WHERE id = s.id) END, '')`

	newestPostgres = candidateColumns + ` FROM message_search s
		JOIN chats c ON c.id = s.chat_id AND c.user_id = $1 AND c.deleted_at IS NULL
		WHERE s.user_id = $1 AND s.id < $2 ORDER BY s.id DESC LIMIT $3`

	// The terms are looked up by themselves: by the order and the limit the planner would be led to go
	// through all of the person's texts.
	indexedPostgres = `WITH s AS MATERIALIZED (
			SELECT id, chat_id, is_title FROM message_search WHERE user_id = $1 AND terms @@ $4::tsquery AND id < $2) ` +
		candidateColumns + ` FROM s
		JOIN chats c ON c.id = s.chat_id AND c.user_id = $1 AND c.deleted_at IS NULL
		ORDER BY s.id DESC LIMIT $3`

	// A join would make SQLite read all chats into a filter first.
	chatStands = `(SELECT deleted_at IS NULL FROM chats WHERE id = s.chat_id)`

	newestSQLite = candidateColumns + ` FROM message_search s INDEXED BY message_search_user_id_place
		WHERE s.user_id = $1 AND s.place < $2 AND ` + chatStands + ` ORDER BY s.place DESC LIMIT $3`

	// CROSS JOIN keeps the full-text table outside, which reads in the order asked for and ends with the limit.
	indexedSQLite = candidateColumns + ` FROM message_search_terms t
		CROSS JOIN message_search s ON s.place = t.rowid AND s.user_id = $1
		WHERE message_search_terms MATCH $4 AND t.rowid < $2 AND ` + chatStands + ` ORDER BY t.rowid DESC LIMIT $3`
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
