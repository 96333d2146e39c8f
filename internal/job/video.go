package job

import (
	"context"
	"errors"
	"time"

	"github.com/weav-ai/weav/ent"
	entartifact "github.com/weav-ai/weav/ent/artifact"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/jobstep"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/store"
)

const (
	// minPollGap and maxPollGap bound a provider's wish for the time between two polls.
	minPollGap = 250 * time.Millisecond
	maxPollGap = 15 * time.Second
)

// video makes one step of a video: it is ordered once; from then on short runs ask how far it is,
// and the last fetches the file. Between two runs nobody holds it, so any worker goes on.
func (w *worker) video(ctx context.Context) error {
	model, ok := w.s.catalog.Get(w.job.Model)
	if !ok {
		return w.failed(ctx, errModelGone(w.job.Provider), never)
	}
	router, err := w.router(ctx, model)
	if err != nil {
		return w.failed(ctx, err, never)
	}
	maker, err := router.Video(model.Provider)
	if err != nil {
		return w.failed(ctx, err, never)
	}
	if w.job.ProviderRef == nil {
		return w.order(ctx, maker, model.ProviderModel)
	}
	w.IsMarked = true // It was ordered by an earlier run.
	w.Progress.Value = w.job.Progress
	if w.job.MadeAt != nil {
		return w.fetch(ctx, maker, model.ProviderModel)
	}
	return w.poll(ctx, maker, model.ProviderModel)
}

func never(*ai.Error) bool { return false }

// order places the paid order, and saves the provider's reference before anything else.
func (w *worker) order(ctx context.Context, maker ai.VideoMaker, model string) error {
	args, err := read[VideoArguments](w.job)
	if err != nil {
		return w.failed(ctx, err, never)
	}
	if err := w.Mark(ctx); err != nil {
		return w.failed(ctx, err, never)
	}
	req := ai.VideoRequest{
		Model: model, Prompt: args.Prompt, Seconds: args.Seconds, Resolution: args.Resolution,
		Aspect: args.Aspect, Style: deref(args.Style),
		EndUser: chat.EndUser(w.job.UserID), JobKey: w.job.ID.String(),
	}
	ref, err := runCall(ctx, w, func(ctx context.Context, _ func(run.Update)) (string, error) {
		return maker.StartVideo(ctx, req)
	})
	if ref == "" {
		return w.failed(ctx, err, (*ai.Error).MayRepeatPaid)
	}
	// A reference that came with an error, or behind a cancel, is an order all the same, and kept with the end.
	w.job.ProviderRef = &ref
	if w.IsStopped {
		return w.end(ctx, ending{status: entjob.StatusCancelled})
	}
	return w.Persist(ctx, func(ctx context.Context) error { return w.s.submitted(ctx, w.job, w.s.cfg.PollGap) })
}

// submitted saves the reference of an order and parks the job until its first poll.
func (s *Service) submitted(ctx context.Context, j *ent.Job, gap time.Duration) error {
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		err := run.Written(s.parking(tx, j, gap).SetProviderRef(*j.ProviderRef).SetKeptUntil(store.Now().Add(keptAtLeast)).
			SetPhase(phaseMaking).SetUpdatedAt(store.Now()).Save(ctx))
		if err != nil {
			return wrap("submit", err)
		}
		recordSaved(tx, j)
		return step(ctx, tx, j.ID, func(c *ent.JobStepCreate) { c.SetType(jobstep.TypeSubmitted).SetAttempt(j.Attempt) })
	})
}

// parking lets go of a job until its next poll. The lease runs on a little longer, so that the sweeper
// finds a job whose poll got lost.
func (s *Service) parking(tx *store.Tx, j *ent.Job, gap time.Duration) *ent.JobUpdate {
	next := runJob(j, j.RunID)
	next.RunAt = store.Now().Add(gap)
	tx.Enqueue(next)
	return tx.Client().Job.Update().Where(mine(j.ID, j.RunID)).SetIsParked(true).Modify(s.leaseFor(gap + s.cfg.Lease))
}

// poll asks how far the video is, and fetches it once it is made.
func (w *worker) poll(ctx context.Context, maker ai.VideoMaker, model string) error {
	ref := *w.job.ProviderRef
	state, err := runCall(ctx, w, func(ctx context.Context, _ func(run.Update)) (ai.VideoState, error) {
		return maker.PollVideo(ctx, model, ref)
	})
	switch {
	case w.IsStopped || err != nil && !w.passing(err):
		return w.failed(ctx, err, never)
	case err != nil || !state.Done:
		return w.park(ctx, state, err)
	}
	if err := w.made(ctx, state); err != nil {
		return err
	}
	return w.fetch(ctx, maker, model)
}

// passing reports whether a poll or a download that failed is made again: it is free, and the video is
// still being made.
func (w *worker) passing(err error) bool {
	if !time.Now().Before(*w.job.DeadlineAt) || errors.Is(err, run.ErrLost) {
		return false
	}
	var fault *ai.Error
	if !errors.As(err, &fault) {
		return w.IsLeaving || errors.Is(err, errStore)
	}
	return w.IsLeaving || !fault.JobFailed && (fault.Repeatable() || fault.Kind == ai.Timeout)
}

// park lets go of a video until its next poll; fault is why this one failed, if it did.
func (w *worker) park(ctx context.Context, state ai.VideoState, fault error) error {
	if fault != nil {
		w.s.log.InfoContext(ctx, "a video is asked for again", "run", w.Run.String(), "error", fault)
	}
	failed := 0
	if fault != nil {
		failed = w.job.FailedPolls + 1
	}
	gap := w.s.pollGap(w.job, state, failed, fault)
	w.Report(state.Progress, phaseText(state.Phase))
	w.ProgressWriter.Publish(ctx)
	return w.Persist(ctx, func(ctx context.Context) error {
		return w.s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			u := w.s.parking(tx, w.job, gap).SetFailedPolls(failed).SetNillableKeptUntil(keptUntil(w.job, state))
			u.SetNillableProgress(w.Progress.Value)
			if w.Progress.Phase != "" {
				u.SetPhase(w.Progress.Phase)
			}
			return wrap("park", run.Written(u.Save(ctx)))
		})
	})
}

// shot ends a video job whose file is stored.
func (w *worker) shot(ctx context.Context, f film) error {
	prompt, err := promptOf(w.job)
	if err != nil {
		return err
	}
	length := int64(f.kept.Facts.Seconds * 1000)
	if length == 0 { // Not every file says: it is as long as was ordered.
		args, err := read[VideoArguments](w.job)
		if err != nil {
			return err
		}
		length = int64(args.Seconds) * 1000
	}
	return w.end(ctx, ending{
		status: entjob.StatusCompleted, revised: f.result.RevisedPrompt, model: f.result.Model,
		usage: f.result.Usage, videoMs: length,
		made: []file.NewArtifact{w.artifact(entartifact.KindVideo, prompt, f.result.Model, f.kept)},
	})
}

// Abandon cancels at the provider a video that is not wanted any more. Where the provider has no such
// call, or the video ended by itself, there is nothing to do.
func (s *Service) Abandon(ctx context.Context, id oid.Job) error {
	j, err := s.store.Client().Job.Get(ctx, id)
	if ent.IsNotFound(err) || err == nil && j.ProviderRef == nil {
		return nil
	}
	if err != nil {
		return wrap("abandon", err)
	}
	model, ok := s.catalog.Get(j.Model)
	if !ok {
		return nil
	}
	router, err := s.router.For(ctx, j.UserID, model.Provider, j.IsOwnKey)
	if err != nil {
		return nil //nolint:nilerr // Without the key that ordered it, it cannot be cancelled.
	}
	maker, err := router.Video(model.Provider)
	if err != nil {
		return nil //nolint:nilerr // A provider that is no longer configured cannot be asked to.
	}
	err = maker.CancelVideo(ctx, model.ProviderModel, *j.ProviderRef)
	var fault *ai.Error
	if errors.As(err, &fault) && !fault.Repeatable() {
		s.log.InfoContext(ctx, "a video could not be cancelled at the provider", "kind", string(fault.Kind))
		return nil
	}
	return err
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
