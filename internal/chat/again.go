package chat

import (
	"context"
	"fmt"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/usage"
)

// EditInput is other words for a message.
type EditInput struct {
	MessageID string
	Text      string
	ModelID   *string
	// Attachments are ids of files and artifacts to go with it, in order.
	Attachments []string `json:",omitempty"`
	// FallbackID names the model to ask when the first fails before anything was shown; nil: the catalogue's.
	FallbackID *string `json:",omitempty"`
	// MaxCost refuses a reply that may cost more; nil for no limit.
	MaxCost *usage.Money `json:",omitempty"`
	IfHead  Expect
	Key     string
}

// RegenerateInput asks for another reply to the same message.
type RegenerateInput struct {
	MessageID string
	ModelID   *string
	// FallbackID names the model to ask when the first fails before anything was shown; nil: the catalogue's.
	FallbackID *string `json:",omitempty"`
	// MaxCost refuses a reply that may cost more; nil for no limit.
	MaxCost *usage.Money `json:",omitempty"`
	IfHead  Expect
	Key     string
}

// Edit stores a sibling of one of the person's messages and enqueues its reply.
func (s *Service) Edit(ctx context.Context, user oid.User, in EditInput) (*Sent, error) {
	return s.once(ctx, store.Key{User: user, Key: in.Key, Input: in}, s.editing(user, in))
}

func (s *Service) editing(user oid.User, in EditInput) adding {
	return func(ctx context.Context, tx *store.Tx) (*Sent, error) {
		c, old, err := s.sibling(ctx, tx, user, in.MessageID, message.RoleUser, in.IfHead)
		if err != nil {
			return nil, err
		}
		parent, err := parentOf(ctx, tx, old.ParentID)
		if err != nil {
			return nil, err
		}
		return s.exchange(ctx, tx, c, turn{parent: parent, text: in.Text, model: in.ModelID, fallback: in.FallbackID, attachments: in.Attachments, maxCost: in.MaxCost})
	}
}

// Regenerate enqueues a sibling of a reply.
func (s *Service) Regenerate(ctx context.Context, user oid.User, in RegenerateInput) (*Sent, error) {
	return s.once(ctx, store.Key{User: user, Key: in.Key, Input: in}, s.regenerating(user, in))
}

func (s *Service) regenerating(user oid.User, in RegenerateInput) adding {
	return func(ctx context.Context, tx *store.Tx) (*Sent, error) {
		c, old, err := s.sibling(ctx, tx, user, in.MessageID, message.RoleAssistant, in.IfHead)
		if err != nil {
			return nil, err
		}
		if old.ParentID == nil {
			return nil, errs.Input(errs.InvalidValue, "messageId", "This message opens the chat and answers nothing, so it cannot be written again.")
		}
		return s.replyAgain(ctx, tx, c, *old.ParentID, in)
	}
}

// replyAgain stores another reply to a message that stands already.
func (s *Service) replyAgain(ctx context.Context, tx *store.Tx, c *ent.Chat, parent oid.Message, in RegenerateInput) (*Sent, error) {
	models, err := s.choose(ctx, tx, c, in.ModelID, in.FallbackID)
	if err != nil {
		return nil, err
	}
	asked, err := found(tx.Client().Message.Get(ctx, parent))
	if err != nil {
		return nil, err
	}
	carried, err := s.files.AttachedTo(ctx, tx, parent)
	if err != nil {
		return nil, err
	}
	if err := models.checkAgain(measureMessage(asked.Text, carried)); err != nil {
		return nil, err
	}
	models.maxCost = in.MaxCost
	reply, err := s.addReply(ctx, tx, c, asked, models)
	if err != nil {
		return nil, err
	}
	return &Sent{Chat: c, Reply: reply}, s.moveHead(ctx, tx, c, reply.ID)
}

// sibling locks the chat of a message that may get a sibling of the given role.
func (s *Service) sibling(ctx context.Context, tx *store.Tx, user oid.User, id string, role message.Role, expect Expect) (*ent.Chat, *ent.Message, error) {
	old, err := ownMessage(ctx, tx.Client(), user, id)
	if err != nil {
		return nil, nil, err
	}
	c, _, err := s.writable(ctx, tx, user, old.ChatID, expect)
	if err != nil {
		return nil, nil, err
	}
	if old.Role != role {
		return nil, nil, errs.Input(errs.InvalidValue, "messageId", "This needs a message of the role %s.", role)
	}
	if old.JobID != nil {
		return nil, nil, errs.Input(errs.InvalidValue, "messageId", "This message shows a job. `retryJob` orders it again.")
	}
	n, err := tx.Client().Message.Query().Where(sameParent(old)).Count(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("chat: count siblings: %w", err)
	}
	if n >= maxSiblings {
		return nil, nil, errs.Input(errs.LimitReached, "messageId", "There are %d alternatives here already, the most there may be.", maxSiblings)
	}
	return c, old, nil
}
