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
		return page.Encode(searchKind, h.Message.ID.UUID().String())
	}
	return page.Encode(searchKind, h.Chat.ID.UUID().String())
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
	found, err := s.scan(ctx, scan{user: user, query: search.Parse(query), before: before, batch: newest}, w.Limit+1)
	if err != nil {
		return nil, fmt.Errorf("chat: search: %w", err)
	}
	more := len(found) > w.Limit
	hits, err := s.hits(ctx, user, found[:min(len(found), w.Limit)])
	if err != nil {
		return nil, fmt.Errorf("chat: search: %w", err)
	}
	return &page.Result[*SearchHit]{Items: hits, HasNext: more, HasPrevious: w.After != nil}, nil
}

func checkQuery(query string) error {
	if text.Check("query", query, 1, MaxQueryChars) != nil {
		return errs.New(errs.BadUserInput, "`query` must be 1 to %d characters, not all blank and none of them U+0000.", MaxQueryChars).
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

// hits reads the chats and messages of what was found, in two statements.
func (s *Service) hits(ctx context.Context, user oid.User, found []match) ([]*SearchHit, error) {
	var chatIDs []oid.Chat
	var msgIDs []oid.Message
	for _, m := range found {
		chatIDs = append(chatIDs, m.chat)
		if !m.title {
			msgIDs = append(msgIDs, m.message())
		}
	}
	client := s.store.Client()
	chats, err := client.Chat.Query().Where(entchat.IDIn(chatIDs...), entchat.UserID(user)).All(ctx)
	if err != nil {
		return nil, err
	}
	msgs, err := client.Message.Query().Where(message.IDIn(msgIDs...), message.UserID(user)).All(ctx)
	if err != nil {
		return nil, err
	}
	return join(found, chats, msgs), nil
}

// join puts matches together with their rows. What was removed for good since is left out.
func join(found []match, chats []*ent.Chat, msgs []*ent.Message) []*SearchHit {
	chatOf, msgOf := map[oid.Chat]*ent.Chat{}, map[oid.Message]*ent.Message{}
	for _, c := range chats {
		chatOf[c.ID] = c
	}
	for _, m := range msgs {
		msgOf[m.ID] = m
	}
	var hits []*SearchHit
	for _, m := range found {
		hit := &SearchHit{Chat: chatOf[m.chat], Snippet: m.excerpt.Text, Highlights: ranges(m.excerpt)}
		if !m.title {
			hit.Message = msgOf[m.message()]
		}
		if hit.Chat != nil && (m.title || hit.Message != nil) {
			hits = append(hits, hit)
		}
	}
	return hits
}

func ranges(e search.Excerpt) []Range {
	out := make([]Range, len(e.Highlights))
	for i, r := range e.Highlights {
		out[i] = Range(r)
	}
	return out
}
