package graph

import (
	"context"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
)

// Chat is the chat a message belongs to.
func (r *messageResolver) Chat(ctx context.Context, m *ent.Message) (*ent.Chat, error) {
	return loadChat(ctx, m.ChatID)
}

// Parent is the message before it.
func (r *messageResolver) Parent(ctx context.Context, m *ent.Message) (*ent.Message, error) {
	if m.ParentID == nil {
		return nil, nil
	}
	return loadMessage(ctx, *m.ParentID)
}

// Siblings are the alternatives at its place.
func (r *messageResolver) Siblings(ctx context.Context, m *ent.Message) ([]*ent.Message, error) {
	return loadersOf(ctx).siblings.Load(ctx, m)
}

// Text is the text so far while the reply is written.
func (r *messageResolver) Text(ctx context.Context, m *ent.Message) (string, error) {
	return r.s.Chats.CurrentText(ctx, m)
}

// Model is the model that answered, a fallback included.
func (r *messageResolver) Model(_ context.Context, m *ent.Message) (*catalog.Model, error) {
	return r.model(m.Model), nil
}

// RequestedModel is the model that was asked for.
func (r *messageResolver) RequestedModel(_ context.Context, m *ent.Message) (*catalog.Model, error) {
	return r.model(m.RequestedModel), nil
}

// Usage is the tokens of a reply; nil before there are numbers.
func (r *messageResolver) Usage(_ context.Context, m *ent.Message) (*TokenUsage, error) {
	return usageOf(m), nil
}

func usageOf(m *ent.Message) *TokenUsage {
	if m.UsageSource == nil {
		return nil
	}
	return &TokenUsage{
		InputTokens: *m.InputTokens, OutputTokens: *m.OutputTokens,
		CachedInputTokens: *m.CachedInputTokens, Source: *m.UsageSource,
	}
}

// Failure is the reason why a reply failed or was interrupted; nil when neither happened.
func (r *messageResolver) Failure(_ context.Context, m *ent.Message) (*chat.Failure, error) {
	if m.FailureCode == nil {
		return nil, nil
	}
	f := chat.FailureOf(*m.FailureCode, m.Status)
	return &f, nil
}

// EventCursor is the feed's head.
func (r *messageResolver) EventCursor(ctx context.Context, _ *ent.Message) (string, error) {
	return eventCursor(ctx)
}

// SendMessage stores a message and starts its reply.
func (r *mutationResolver) SendMessage(ctx context.Context, in SendMessageInput) (*SendMessagePayload, error) {
	out := &SendMessagePayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) error {
		sent, err := r.s.Chats.Send(ctx, p.User, chat.SendInput{
			ChatID: in.ChatID, Text: in.Text, Attachments: in.AttachmentIds.Value(), ModelID: in.ModelID.Value(),
			FallbackID: in.FallbackModelID.Value(), IfHead: expectHead(in.IfHead, true), MaxCost: money(in.MaxCost), Key: in.IdempotencyKey,
		})
		if sent != nil {
			out.Chat, out.Message, out.Reply = sent.Chat, sent.Message, sent.Reply
		}
		return err
	})
}

// EditMessage adds a sibling of a message with another text, and a reply to it.
func (r *mutationResolver) EditMessage(ctx context.Context, in EditMessageInput) (*EditMessagePayload, error) {
	out := &EditMessagePayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) error {
		sent, err := r.s.Chats.Edit(ctx, p.User, chat.EditInput{
			MessageID: in.MessageID, Text: in.Text, Attachments: in.AttachmentIds.Value(), ModelID: in.ModelID.Value(),
			FallbackID: in.FallbackModelID.Value(), IfHead: expectHead(in.IfHead, false), MaxCost: money(in.MaxCost), Key: in.IdempotencyKey,
		})
		if sent != nil {
			out.Chat, out.Message, out.Reply = sent.Chat, sent.Message, sent.Reply
		}
		return err
	})
}

// RegenerateReply writes another reply to the same message.
func (r *mutationResolver) RegenerateReply(ctx context.Context, in RegenerateReplyInput) (*RegenerateReplyPayload, error) {
	out := &RegenerateReplyPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) error {
		sent, err := r.s.Chats.Regenerate(ctx, p.User, chat.RegenerateInput{
			MessageID: in.MessageID, ModelID: in.ModelID.Value(), FallbackID: in.FallbackModelID.Value(),
			IfHead: expectHead(in.IfHead, false), MaxCost: money(in.MaxCost), Key: in.IdempotencyKey,
		})
		if sent != nil {
			out.Chat, out.Reply = sent.Chat, sent.Reply
		}
		return err
	})
}

// ChooseBranch makes the branch through a message the current one.
func (r *mutationResolver) ChooseBranch(ctx context.Context, in ChooseBranchInput) (*ChooseBranchPayload, error) {
	out := &ChooseBranchPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Chat, err = r.s.Chats.Choose(ctx, p.User, in.MessageID, expectHead(in.IfHead, false))
		return err
	})
}

// StopReply stops a reply and answers its receipt.
func (r *mutationResolver) StopReply(ctx context.Context, in StopReplyInput) (*StopReplyPayload, error) {
	out := &StopReplyPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) error {
		m, err := r.s.Chats.Stop(ctx, p.User, in.MessageID)
		if m != nil {
			out.Receipt = receipt(m)
		}
		return err
	})
}

// receipt is how a reply ended. The row stays as it is, so a repeated call returns the same.
func receipt(m *ent.Message) *StopReceipt {
	usage := usageOf(m)
	if usage == nil {
		usage = &TokenUsage{Source: message.UsageSourceEstimated}
	}
	return &StopReceipt{Message: m, Status: m.Status, Text: m.Text, Usage: usage, ProviderCancelled: m.ProviderCancelled}
}
