package graph

import (
	"context"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
)

// at has the fields of the interface Event.
type at struct {
	Cursor     string
	OccurredAt time.Time
}

// IsEvent marks the interface of the schema.
func (at) IsEvent() {}

// GetCursor implements Event.
func (a at) GetCursor() string { return a.Cursor }

// GetOccurredAt implements Event.
func (a at) GetOccurredAt() time.Time { return a.OccurredAt }

// onViewer, onChat and onJob mark the unions an event belongs to.
type (
	onViewer struct{}
	onChat   struct{}
	onJob    struct{}
	onBoth   struct {
		onViewer
		onChat
	}
	onViewerAndJob struct {
		onViewer
		onJob
	}
	onAll struct {
		onViewer
		onChat
		onJob
	}
)

// IsViewerEvent marks the union of the schema.
func (onViewer) IsViewerEvent() {}

// IsChatEvent marks the union of the schema.
func (onChat) IsChatEvent() {}

// IsJobEvent marks the union of the schema.
func (onJob) IsJobEvent() {}

// The events of the schema. Their objects are read at delivery, by the response's loaders.
type (
	// ViewerSnapshot is the account to begin with.
	ViewerSnapshot struct {
		at
		onViewer
	}
	// ChatSnapshot is the chat to begin with.
	ChatSnapshot struct {
		at
		onChat
		ChatID oid.Chat
	}
	// Resync reports that events between the cursor and the next event are missing.
	Resync struct {
		at
		onAll
		Reason feed.ResyncReason
	}
	// ViewerUpdated says that profile or preferences changed.
	ViewerUpdated struct {
		at
		onViewer
	}
	// PaymentSaved says that a payment was prepared, or changed.
	PaymentSaved struct {
		at
		onViewer
		PaymentID oid.Payment
	}
	// QuotaChanged says what is left of the quota.
	QuotaChanged struct {
		at
		onViewer
	}
	// SessionEnded says that a session ended.
	SessionEnded struct {
		at
		onViewer
		SessionID oid.Session
	}
	// PromptSaved says that a prompt was made or changed.
	PromptSaved struct {
		at
		onViewer
		PromptID oid.Prompt
	}
	// PromptDeleted says that a prompt was deleted.
	PromptDeleted struct {
		at
		onViewer
		PromptID oid.Prompt
	}
	// FolderSaved says that a folder was made, renamed or restored.
	FolderSaved struct {
		at
		onViewer
		FolderID oid.Folder
	}
	// FolderDeleted says that a folder was deleted.
	FolderDeleted struct {
		at
		onViewer
		FolderID oid.Folder
	}
	// ChatSaved says that a chat was made, changed, moved or restored.
	ChatSaved struct {
		at
		onBoth
		ChatID oid.Chat
	}
	// ChatDeleted says that a chat was deleted.
	ChatDeleted struct {
		at
		onBoth
		ChatID oid.Chat
	}
	// MessageAdded says that a message was stored.
	MessageAdded struct {
		at
		onBoth
		ChatID    oid.Chat
		MessageID oid.Message
	}
	// HeadMoved says that the chat's current branch changed.
	HeadMoved struct {
		at
		onBoth
		ChatID oid.Chat
		HeadID oid.Message
	}
	// ReplyStarted says that a reply's first text is about to be shown.
	ReplyStarted struct {
		at
		onBoth
		ChatID    oid.Chat
		MessageID oid.Message
		RunID     oid.Run
	}
	// ReplyDelta is a piece of a reply's text.
	ReplyDelta struct {
		at
		onChat
		ChatID    oid.Chat
		MessageID oid.Message
		RunID     oid.Run
		Offset    int
		Text      string
	}
	// ReplyEnded says how a reply ended.
	ReplyEnded struct {
		at
		onBoth
		ChatID    oid.Chat
		MessageID oid.Message
		RunID     oid.Run
		Status    message.Status
		Length    int
	}
)

// Viewer reads the account as of now.
func (ViewerSnapshot) Viewer(ctx context.Context) (*ent.User, error) { return loadViewer(ctx) }

// Viewer reads the account as of now.
func (ViewerUpdated) Viewer(ctx context.Context) (*ent.User, error) { return loadViewer(ctx) }

// Chat reads the chat as of now.
func (e ChatSnapshot) Chat(ctx context.Context) (*ent.Chat, error) { return loadChat(ctx, e.ChatID) }

// Prompt reads the prompt as of now.
func (e PromptSaved) Prompt(ctx context.Context) (*ent.Prompt, error) {
	return loadPrompt(ctx, e.PromptID)
}

// Folder reads the folder as of now.
func (e FolderSaved) Folder(ctx context.Context) (*ent.Folder, error) {
	return loadFolder(ctx, e.FolderID)
}

// Chat reads the chat as of now.
func (e ChatSaved) Chat(ctx context.Context) (*ent.Chat, error) { return loadChat(ctx, e.ChatID) }

// Message reads the message as of now.
func (e MessageAdded) Message(ctx context.Context) (*ent.Message, error) {
	return loadMessage(ctx, e.MessageID)
}

// Chat reads the chat as of now.
func (e HeadMoved) Chat(ctx context.Context) (*ent.Chat, error) { return loadChat(ctx, e.ChatID) }

// Message reads the reply as of now.
func (e ReplyStarted) Message(ctx context.Context) (*ent.Message, error) {
	return loadMessage(ctx, e.MessageID)
}

// Message reads the reply as of now.
func (e ReplyEnded) Message(ctx context.Context) (*ent.Message, error) {
	return loadMessage(ctx, e.MessageID)
}
