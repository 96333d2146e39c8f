package planner

import (
	"context"

	"github.com/weav-ai/weav/ent"
	entchat "github.com/weav-ai/weav/ent/chat"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/oid"
)

// Statuses returns the progress of steps. The last message of a step's chat decides: a reply or a job that is
// running, has completed, or has failed. A deleted chat has none.
func (s *Service) Statuses(ctx context.Context, steps []*ent.PlanStep) (map[oid.PlanStep]StepStatus, error) {
	return statuses(ctx, s.Store.Client(), steps)
}

// statuses is Statuses within any client or transaction.
func statuses(ctx context.Context, c *ent.Client, steps []*ent.PlanStep) (map[oid.PlanStep]StepStatus, error) {
	out := make(map[oid.PlanStep]StepStatus, len(steps))
	var chats []oid.Chat
	for _, st := range steps {
		out[st.ID] = NotStarted
		if st.ChatID != nil {
			chats = append(chats, *st.ChatID)
		}
	}
	if len(chats) == 0 {
		return out, nil
	}
	heads, err := headsOf(ctx, c, chats)
	if err != nil {
		return nil, err
	}
	for _, st := range steps {
		if st.ChatID != nil {
			out[st.ID] = statusOf(heads[*st.ChatID])
		}
	}
	return out, nil
}

// headsOf returns the last messages of chats. It reads no texts, which may be long.
func headsOf(ctx context.Context, c *ent.Client, ids []oid.Chat) (map[oid.Chat]*ent.Message, error) {
	chats, err := c.Chat.Query().Where(entchat.IDIn(ids...), entchat.DeletedAtIsNil(), entchat.HeadIDNotNil()).
		Select(entchat.FieldID, entchat.FieldHeadID).All(ctx)
	if err != nil || len(chats) == 0 {
		return nil, wrap("progress", err)
	}
	heads := make([]oid.Message, len(chats))
	for i, ch := range chats {
		heads[i] = *ch.HeadID
	}
	rows, err := c.Message.Query().Where(message.IDIn(heads...)).
		Select(message.FieldID, message.FieldChatID, message.FieldParentID, message.FieldRole, message.FieldStatus).All(ctx)
	if err != nil {
		return nil, wrap("progress", err)
	}
	byChat := make(map[oid.Chat]*ent.Message, len(rows))
	for _, m := range rows {
		byChat[m.ChatID] = m
	}
	return byChat, nil
}

// statusOf is the status of a step by the head of its chat. The welcome message answers nothing, so it does
// not count as started.
func statusOf(head *ent.Message) StepStatus {
	if head == nil || head.Role == message.RoleAssistant && head.ParentID == nil {
		return NotStarted
	}
	switch head.Status {
	case message.StatusPending, message.StatusStreaming:
		return Running
	case message.StatusFailed, message.StatusInterrupted:
		return Failed
	default:
		return Done
	}
}
