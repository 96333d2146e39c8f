package job

import (
	"context"
	"sync/atomic"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/store"
)

// Event is what a subscriber of a job is sent.
type Event = run.Event

// Delta is a piece of a text job's text.
type Delta = run.Delta

// Watch follows a job to its end, or until ctx ends: a snapshot, or all events of the job behind after, then what happens,
// with its progress and text. The channel closes behind the job's end; of a job that has ended, a snapshot and the end
// are sent. The channel is unbuffered, see [run.Runs.Watch].
func (s *Service) Watch(ctx context.Context, user oid.User, id string, after *feed.Cursor) (<-chan Event, error) {
	j, err := s.own(ctx, s.store.Client(), user, id)
	if err != nil {
		return nil, err
	}
	return s.runs.Watch(ctx, user, after, func(sub *run.Subscription) run.Watched {
		sub.HasEnd = true
		return &watcher{
			Subscription: sub, s: s, job: j.ID, hasText: j.Kind == entjob.KindText,
			progress: live.NewProgressReader(s.bus, j.ID.String(), sub.Notify),
		}
	})
}

// watcher follows one job for a subscription.
type watcher struct {
	*run.Subscription
	s        *Service
	job      oid.Job
	hasText  bool     // it is a text job: of other kinds the text is not shown while it grows
	active   *ent.Job // by FindActive; nil when the job was deleted
	current  oid.Run  // the run that works on the job, as far as was sent
	progress *live.ProgressReader
	stored   atomic.Pointer[ent.Job] // the row, to be offered
	leave    func()                  // ends the look-ups of the row; nil until it is listened to
}

// Concerns implements [run.Watched].
func (w *watcher) Concerns(e feed.Event) bool {
	if e.Facts.Job != w.job {
		return false
	}
	switch e.Type {
	case feed.JobSaved, feed.JobEnded, feed.JobDeleted, feed.ArtifactAdded:
		return true
	default:
		return false
	}
}

// FindActive implements [run.Watched].
func (w *watcher) FindActive(ctx context.Context) error {
	j, err := w.s.store.Client().Job.Get(ctx, w.job)
	if ent.IsNotFound(err) {
		w.active = nil
		return nil
	}
	if err != nil {
		return err
	}
	w.active, w.current = j, j.RunID
	return nil
}

// Join implements [run.Watched]. It ends the subscription to a job that had ended before the subscriber caught up; its end is
// sent unless it stands before the cursor and was sent already.
func (w *watcher) Join(ctx context.Context) error {
	switch j := w.active; {
	case j != nil && unfinished(j.Status):
		if !w.EndIsPending { // It came back without a snapshot: how far the job is was perhaps not sent.
			w.stored.Store(j)
		}
		w.EndIsPending = false
		w.followText()
		return nil
	case j != nil && w.EndIsPending:
		w.EndIsPending = false
		e := feed.Event{Type: feed.JobEnded, At: *j.EndedAt, Facts: endFacts(j, j.Status, j.Text)}
		if err := w.Send(ctx, Event{At: e.At, Feed: &e}); err != nil {
			return err
		}
	}
	return run.ErrOver
}

// Before implements [run.Watched]. A text is whole before the job's end is sent.
func (w *watcher) Before(ctx context.Context, e feed.Event) error {
	if e.Type != feed.JobEnded {
		return nil
	}
	if w.hasText {
		final, err := w.finalText(ctx)
		if err != nil {
			return err
		}
		if err := w.SendRest(ctx, e, oid.Message{}, final); err != nil {
			return err
		}
	}
	w.EndIsPending = false
	return nil
}

// After implements [run.Watched]. A job that another run works on has another text.
func (w *watcher) After(e feed.Event) error {
	switch e.Type {
	case feed.JobEnded, feed.JobDeleted:
		return run.ErrOver
	case feed.JobSaved:
		w.current = e.Facts.Run
		if w.IsJoined {
			w.followText()
		}
	}
	return nil
}

// followText follows the text of the current run alone.
func (w *watcher) followText() {
	if w.hasText {
		w.LeaveOthers(w.current, oid.Message{})
		w.Follow(w.current, oid.Message{}, true)
	}
}

// SendLive implements [run.Watched].
func (w *watcher) SendLive(ctx context.Context) error {
	w.listen(ctx)
	if j := w.stored.Swap(nil); j != nil {
		w.offer(j)
	}
	if p, ok := w.progress.Next(); ok && p.Run == w.current.String() {
		if err := w.Send(ctx, Event{At: p.At, Progress: &p}); err != nil {
			return err
		}
	}
	return w.SendTexts(ctx)
}

// listen begins to listen to the job's progress, unless it is listened to: on the bus and, while that is out of reach, in
// the row, which also has the text.
func (w *watcher) listen(ctx context.Context) {
	if err := w.progress.Listen(ctx); err != nil {
		w.s.log.DebugContext(ctx, "the progress of a job cannot be listened to", "error", err)
		w.ReadLater()
	}
	if w.leave == nil {
		w.leave = w.s.rows.Follow(w.job, func(j *ent.Job) {
			w.stored.Store(j)
			w.Notify()
		})
	}
}

// offer takes what the row has of the current run.
func (w *watcher) offer(j *ent.Job) {
	if j.RunID != w.current || j.Status != entjob.StatusInProgress {
		return
	}
	if j.Progress != nil || j.Phase != "" {
		w.progress.Offer(live.Progress{Run: j.RunID.String(), Value: j.Progress, Phase: j.Phase, At: store.Now()})
	}
	w.Offer(j.RunID, j.Text)
}

// Close implements [run.Watched].
func (w *watcher) Close() {
	w.progress.Close()
	if w.leave != nil {
		w.leave()
	}
}

// finalText is a job's text as its row has it; empty when it was deleted.
func (w *watcher) finalText(ctx context.Context) (string, error) {
	j, err := w.s.store.Client().Job.Query().Where(entjob.ID(w.job)).Select(entjob.FieldID, entjob.FieldText).Only(ctx)
	if ent.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return j.Text, nil
}

// storedJobs reads the rows of followed jobs.
func (s *Service) storedJobs(ctx context.Context, jobs []oid.Job) (map[oid.Job]*ent.Job, error) {
	rows, err := s.store.Client().Job.Query().Where(entjob.IDIn(jobs...)).
		Select(entjob.FieldID, entjob.FieldRunID, entjob.FieldStatus, entjob.FieldText, entjob.FieldProgress, entjob.FieldPhase).
		All(ctx)
	if err != nil {
		return nil, wrap("follow", err)
	}
	found := make(map[oid.Job]*ent.Job, len(rows))
	for _, j := range rows {
		found[j.ID] = j
	}
	return found, nil
}

// Run serves subscriptions until ctx ends: while the bus is out of reach they follow the rows.
func (s *Service) Run(ctx context.Context) { s.rows.Run(ctx) }
