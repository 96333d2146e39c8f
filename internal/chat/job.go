package chat

import (
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/usage"
)

// QueueReply is the queue of replies and titles.
const QueueReply = "reply"

// The kinds of the domain's jobs.
const (
	KindReply = "chat_reply"
	KindTitle = "chat_title"
)

// ReplyArgs name a reply to write and the run that is to write it.
type ReplyArgs struct {
	MessageID oid.Message `json:"message_id"`
	RunID     oid.Run     `json:"run_id"`
}

// Kind implements the queue's interface.
func (ReplyArgs) Kind() string { return KindReply }

// TitleArgs name a chat to find a title for.
type TitleArgs struct {
	ChatID oid.Chat `json:"chat_id"`
	RunID  oid.Run  `json:"run_id"`
}

// Kind implements the queue's interface.
func (TitleArgs) Kind() string { return KindTitle }

func replyJob(id oid.Message, run oid.Run, priority int) store.Job {
	return store.Job{Kind: KindReply, Queue: QueueReply, Args: ReplyArgs{MessageID: id, RunID: run}, Priority: priority}
}

func titleJob(id oid.Chat) store.Job {
	return store.Job{Kind: KindTitle, Queue: QueueReply, Args: TitleArgs{ChatID: id, RunID: oid.New[oid.Run]()}, Priority: usage.Usual}
}
