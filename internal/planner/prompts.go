package planner

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/weav-ai/weav/ent"
	entchat "github.com/weav-ai/weav/ent/chat"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/usage"
)

const (
	// maxRecommended is the most prompts of one request.
	maxRecommended = 6
	// promptTokens is the most tokens of their answer.
	promptTokens = 2048
	// promptTurns and promptSource bound the part of a chat that the model sees: the last turns, each cut to
	// this many code points. They bound the cost of the request.
	promptTurns  = 12
	promptSource = 2000
)

// RecommendInput names a chat for which prompts are wanted.
type RecommendInput struct {
	ChatID string
	Count  int
	// MaxCost refuses a request that may cost more; nil for no limit.
	MaxCost *usage.Money `json:",omitempty"`
	Key     string
}

// Recommend orders prompts that continue a chat of user.
func (s *Service) Recommend(ctx context.Context, user oid.User, in RecommendInput) (*ent.Job, error) {
	return s.submit(ctx, store.Key{User: user, Key: in.Key, Input: in}, s.recommending(user, in))
}

// recommending makes the order of [Service.Recommend]. The chat must belong to user and not be deleted.
func (s *Service) recommending(user oid.User, in RecommendInput) ordering {
	return func(ctx context.Context, tx *store.Tx) (job.InternalOrder, error) {
		if in.Count < 1 || in.Count > maxRecommended {
			return job.InternalOrder{}, errs.Input(errs.InvalidValue, "count", "From 1 to %d prompts can be asked for.", maxRecommended)
		}
		id, err := oid.Parse[oid.Chat](in.ChatID)
		if err != nil {
			return job.InternalOrder{}, errNotFound()
		}
		c, err := found(tx.Client().Chat.Query().
			Where(entchat.ID(id), entchat.UserID(user), entchat.DeletedAtIsNil()).Only(ctx))
		if err != nil {
			return job.InternalOrder{}, err
		}
		m, err := s.promptingModel(ctx, tx.Client(), c)
		return job.InternalOrder{Kind: entjob.KindPrompts, Model: m, Args: job.PromptsArguments{Count: in.Count}, Chat: &c.ID, MaxCost: in.MaxCost}, err
	}
}

// promptingModel is the chat's own model if it supports structured output and is open to the API key;
// otherwise the model that plans.
func (s *Service) promptingModel(ctx context.Context, client *ent.Client, c *ent.Chat) (catalog.Model, error) {
	if m, err := s.Catalog.Usable(catalog.Text, c.Model); err == nil && m.Can(catalog.StructuredOutput) && keyOf(ctx).Opens(m.ID, m.IsSandbox) {
		return m, nil
	}
	return s.planningModel(ctx, client, c.UserID, nil)
}

// promptsAnswer is the form in which the model writes the prompts.
type promptsAnswer struct {
	Prompts []string `json:"prompts"`
}

// composePrompts makes prompts for the chat of a job.
func (c *Composer) composePrompts(ctx context.Context, j *ent.Job, d *dialogue) (*job.Composed, error) {
	args, err := job.ArgumentsOf(j)
	if err != nil {
		return nil, err
	}
	wanted, ok := args.(*job.PromptsArguments)
	if !ok {
		return nil, fmt.Errorf("planner: %s is no job of prompts", j.ID)
	}
	count := wanted.Count
	if j.ChatID == nil {
		return nil, fmt.Errorf("%w: the chat is gone", job.ErrUnusable)
	}
	about, err := c.Chats.Digest(ctx, *j.ChatID, promptTurns, promptSource)
	if err != nil {
		return nil, wrap("prompts", err)
	}
	d.request.Purpose, d.request.MaxOutputTokens = ai.PurposePrompts, promptTokens
	d.request.Answer = &ai.Shape{Name: "prompts", Schema: object(map[string]any{"prompts": list(map[string]any{"type": "string"})})}
	d.request.Instruction = fmt.Sprintf(promptsInstruction, count, MaxPromptChars)
	d.request.Turns = []ai.Turn{{Role: ai.RoleUser, Text: about}}
	var found promptsAnswer
	err = d.run(ctx, "Mending the prompts", func(text string) []string {
		found = promptsAnswer{}
		return checkPrompts(text, count, &found)
	})
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(found.Prompts)
	if err != nil {
		return nil, wrap("prompts", err)
	}
	made := d.composed(func(ctx context.Context, tx *store.Tx) error {
		return c.Chats.Recommend(ctx, tx, j.UserID, *j.ChatID, found.Prompts)
	})
	made.Text = string(raw)
	return made, nil
}

// promptsInstruction has the count and the limit that checkPrompts verifies.
const promptsInstruction = `Below is a conversation between a person and an AI model, with what the model was told before. Suggest %d messages that the person could send next to get further: different from one another, each complete in itself, in the language of the conversation, at most %d characters long.`

// checkPrompts reads an answer and returns its faults. Prompts beyond count are dropped and are no fault.
func checkPrompts(text string, count int, into *promptsAnswer) (faults []string) {
	if err := json.Unmarshal([]byte(strings.TrimSpace(text)), into); err != nil {
		return []string{"It is not the JSON document that was asked for."}
	}
	if len(into.Prompts) < count {
		return []string{fmt.Sprintf("There are %d prompts; there must be %d.", len(into.Prompts), count)}
	}
	into.Prompts = into.Prompts[:count]
	fail := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for i, p := range into.Prompts {
		within(fail, fmt.Sprintf("Prompt %d", i+1), p, MaxPromptChars)
	}
	return faults
}

// PromptsOf returns the prompts that a job of kind PROMPTS made.
func PromptsOf(j *ent.Job) ([]string, error) {
	var prompts []string
	if err := json.Unmarshal([]byte(j.Text), &prompts); err != nil {
		return nil, wrap("prompts", err)
	}
	return prompts, nil
}
