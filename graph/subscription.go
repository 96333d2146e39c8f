package graph

import (
	"context"
	"errors"
	"time"

	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
)

// ViewerEvents is the subscription to all of the viewer's events.
func (r *subscriptionResolver) ViewerEvents(ctx context.Context, after *string) (<-chan ViewerEvent, error) {
	p, cursor, err := follower(ctx, after)
	if err != nil {
		return nil, err
	}
	events, err := r.s.Feed.Watch(ctx, p.User, cursor)
	if err != nil {
		return nil, err
	}
	return withQuota(ctx, events, cursor, p.Grant != nil), nil
}

// ChatEvents is the subscription to one chat and the text of its replies.
func (r *subscriptionResolver) ChatEvents(ctx context.Context, chatID string, after *string) (<-chan ChatEvent, error) {
	p, cursor, err := follower(ctx, after)
	if err != nil {
		return nil, err
	}
	id, err := oid.Parse[oid.Chat](chatID)
	if err != nil {
		return nil, errs.New(errs.NotFound, "There is no such object.")
	}
	events, err := r.s.Chats.Watch(ctx, p.User, chatID, cursor)
	if err != nil {
		return nil, err
	}
	return mapped(ctx, events, func(e chat.Event) ChatEvent { return chatEvent(id, e) }), nil
}

// follower is who subscribes, and from where.
func follower(ctx context.Context, after *string) (auth.Principal, *feed.Cursor, error) {
	p, err := auth.Require(ctx)
	if err != nil || after == nil {
		return p, nil, err
	}
	cursor, err := feed.ParseCursor(p.User, *after)
	return p, &cursor, err
}

// mapped passes events on in another form, without a buffer: a slow socket holds the domain's
// stream back, which gathers meanwhile.
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

func viewerEvent(e feed.Item) ViewerEvent {
	a := stamp(e.Cursor, e.At)
	switch {
	case e.Resync != "":
		return &Resync{at: a, Reason: e.Resync}
	case e.Snapshot:
		return &ViewerSnapshot{at: a}
	default:
		return durable(a, *e.Event)
	}
}

func chatEvent(id oid.Chat, e chat.Event) ChatEvent {
	a := stamp(e.Cursor, e.At)
	switch {
	case e.Resync != "":
		return &Resync{at: a, Reason: e.Resync}
	case e.Snapshot:
		return &ChatSnapshot{at: a, ChatID: id}
	case e.Delta != nil:
		d := e.Delta
		return &ReplyDelta{at: a, ChatID: id, MessageID: d.Message, RunID: d.Run, Offset: d.Offset, Text: d.Text}
	}
	// Watch tells only events of a chat, and all of those are in the union.
	event, ok := durable(a, *e.Feed).(ChatEvent)
	if !ok {
		panic(errors.New("graph: an event of type " + string(e.Feed.Type) + " in a chat's stream"))
	}
	return event
}

func stamp(c feed.Cursor, t time.Time) at { return at{Cursor: c.String(), OccurredAt: t} }

// durable is a feed event in the contract's form.
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

// ofWork is a feed event of jobs and files in the contract's form.
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
