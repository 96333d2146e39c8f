// Package feed is a user's feed of events: every durable change of their data, in commit order, each once.
// The table is the source of truth; the bus only notifies that there is more.
package feed

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// Type names a kind of event.
type Type string

// The types of events.
const (
	ViewerUpdated Type = "viewer.updated"
	SessionEnded  Type = "session.ended"
	PromptSaved   Type = "prompt.saved"
	PromptDeleted Type = "prompt.deleted"
	FolderSaved   Type = "folder.saved"
	FolderDeleted Type = "folder.deleted"
	ChatSaved     Type = "chat.saved"
	ChatDeleted   Type = "chat.deleted"
	MessageAdded  Type = "message.added"
	HeadMoved     Type = "head.moved"
	ReplyStarted  Type = "reply.started"
	ReplyEnded    Type = "reply.ended"

	JobSaved        Type = "job.saved"
	JobEnded        Type = "job.ended"
	JobDeleted      Type = "job.deleted"
	PlanSaved       Type = "plan.saved"
	PlanDeleted     Type = "plan.deleted"
	ArtifactAdded   Type = "artifact.added"
	ArtifactSaved   Type = "artifact.saved"
	ArtifactDeleted Type = "artifact.deleted"
	FileSaved       Type = "file.saved"
	FileDeleted     Type = "file.deleted"

	PaymentSaved Type = "payment.saved"
	// KeyEnded notifies the sockets of an API key that it was revoked. For sessions it is a change of the
	// account.
	KeyEnded Type = "key.ended"
)

// Facts are the ids and immutable facts of an event. Objects are read at delivery, so they may be newer than
// the event, never older.
type Facts struct {
	Session oid.Session `json:"session,omitzero"`
	Prompt  oid.Prompt  `json:"prompt,omitzero"`
	Folder  oid.Folder  `json:"folder,omitzero"`
	Chat    oid.Chat    `json:"chat,omitzero"`
	Message oid.Message `json:"message,omitzero"`
	// Head is the chat's new head.
	Head     oid.Message  `json:"head,omitzero"`
	Job      oid.Job      `json:"job,omitzero"`
	Artifact oid.Artifact `json:"artifact,omitzero"`
	File     oid.File     `json:"file,omitzero"`
	Plan     oid.Plan     `json:"plan,omitzero"`
	Payment  oid.Payment  `json:"payment,omitzero"`
	Key      oid.APIKey   `json:"key,omitzero"`
	// Run is the run that works, or worked, on the reply or job.
	Run oid.Run `json:"run,omitzero"`
	// Status is how a reply or job ended.
	Status string `json:"status,omitempty"`
	// Length is the final text's length in UTF-16 code units.
	Length int `json:"length,omitempty"`
}

// Event is one durable change.
type Event struct {
	User  oid.User
	Epoch string
	Seq   int64
	Type  Type
	At    time.Time
	Facts Facts
}

// Cursor returns the place of the event in its feed.
func (e Event) Cursor() Cursor { return Cursor{User: e.User, Epoch: e.Epoch, Seq: e.Seq} }

// Record adds an event to the transaction. It is numbered when the transaction commits and published after
// that.
func Record(tx *store.Tx, user oid.User, typ Type, facts Facts) {
	tx.Record(store.NewEvent(user, string(typ), facts))
}

// decode reads an event as the store numbered it.
func decode(e store.Event) (Event, error) {
	out := Event{User: e.User, Epoch: e.Epoch, Seq: e.Seq, Type: Type(e.Type), At: e.At}
	if err := json.Unmarshal(e.Payload, &out.Facts); err != nil {
		return Event{}, fmt.Errorf("feed: event %d: %w", e.Seq, err)
	}
	return out, nil
}
