package job

import (
	"context"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// listen begins to hear what is told of the job live, as far as it is not heard yet: from the bus and, while that
// is out of reach, from the job's row.
func (w *watcher) listen(ctx context.Context) {
	if w.writes && w.text == nil {
		w.text = live.NewTextReader(w.s.bus, w.current.String(), w.notify)
	}
	err := w.progress.Listen(ctx)
	if err == nil && w.text != nil {
		err = w.text.Listen(ctx)
	}
	if err != nil {
		w.s.log.DebugContext(ctx, "a job cannot be heard live", "error", err)
		w.retry.Reset(retryRead)
	}
	if w.leave == nil {
		w.leave = w.s.rows.Follow(w.job, func(j *ent.Job) {
			w.found.Store(j)
			w.notify()
		})
	}
}

// change follows the job to another run, whose text begins anew.
func (w *watcher) change(run oid.Run) {
	if run == w.current || !w.joined {
		return
	}
	w.current = run
	w.silence()
}

// silence forgets the text of the run.
func (w *watcher) silence() {
	if w.text != nil {
		w.text.Close()
		w.text = nil
	}
}

// quiet ends all listening.
func (w *watcher) quiet() {
	w.progress.Close()
	w.silence()
	if w.leave != nil {
		w.leave()
	}
}

// offer takes in what the job's row has of the run that is followed.
func (w *watcher) offer(j *ent.Job) {
	if j.RunID != w.current || j.Status != entjob.StatusInProgress {
		return
	}
	if j.Progress != nil || j.Phase != "" {
		w.progress.Offer(live.Progress{Run: j.RunID.String(), Value: j.Progress, Phase: j.Phase, At: store.Now()})
	}
	if w.text != nil {
		w.text.Offer(j.Text)
	}
}

// tellLive tells all text that waits, as one piece, and the newest progress.
func (w *watcher) tellLive(ctx context.Context) error {
	w.listen(ctx)
	if j := w.found.Swap(nil); j != nil {
		w.offer(j)
	}
	if p, ok := w.progress.Next(); ok && p.Run == w.current.String() {
		if err := w.send(ctx, Event{At: p.At, Progress: &p}); err != nil {
			return err
		}
	}
	if w.text == nil {
		return nil
	}
	piece, at, unread := w.text.Next(ctx)
	if err := w.sendText(ctx, w.current, piece, at); err != nil {
		return err
	}
	return unread // The bus did not answer; what is known without it was told.
}

// tellRest tells what is missing of a text before the job's end.
func (w *watcher) tellRest(ctx context.Context, run oid.Run) error {
	if !w.writes {
		return nil
	}
	final, err := w.finalText(ctx)
	if err != nil {
		return err
	}
	text := w.text
	if text == nil || run != w.current { // Not followed: the subscriber gets the whole.
		text = live.NewTextReader(w.s.bus, run.String(), w.notify)
	}
	piece, at := text.Rest(final)
	return w.sendText(ctx, run, piece, at)
}

func (w *watcher) sendText(ctx context.Context, run oid.Run, piece string, at live.Offset) error {
	if piece == "" {
		return nil
	}
	d := &Delta{Run: run, Offset: at.UTF16, Text: piece}
	return w.send(ctx, Event{At: store.Now(), Delta: d})
}

// followed reads the rows of jobs for those who follow them.
func (s *Service) followed(ctx context.Context, jobs []oid.Job) (map[oid.Job]*ent.Job, error) {
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
