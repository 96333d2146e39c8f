package chat

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/weav-ai/weav/ent"
	entchat "github.com/weav-ai/weav/ent/chat"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
	"github.com/weav-ai/weav/internal/search"
	"github.com/weav-ai/weav/internal/text"
)

// MaxQueryChars is the longest search in code points.
const MaxQueryChars = 200

// searchKind binds cursors to searches.
const searchKind = "search"

// A search looks through the newest texts first, whatever they hold: what stands in every tenth
// fills a page from them. Asking the index, which on Postgres gathers all hits before it can order them, is
// left to rarer words. Its candidates come in growing batches, for the case that few of them are hits.
const (
	newest   = 200
	maxBatch = 1000
)

// SearchHit is a text in which all words of a search occur.
type SearchHit struct {
	Chat *ent.Chat
	// Message is nil when the chat's title was found.
	Message *ent.Message
	// Snippet is the part of the text to show, see [search.Excerpt].
	Snippet    string
	Highlights []Range
}

// Range is a part of a text in UTF-16 code units: from Start to before End.
type Range struct{ Start, End int }

// SearchCursor is a hit's place among the hits of a search.
func SearchCursor(h *SearchHit) string {
	if h.Message != nil {
		return page.Encode(searchKind, h.Message.ID.UUID.String())
	}
	return page.Encode(searchKind, h.Chat.ID.UUID.String())
}

// Search finds the messages and titles of user in which all words of query occur, also inside of
// longer words, without regard to case. Archived chats are searched, deleted ones are not, and a reply is found
// from its end on. Hits come in the order of their ids: the newest message first, a title at the
// time its chat was made; so what arrives meanwhile moves no page. A query that is blank, too long or
// unreadable is BAD_USER_INPUT.
func (s *Service) Search(ctx context.Context, user oid.User, query string, args page.Args) (*page.Result[*SearchHit], error) {
	w, err := page.Parse(searchKind, args)
	if err != nil {
		return nil, err
	}
	if err := checkQuery(query); err != nil {
		return nil, err
	}
	before, err := searchAfter(w.After)
	if err != nil {
		return nil, err
	}
	hits, err := s.hits(ctx, scan{user: user, query: search.Parse(query), before: before, batch: newest}, w.Limit+1)
	if err != nil {
		return nil, fmt.Errorf("chat: search: %w", err)
	}
	return page.Of(hits, w), nil
}

func checkQuery(query string) error {
	if err := text.Check("query", query, 1, MaxQueryChars); err != nil {
		return errs.Wrap(err, errs.BadUserInput, "`query` must be 1 to %d characters, not all blank and none of them U+0000.", MaxQueryChars).
			With("argument", "query").With("min", 1).With("max", MaxQueryChars)
	}
	return nil
}

// searchAfter reads a cursor; without one the search begins before all ids.
func searchAfter(key []string) (uuid.UUID, error) {
	if key == nil {
		return uuid.Max, nil
	}
	if len(key) != 1 {
		return uuid.UUID{}, page.BadCursor("after")
	}
	id, err := uuid.Parse(key[0])
	if err != nil {
		return uuid.UUID{}, page.BadCursor("after")
	}
	return id, nil
}

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

// hits goes on with a scan until it has found limit hits, or there are no more.
func (s *Service) hits(ctx context.Context, sc scan, limit int) ([]*SearchHit, error) {
	var hits []*SearchHit
	for {
		found, err := s.candidates(ctx, sc)
		if err != nil {
			return nil, err
		}
		fresh, err := s.look(ctx, sc, found)
		if err != nil {
			return nil, err
		}
		if hits = append(hits, fresh...); len(hits) >= limit {
			return hits[:limit], nil
		}
		if len(found) < sc.batch {
			return hits, nil
		}
		sc.before, sc.indexed, sc.batch = found[len(found)-1].id, true, min(2*sc.batch, maxBatch)
	}
}

// look reads the texts of candidates and keeps those in which the words occur.
func (s *Service) look(ctx context.Context, sc scan, found []candidate) ([]*SearchHit, error) {
	chats, msgs, err := s.searched(ctx, sc.user, found)
	if err != nil {
		return nil, err
	}
	var hits []*SearchHit
	for _, c := range found {
		hit := &SearchHit{Chat: chats[c.chat]}
		if !c.title {
			hit.Message = msgs[oid.Message{Raw: oid.Raw{UUID: c.id}}]
		}
		if hit.Chat == nil || hit.Message == nil && !c.title {
			continue // It went between the statements.
		}
		if hit.show(sc.query) {
			hits = append(hits, hit)
		}
	}
	return hits, nil
}

// show fills in what the hit shows, and reports whether it is one.
func (h *SearchHit) show(query search.Query) bool {
	source := h.Chat.Title
	if h.Message != nil {
		source = h.Message.Text
	}
	excerpt, ok := query.Find(source)
	h.Snippet = excerpt.Text
	h.Highlights = make([]Range, len(excerpt.Highlights))
	for i, r := range excerpt.Highlights {
		h.Highlights[i] = Range(r)
	}
	return ok
}

// searched reads the chats and messages that candidates name, two statements in all.
func (s *Service) searched(ctx context.Context, user oid.User, found []candidate) (map[oid.Chat]*ent.Chat, map[oid.Message]*ent.Message, error) {
	var chatIDs []oid.Chat
	var msgIDs []oid.Message
	chats, msgs := map[oid.Chat]*ent.Chat{}, map[oid.Message]*ent.Message{}
	for _, c := range found {
		if _, ok := chats[c.chat]; !ok {
			chats[c.chat] = nil
			chatIDs = append(chatIDs, c.chat)
		}
		if !c.title {
			msgIDs = append(msgIDs, oid.Message{Raw: oid.Raw{UUID: c.id}})
		}
	}
	client := s.store.Client()
	chatRows, err := client.Chat.Query().Where(entchat.IDIn(chatIDs...), entchat.UserID(user), entchat.DeletedAtIsNil()).All(ctx)
	if err != nil {
		return nil, nil, err
	}
	msgRows, err := client.Message.Query().Where(message.IDIn(msgIDs...), message.UserID(user)).All(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range chatRows {
		chats[c.ID] = c
	}
	for _, m := range msgRows {
		msgs[m.ID] = m
	}
	return chats, msgs, nil
}
