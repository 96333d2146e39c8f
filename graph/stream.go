package graph

import (
	"context"
	"time"

	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/feed"
)

// follower returns the subscriber and the cursor after which the events begin; nil for a snapshot.
func follower(ctx context.Context, after *string) (auth.Principal, *feed.Cursor, error) {
	p, err := auth.Require(ctx)
	if err != nil || after == nil {
		return p, nil, err
	}
	cursor, err := feed.ParseCursor(p.User, *after)
	return p, &cursor, err
}

// mapped converts the events of a stream. It has no buffer: while a socket is slow, the domain's stream merges its events.
func mapped[In, Out any](ctx context.Context, in <-chan In, form func(In) Out) <-chan Out {
	out := make(chan Out)
	go func() {
		defer close(out)
		for e := range in {
			select {
			case out <- form(e):
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// offer sends an event to the reader; false when the reader is gone.
func offer[T any](ctx context.Context, out chan<- T, e T) bool {
	select {
	case out <- e:
		return true
	case <-ctx.Done():
		return false
	}
}

// stamp makes the fields that all events have.
func stamp(c feed.Cursor, t time.Time) at { return at{Cursor: c.String(), OccurredAt: t} }

// durable converts an event of the feed.
func durable(a at, e feed.Event) ViewerEvent {
	f := e.Facts
	switch e.Type {
	case feed.SessionEnded:
		return &SessionEnded{at: a, SessionID: f.Session}
	case feed.PromptSaved:
		return &PromptSaved{at: a, PromptID: f.Prompt}
	case feed.PromptDeleted:
		return &PromptDeleted{at: a, PromptID: f.Prompt}
	case feed.FolderSaved:
		return &FolderSaved{at: a, FolderID: f.Folder}
	case feed.FolderDeleted:
		return &FolderDeleted{at: a, FolderID: f.Folder}
	case feed.ChatSaved:
		return &ChatSaved{at: a, ChatID: f.Chat}
	case feed.ChatDeleted:
		return &ChatDeleted{at: a, ChatID: f.Chat}
	case feed.MessageAdded:
		return &MessageAdded{at: a, ChatID: f.Chat, MessageID: f.Message}
	case feed.HeadMoved:
		return &HeadMoved{at: a, ChatID: f.Chat, HeadID: f.Head}
	case feed.ReplyStarted:
		return &ReplyStarted{at: a, ChatID: f.Chat, MessageID: f.Message, RunID: f.Run}
	case feed.ReplyEnded:
		return &ReplyEnded{at: a, ChatID: f.Chat, MessageID: f.Message, RunID: f.Run, Status: message.Status(f.Status), Length: f.Length}
	default:
		return ofWork(a, e)
	}
}

// ofWork converts an event of jobs, plans, files and payments.
func ofWork(a at, e feed.Event) ViewerEvent {
	f := e.Facts
	switch e.Type {
	case feed.JobSaved:
		return &JobSaved{at: a, JobID: f.Job}
	case feed.JobEnded:
		return &JobEnded{at: a, JobID: f.Job, Status: entjob.Status(f.Status), Length: f.Length}
	case feed.JobDeleted:
		return &JobDeleted{at: a, JobID: f.Job}
	case feed.ArtifactAdded:
		return &ArtifactAdded{at: a, ArtifactID: f.Artifact, JobID: f.Job}
	case feed.ArtifactSaved:
		return &ArtifactSaved{at: a, ArtifactID: f.Artifact}
	case feed.ArtifactDeleted:
		return &ArtifactDeleted{at: a, ArtifactID: f.Artifact}
	case feed.PlanSaved:
		return &PlanSaved{at: a, PlanID: f.Plan}
	case feed.PlanDeleted:
		return &PlanDeleted{at: a, PlanID: f.Plan}
	case feed.FileSaved:
		return &FileSaved{at: a, FileID: f.File}
	case feed.PaymentSaved:
		return &PaymentSaved{at: a, PaymentID: f.Payment}
	case feed.FileDeleted:
		return &FileDeleted{at: a, FileID: f.File}
	default:
		return &ViewerUpdated{at: a}
	}
}
