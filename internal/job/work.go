package job

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
)

// maxRetryAfter is the longest wait that a provider may ask for and gets.
const maxRetryAfter = 30 * time.Second

// Work works on a job as a run: it claims it, makes the provider's calls and writes what came of them. It returns nil when
// the run is stale, and run.ErrStopping when the process begins no runs any more. A failure of the provider is the
// job's, not an error.
func (s *Service) Work(ctx context.Context, id oid.Job, runID oid.Run) error {
	return s.runs.Do(ctx, id, runID, func(ctx context.Context, j *ent.Job, w *run.Worker) error {
		w.ProgressWriter = live.NewProgressWriter(s.bus, j.ID.String(), runID.String(), s.log)
		return (&worker{Worker: w, s: s, job: j}).work(ctx)
	})
}

// worker is the run of one job.
type worker struct {
	*run.Worker
	s     *Service
	job   *ent.Job
	asked *ai.TextRequest // of a text, once it is asked for
}

func (w *worker) work(ctx context.Context) error {
	switch w.job.Kind {
	case entjob.KindImage:
		return w.image(ctx)
	case entjob.KindVideo:
		return w.video(ctx)
	case entjob.KindPlan, entjob.KindPrompts, entjob.KindExport:
		return w.compose(ctx)
	default:
		return w.write(ctx)
	}
}

// runCall makes a call of the job's attempt, which ends at the job's deadline.
func runCall[T any](ctx context.Context, w *worker, call run.Call[T]) (T, error) {
	attempt, deadline := w.job.Attempt, *w.job.DeadlineAt // The call may outlive the worker.
	return run.Do(ctx, w.Worker, func(ctx context.Context, report func(run.Update)) (T, error) {
		ctx, cancel := context.WithDeadline(ai.WithAttempt(ctx, attempt), deadline)
		defer cancel()
		return call(ctx, report)
	})
}

// failed decides what a failed attempt means: the end, another attempt, or another process. What was shown of a text is
// kept, and its attempt is the last.
func (w *worker) failed(ctx context.Context, err error, repeatable func(*ai.Error) bool) error {
	var fault *ai.Error
	switch {
	case errors.Is(err, run.ErrLost):
		return err
	case w.IsStopped:
		return w.end(ctx, w.cut(err))
	case !w.IsMarked && w.IsLeaving:
		return w.Persist(ctx, func(ctx context.Context) error { return w.s.giveBack(ctx, w.job) })
	case !w.IsMarked && errs.CodeOf(err) == errs.Unavailable && !errors.Is(err, errStore):
		return w.retry(ctx, FailureWorkerLost, 0) // The database went away, not the provider.
	case w.IsLeaving:
		return w.end(ctx, w.broken(FailureWorkerLost, err))
	case errors.As(err, &fault) && repeatable(fault) && w.Text.Len() == 0 && w.job.Attempt <= len(w.s.cfg.Waits):
		return w.retry(ctx, failureOf(err), max(w.s.cfg.Waits[w.job.Attempt-1], min(fault.RetryAfter, maxRetryAfter)))
	}
	w.s.log.WarnContext(ctx, "a job failed", "run", w.Run.String(), "kind", string(ai.KindOf(err)), "error", err)
	e := w.broken(failureOf(err), err)
	e.lost = isLost(err)
	return w.end(ctx, e)
}

func (w *worker) retry(ctx context.Context, code FailureCode, wait time.Duration) error {
	w.s.meter.AttemptFailed(string(w.job.Kind), string(code))
	return w.Persist(ctx, func(ctx context.Context) error { return w.s.again(ctx, w.job, code, wait) })
}

func (w *worker) end(ctx context.Context, e ending) error {
	return w.Persist(ctx, func(ctx context.Context) error { return w.s.end(ctx, w.job, e) })
}

// phaseText puts a provider's phase in words.
func phaseText(p ai.Phase) string {
	switch p {
	case "":
		return ""
	case ai.PhaseQueued:
		return "In the provider's queue"
	case ai.PhaseGenerating:
		return phaseMaking
	default:
		return strings.ToUpper(string(p[:1])) + string(p[1:])
	}
}
