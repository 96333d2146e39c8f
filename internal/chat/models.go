package chat

import (
	"context"
	"fmt"
	"slices"

	"github.com/weav-ai/weav/ent"
	entchat "github.com/weav-ai/weav/ent/chat"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/usage"
)

// choice are the models of a reply about to be stored.
type choice struct {
	model catalog.Model
	// fallback is what the person named to take its place; nil leaves it to the catalogue.
	fallback *catalog.Model
	// maxCost refuses a reply that may cost more; nil for no limit.
	maxCost *usage.Money
}

// choose decides which model answers in a chat that the caller holds. A model that was named must be usable. The
// chat's own, when it is retired, is refused with the name of its successor, or gives way to it for good,
// as the chat's OnRetirement says.
func (s *Service) choose(ctx context.Context, tx *store.Tx, c *ent.Chat, named, fallback *string) (choice, error) {
	other, err := s.namedFallback(fallback)
	if err != nil {
		return choice{}, err
	}
	if named != nil {
		m, err := s.catalog.Usable(catalog.Text, *named)
		return choice{model: m, fallback: other}, err
	}
	m, known := s.catalog.Get(c.Model)
	if known && m.State == catalog.Retired && c.OnRetirement == entchat.OnRetirementAuto {
		m, err = s.succeed(ctx, tx, c)
	} else {
		m, err = s.catalog.Usable(catalog.Text, c.Model)
	}
	return choice{model: m, fallback: other}, err
}

func (s *Service) namedFallback(id *string) (*catalog.Model, error) {
	if id == nil {
		return nil, nil
	}
	m, err := s.catalog.Usable(catalog.Text, *id)
	if err != nil {
		return nil, about(err, "fallbackModelId")
	}
	return &m, nil
}

// about returns input errors of another field: the catalogue knows models only as modelId.
func about(err error, field string) error {
	inputs, ok := errs.InputOf(err)
	if !ok {
		return err
	}
	inputs = slices.Clone(inputs)
	for i := range inputs {
		inputs[i].Path = []string{"input", field}
	}
	return inputs
}

// succeed makes the successor of a chat's retired model the chat's own, in the transaction of the message that
// needs it.
func (s *Service) succeed(ctx context.Context, tx *store.Tx, c *ent.Chat) (catalog.Model, error) {
	next, _ := s.catalog.Successor(c.Model)
	next, err := s.catalog.Usable(catalog.Text, next.ID)
	if err != nil {
		return catalog.Model{}, err
	}
	c.Model, c.Revision = next.ID, c.Revision+1
	err = tx.Client().Chat.Update().Where(entchat.ID(c.ID)).SetModel(c.Model).SetRevision(c.Revision).Exec(ctx)
	if err != nil {
		return catalog.Model{}, fmt.Errorf("chat: succeed: %w", err)
	}
	feed.Record(tx, c.UserID, feed.ChatSaved, feed.Facts{Chat: c.ID})
	return next, nil
}
