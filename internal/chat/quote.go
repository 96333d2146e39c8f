package chat

import (
	"context"

	"github.com/weav-ai/weav/ent"
	entchat "github.com/weav-ai/weav/ent/chat"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/usage"
)

// QuoteInput is a message that might be sent.
type QuoteInput struct {
	ChatID  string
	Text    string
	ModelID *string
	// Attachments are ids of files and artifacts to go with it.
	Attachments []string
}

// Quote says what sending a message would take.
func (s *Service) Quote(ctx context.Context, user oid.User, in QuoteInput) (*usage.Quote, error) {
	if err := s.checkText(in.Text); err != nil {
		return nil, err
	}
	client := s.store.Client()
	c, err := ownChat(ctx, client, user, in.ChatID)
	if err != nil {
		return nil, err
	}
	carried, err := s.files.Attachable(ctx, user, in.Attachments)
	if err != nil {
		return nil, err
	}
	asked := &ent.Message{BranchTokens: weight(in.Text, len(carried))}
	if c.HeadID != nil {
		head, err := found(client.Message.Get(ctx, *c.HeadID))
		if err != nil {
			return nil, err
		}
		asked.BranchTokens += head.BranchTokens
	}
	return s.quote(ctx, c, asked, in.ModelID)
}

// QuoteAgain says what another reply to the same message would take.
func (s *Service) QuoteAgain(ctx context.Context, user oid.User, id string, model *string) (*usage.Quote, error) {
	client := s.store.Client()
	reply, err := ownMessage(ctx, client, user, id)
	if err != nil {
		return nil, err
	}
	if reply.Role != message.RoleAssistant || reply.ParentID == nil || reply.JobID != nil {
		return nil, errs.New(errs.BadUserInput, "Only a reply to a message can be written again.")
	}
	asked, err := found(client.Message.Get(ctx, *reply.ParentID))
	if err != nil {
		return nil, err
	}
	c, err := found(client.Chat.Get(ctx, reply.ChatID))
	if err != nil {
		return nil, err
	}
	return s.quote(ctx, c, asked, model)
}

// quote asks the ledger about a reply to a message.
func (s *Service) quote(ctx context.Context, c *ent.Chat, asked *ent.Message, named *string) (*usage.Quote, error) {
	id := c.Model
	if named != nil {
		id = *named
	} else if m, known := s.catalog.Get(id); known && m.State == catalog.Retired && c.OnRetirement == entchat.OnRetirementAuto {
		next, _ := s.catalog.Successor(id)
		id = next.ID
	}
	m, err := s.catalog.Usable(catalog.Text, id)
	if err != nil {
		return nil, err
	}
	return s.ledger.Quote(ctx, s.order(c, asked, oid.Run{}, choice{model: m}))
}
