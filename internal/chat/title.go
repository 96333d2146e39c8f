package chat

import (
	"context"
	"fmt"
	"strings"

	"github.com/weav-ai/weav/ent"
	entchat "github.com/weav-ai/weav/ent/chat"
	"github.com/weav-ai/weav/ent/predicate"
	entusage "github.com/weav-ai/weav/ent/usage"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/text"
	"github.com/weav-ai/weav/internal/usage"
)

// enqueueTitle asks for a title once a chat without one has its first whole exchange.
func (s *Service) enqueueTitle(ctx context.Context, tx *store.Tx, id oid.Chat) error {
	wanted, err := tx.Client().Chat.Query().Where(untitled(id)...).Exist(ctx)
	if err != nil {
		return fmt.Errorf("chat: title: %w", err)
	}
	if wanted {
		tx.Enqueue(titleJob(id))
	}
	return nil
}

// untitled matches a chat that waits for a title.
func untitled(id oid.Chat) []predicate.Chat {
	return []predicate.Chat{entchat.ID(id), entchat.TitleEQ(""), entchat.IsTitleCustom(false),
		entchat.HeadIDNotNil(), entchat.DeletedAtIsNil()}
}

// WriteTitle finds a title for a chat from its first exchange. It does nothing when the
// chat has one by now. It costs the person nothing, unless a key of their own paid for the exchange.
func (s *Service) WriteTitle(ctx context.Context, id oid.Chat, run oid.Run) error {
	c, err := s.store.Client().Chat.Query().Where(untitled(id)...).Only(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("chat: title: %w", err)
	}
	o, err := s.orderTitle(ctx, c)
	if err != nil || o == nil {
		return err
	}
	title, final, err := s.ask(ctx, o)
	if ai.KindOf(err) == ai.KeyRefused {
		return nil // Nobody else is shown the words.
	}
	if err != nil {
		return fmt.Errorf("chat: title: %w", err)
	}
	return s.setTitle(ctx, c, title, usage.Row{Run: run, User: c.UserID, Chat: &c.ID, Message: c.HeadID, IsOwnKey: o.isOwnKey,
		Purpose: entusage.PurposeTitle, Model: final.Model, ModelID: o.model.ID, Tokens: usage.Of(final.Usage, o.req, title)})
}

// ask reads a whole short answer.
func (s *Service) ask(ctx context.Context, o *titleOrder) (string, *ai.TextResult, error) {
	router, err := s.router.For(ctx, o.user, o.model.Provider, o.isOwnKey)
	if err != nil {
		return "", nil, err
	}
	streamer, err := router.Text(o.model.Provider)
	if err != nil {
		return "", nil, err
	}
	var answer strings.Builder
	for event, err := range streamer.StreamText(ctx, o.req) {
		if err != nil {
			return "", nil, err
		}
		if event.Final != nil {
			return cleanTitle(answer.String()), event.Final, nil
		}
		answer.WriteString(event.Delta)
	}
	return "", nil, &ai.Error{Kind: ai.Interrupted}
}

// setTitle stores a title unless the chat has one by now, and the usage of making it.
func (s *Service) setTitle(ctx context.Context, c *ent.Chat, title string, used usage.Row) error {
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		seen, err := usage.ForRun(ctx, tx.Client(), used.Run)
		if err != nil || seen != nil {
			return err
		}
		if err := s.ledger.Settle(ctx, tx, used); err != nil || title == "" {
			return err
		}
		n, err := tx.Client().Chat.Update().Where(untitled(c.ID)...).SetTitle(title).AddRevision(1).Save(ctx)
		if err != nil {
			return fmt.Errorf("chat: title: %w", err)
		}
		if n == 0 {
			return nil
		}
		c.Title = title
		feed.Record(tx, c.UserID, feed.ChatSaved, feed.Facts{Chat: c.ID})
		return s.indexTitle(ctx, tx, c)
	})
}

// cleanTitle keeps the first line without quotes, within the longest title.
func cleanTitle(answer string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(answer), "\n")
	title := text.Truncate(strings.Trim(strings.TrimSpace(line), `"'“”‘’「」『』`), MaxTitleChars)
	if text.Blank(title) {
		return ""
	}
	return title
}
