package chat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/oid"
)

const (
	// maxTurns and contextFactor bound what a model is told: the newest turns, and of them
	// as many as fit into contextFactor times the model's longest message.
	maxTurns      = 200
	contextFactor = 8
)

// conversation is what a model is asked for a reply: the branch from the root to the
// reply's parent, the newest turns kept.
func (s *Service) conversation(ctx context.Context, reply *ent.Message, model catalog.Model) (ai.TextRequest, error) {
	c, err := s.store.Client().Chat.Get(ctx, reply.ChatID)
	if err != nil {
		return ai.TextRequest{}, fmt.Errorf("chat: conversation: %w", err)
	}
	branch, err := s.ancestors(ctx, *reply.ParentID, maxTurns)
	if err != nil {
		return ai.TextRequest{}, err
	}
	persona, err := s.persona(ctx, c)
	if err != nil {
		return ai.TextRequest{}, err
	}
	return ai.TextRequest{
		Model:           model.ProviderModel,
		Instruction:     strings.TrimSpace(persona + c.SystemInstruction),
		Turns:           turns(branch, contextFactor*model.MaxInputChars),
		MaxOutputTokens: model.MaxOutputTokens,
		Purpose:         ai.PurposeReply,
		EndUser:         EndUser(reply.UserID),
	}, nil
}

// persona is the sentence that gives the assistant its name; empty when the person chose none.
func (s *Service) persona(ctx context.Context, c *ent.Chat) (string, error) {
	u, err := s.store.Client().User.Get(ctx, c.UserID)
	if err != nil {
		return "", fmt.Errorf("chat: conversation: %w", err)
	}
	if u.PersonaName == nil || *u.PersonaName == "" {
		return "", nil
	}
	return fmt.Sprintf("Your name is %s.\n", *u.PersonaName), nil
}

// turns keeps the newest messages, given newest first, that fit into budget code points.
// The newest is always kept whole. Replies that never had text are left out.
func turns(newestFirst []*ent.Message, budget int) []ai.Turn {
	var out []ai.Turn
	for _, m := range newestFirst {
		if m.Text == "" {
			continue
		}
		budget -= utf8.RuneCountInString(m.Text)
		if budget < 0 && len(out) > 0 {
			break
		}
		role := ai.RoleUser
		if m.Role == message.RoleAssistant {
			role = ai.RoleAssistant
		}
		out = append(out, ai.Turn{Role: role, Text: m.Text})
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// EndUser stands for a person at a provider, without telling who it is.
func EndUser(user oid.User) string {
	sum := sha256.Sum256([]byte("weav end user " + user.String()))
	return hex.EncodeToString(sum[:16])
}
