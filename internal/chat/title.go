package chat

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/weav-ai/weav/ent"
	entchat "github.com/weav-ai/weav/ent/chat"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/ent/predicate"
	entusage "github.com/weav-ai/weav/ent/usage"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/text"
	"github.com/weav-ai/weav/internal/usage"
)

const (
	// titleInstruction is what a model is told when it finds a title.
	titleInstruction = "Below is the beginning of a conversation between a person and an AI model. Give it a title of at most six words, in the language of the conversation. Answer with the title alone: no quotes, no full stop."
	// titleTokens caps a title's answer; titleSource is how much of each turn it is made from.
	titleTokens = 64
	titleSource = 2000
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
// chat has one by now. It costs the person nothing.
func (s *Service) WriteTitle(ctx context.Context, id oid.Chat, run oid.Run) error {
	c, err := s.store.Client().Chat.Query().Where(untitled(id)...).Only(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("chat: title: %w", err)
	}
	req, model, err := s.titleRequest(ctx, c)
	if err != nil {
		return err
	}
	title, final, err := s.ask(ctx, model, req)
	if err != nil {
		return fmt.Errorf("chat: title: %w", err)
	}
	return s.setTitle(ctx, c, run, title, usage.Of(final.Usage, req, title), model.ID, final.Model)
}

// titleRequest shows the first exchange of the current branch, shortened. It is one turn of the person's: no provider has to go on
// with words of its own.
func (s *Service) titleRequest(ctx context.Context, c *ent.Chat) (ai.TextRequest, catalog.Model, error) {
	branch, err := s.ancestors(ctx, *c.HeadID, wholeBranch)
	if err != nil {
		return ai.TextRequest{}, catalog.Model{}, err
	}
	model := s.titleModel(branch)
	return ai.TextRequest{
		Model: model.ProviderModel, Instruction: titleInstruction, MaxOutputTokens: titleTokens, Purpose: ai.PurposeTitle,
		Turns: []ai.Turn{{Role: ai.RoleUser, Text: shown(branch[max(0, len(branch)-2):])}},
	}, model, nil
}

// shown writes out messages, the newest first, for somebody who looks at them from outside.
func shown(newestFirst []*ent.Message) string {
	var parts []string
	for _, m := range slices.Backward(newestFirst) {
		if m.Text == "" || isWelcome(m) {
			continue
		}
		who := "Person"
		if m.Role == message.RoleAssistant {
			who = "Model"
		}
		parts = append(parts, who+": "+text.Truncate(m.Text, titleSource))
	}
	return strings.Join(parts, "\n\n")
}

// titleModel is the one that wrote the last reply: the ledger let the person ask it, which nobody has looked at for the chat's
// own. Where none is left, it is the default, so that every chat gets its title.
func (s *Service) titleModel(branch []*ent.Message) catalog.Model {
	for _, m := range branch {
		if m.Role != message.RoleAssistant || m.Model == nil {
			continue
		}
		if model, err := s.catalog.Usable(catalog.Text, *m.Model); err == nil {
			return model
		}
	}
	return s.catalog.Default()
}

// ask reads a whole short answer.
func (s *Service) ask(ctx context.Context, model catalog.Model, req ai.TextRequest) (string, *ai.TextResult, error) {
	streamer, err := s.router.Text(model.Provider)
	if err != nil {
		return "", nil, err
	}
	var answer strings.Builder
	for event, err := range streamer.StreamText(ctx, req) {
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
func (s *Service) setTitle(ctx context.Context, c *ent.Chat, run oid.Run, title string, tokens usage.Tokens, asked, answered string) error {
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		seen, err := usage.ForRun(ctx, tx.Client(), run)
		if err != nil || seen != nil {
			return err
		}
		err = s.ledger.Settle(ctx, tx, usage.Row{Run: run, User: c.UserID, Chat: &c.ID, Message: c.HeadID,
			Purpose: entusage.PurposeTitle, Model: answered, ModelID: asked, Tokens: tokens})
		if err != nil || title == "" {
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
	return text.Truncate(strings.Trim(strings.TrimSpace(line), `"'“”‘’「」『』`), MaxTitleChars)
}
