package chat

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/text"
)

const (
	// titleInstruction is what a model is sent when it finds a title.
	titleInstruction = "Below is the beginning of a conversation between a person and an AI model. Give it a title of at most six words, in the language of the conversation. Answer with the title alone: no quotes, no full stop."
	// titleTokens caps a title's answer; titleSource is how much of each turn it is made from.
	titleTokens = 64
	titleSource = 2000
)

// titleOrder is whom a title is asked of, and with what.
type titleOrder struct {
	user oid.User
	author
	req ai.TextRequest
}

// author is who made an answer: a model, and whether the person's own key of its provider paid.
type author struct {
	model    catalog.Model
	isOwnKey bool
}

// orderTitle is the order for a title: the first whole exchange of the current branch, for the provider that was sent it before. It is nil
// when there is none, or nobody may be asked. The request is one turn of the person's: no provider has to go on
// with words of its own.
func (s *Service) orderTitle(ctx context.Context, c *ent.Chat) (*titleOrder, error) {
	branch, err := s.ancestors(ctx, *c.HeadID, wholeBranch)
	if err != nil {
		return nil, err
	}
	exchange := firstExchange(branch)
	words := shown(exchange)
	if words == "" {
		return nil, nil
	}
	by, err := s.titleAuthor(ctx, exchange[0])
	if err != nil || by == nil {
		return nil, err
	}
	return &titleOrder{user: c.UserID, author: *by, req: ai.TextRequest{
		Model: by.model.ProviderModel, Instruction: titleInstruction, MaxOutputTokens: titleTokens, Purpose: ai.PurposeTitle,
		Turns: []ai.Turn{{Role: ai.RoleUser, Text: words}},
	}}, nil
}

// firstExchange is the first answer that is whole with what it answers, the newest first; nil without one.
func firstExchange(newestFirst []*ent.Message) []*ent.Message {
	for i, m := range slices.Backward(newestFirst) {
		if m.Role == message.RoleAssistant && m.Status == message.StatusCompleted && !isWelcome(m) {
			return newestFirst[i : i+2]
		}
	}
	return nil
}

// shown writes out messages, the newest first, for somebody who looks at them from outside.
func shown(newestFirst []*ent.Message) string {
	var parts []string
	for _, m := range slices.Backward(newestFirst) {
		if m.Text == "" {
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

// titleAuthor is who names a chat: the model of its first answer, whom the ledger let the person ask. Where that writes no texts
// or is no longer offered it is another of the same provider that needs no more of a membership, so that the words stay with whom the
// person chose; and where nobody there is left, the default, but not in place of a key of the person's own: then it is nil.
func (s *Service) titleAuthor(ctx context.Context, answer *ent.Message) (*author, error) {
	model, isOwnKey, err := s.answeredBy(ctx, answer)
	if err != nil {
		return nil, err
	}
	if m, err := s.catalog.Usable(catalog.Text, model); err == nil {
		return &author{m, isOwnKey}, nil
	}
	if was, known := s.catalog.Get(model); known {
		for _, m := range s.catalog.Models() {
			if m.Kind == catalog.Text && m.Provider == was.Provider && m.Plan == catalog.Free && s.catalog.Configured(m) {
				return &author{m, isOwnKey}, nil
			}
		}
	}
	if isOwnKey {
		return nil, nil
	}
	return &author{model: s.catalog.Default()}, nil
}

// answeredBy is the model that made an answer, and whether the person's own key paid. The answer may show a job.
func (s *Service) answeredBy(ctx context.Context, answer *ent.Message) (model string, isOwnKey bool, err error) {
	if answer.JobID != nil {
		j, err := s.store.Client().Job.Get(ctx, *answer.JobID)
		if ent.IsNotFound(err) {
			return "", true, nil // Nobody knows any more who paid, so nobody is asked in their place.
		}
		if err != nil {
			return "", false, fmt.Errorf("chat: title: %w", err)
		}
		return j.Model, j.IsOwnKey, nil
	}
	if answer.Model == nil {
		return "", answer.IsOwnKey, nil
	}
	return *answer.Model, answer.IsOwnKey, nil
}
