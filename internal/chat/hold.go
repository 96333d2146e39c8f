package chat

import (
	"context"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/usage"
)

// noFallback is stored with a reply for which no other model may be asked.
const noFallback = ""

// weight is at most how many tokens a message adds to its branch.
func weight(said string, pictures int) int64 {
	return usage.AtMost(said) + turnTokens + pictureTokens*int64(pictures)
}

// order is what the ledger is asked for a reply to a message: the branch up to it, as much as the model has room for, and
// the longest answer.
func (s *Service) order(ctx context.Context, tx *store.Tx, c *ent.Chat, asked *ent.Message, run oid.Run, models choice) (usage.Order, error) {
	o := usage.Order{User: c.UserID, Run: run, Model: models.model, Fallback: models.fallback, IsNamed: models.fallback != nil, MaxCost: models.maxCost}
	if o.Fallback == nil && models.model.Fallback != "" {
		if m, err := s.catalog.Usable(catalog.Text, models.model.Fallback); err == nil {
			o.Fallback = &m
		}
	}
	instruction, err := instructionOf(ctx, tx.Client(), c)
	if err != nil {
		return o, err
	}
	o.Most = most(models.model, instruction, asked.BranchTokens)
	if o.Fallback != nil {
		o.FallbackMost = most(*o.Fallback, instruction, asked.BranchTokens)
	}
	return o, nil
}

// most is what a reply of a model can use at most.
func most(m catalog.Model, instruction string, branch int64) catalog.Consumed {
	turns := min(branch, max(0, window(m, instruction)))
	return catalog.Consumed{Input: turns + usage.AtMost(instruction) + turnTokens, Output: int64(m.MaxOutputTokens)}
}

// hold has the ledger let a reply through, and says which other model may be asked for it.
func (s *Service) hold(ctx context.Context, tx *store.Tx, o usage.Order) (held usage.Held, fallbackID string, err error) {
	held, err = s.ledger.Hold(ctx, tx, o)
	if err != nil || !held.Fallback {
		return held, noFallback, err
	}
	return held, o.Fallback.ID, nil
}
