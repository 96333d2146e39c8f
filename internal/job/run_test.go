package job_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/feedevent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/jobstep"
	entusage "github.com/weav-ai/weav/ent/usage"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/run/runtest"
	"github.com/weav-ai/weav/internal/store"
)

// wantEnd checks how a job ended, and that its end was sent once, with the text's length.
func wantEnd(p *runtest.Process, id oid.Job, status entjob.Status, code job.FailureCode, text string) {
	p.T.Helper()
	j := p.Job(id)
	got := job.FailureCode("")
	if j.FailureCode != nil {
		got = job.FailureCode(*j.FailureCode)
	}
	if j.Status != status || got != code || j.Text != text || j.EndedAt == nil || j.LeaseUntilMs != nil {
		p.T.Errorf("the job is %s, %q, with %q; want %s, %q, %q", j.Status, got, j.Text, status, code, text)
	}
	ends := p.Store.Client().FeedEvent.Query().
		Where(feedevent.Type(string(feed.JobEnded)), feedevent.PayloadContains(id.UUID().String())).AllX(p.T.Context())
	if len(ends) != 1 || text != "" && !strings.Contains(ends[0].Payload, `"length":`) {
		p.T.Errorf("its end was told %d times: %v", len(ends), ends)
	}
}

// charged says whether a job is paid for; a job that used nothing is not.
func charged(p *runtest.Process, id oid.Job) bool {
	p.T.Helper()
	row, err := p.Store.Client().Usage.Query().Where(entusage.JobID(id)).Only(p.T.Context())
	if ent.IsNotFound(err) {
		return false
	}
	if err != nil {
		p.T.Fatal(err)
	}
	return row.IsCharged
}

// TestJobsOfEachKindAreDone with what they made.
func TestJobsOfEachKindAreDone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *runtest.Process) {
		written := p.Order(runtest.Text("write"))
		w := p.Work(written.ID)
		call := p.Model.Next(t)
		call.Say("a ")
		call.Say("text")
		call.Finish(ai.FinishStop)
		w.Ended()
		wantEnd(p, written.ID, entjob.StatusCompleted, "", "a text")
		drawn := p.Order(runtest.Image("draw"))
		p.Work(drawn.ID).Ended()
		wantEnd(p, drawn.ID, entjob.StatusCompleted, "", "")
		shot := p.Order(runtest.Video("film"))
		p.Until("the video is done", func() bool {
			p.Work(shot.ID).Ended()
			return p.Job(shot.ID).EndedAt != nil
		})
		wantEnd(p, shot.ID, entjob.StatusCompleted, "", "")
		for _, id := range []oid.Job{written.ID, drawn.ID, shot.ID} {
			if !charged(p, id) {
				t.Errorf("%s costs nothing", id)
			}
		}
		if n := p.Store.Client().Artifact.Query().CountX(t.Context()); n != 3 {
			t.Errorf("%d artifacts", n)
		}
	})
}

// loseJob kills a process, and has the next of its name, or another, find the job.
func loseJob(p *runtest.Process, id oid.Job, node string) *runtest.Process {
	p.T.Helper()
	p.Kill()
	next := p.Another(node)
	find := next.Jobs.TakeBack
	if node != "first" {
		next.Expire(id)
		find = next.Jobs.Sweep
		next = p.Another("first")
	}
	if err := find(p.T.Context()); err != nil {
		p.T.Fatal(err)
	}
	return next
}

// TestWhatCountsAgainstAJob: a run that is lost before it renewed its lease once, and no other; no lost run is an attempt.
func TestWhatCountsAgainstAJob(t *testing.T) {
	t.Parallel()
	proven := func(p *runtest.Process, id oid.Job) {
		p.Until("the run has renewed its lease", func() bool { return p.Job(id).UnprovenRuns == 0 })
	}
	spared := func(p *runtest.Process, _ oid.Job) {
		if err := p.Jobs.Spare(p.T.Context()); err != nil {
			p.T.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		before func(p *runtest.Process, id oid.Job)
		node   string
		losses int
		status entjob.Status
	}{
		"lost at once, twice":                        {nil, "first", run.MaxUnproven - 1, entjob.StatusInProgress},
		"lost at once, three times":                  {nil, "first", run.MaxUnproven, entjob.StatusFailed},
		"lost at once, three times, found by others": {nil, "other", run.MaxUnproven, entjob.StatusFailed},
		"it had lived":                               {proven, "first", run.MaxUnproven + 1, entjob.StatusInProgress},
		"its process was told to stop":               {spared, "other", run.MaxUnproven + 1, entjob.StatusInProgress},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, p *runtest.Process) {
				j := p.Order(runtest.Text("write"))
				for range c.losses {
					p.Work(j.ID)
					p.Model.Next(t)
					if c.before != nil {
						c.before(p, j.ID)
					}
					p = loseJob(p, j.ID, c.node)
				}
				if got := p.Job(j.ID); got.Status != c.status {
					t.Errorf("after %d losses it is %s", c.losses, got.Status)
				}
				if got := attempts(p, j.ID); !cmp.Equal(got, []int{1}) {
					t.Errorf("attempts %v, want one", got)
				}
			})
		})
	}
}

// TestLostJobsEndSometime: whatever ends the processes, a job is not begun for ever.
func TestLostJobsEndSometime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *runtest.Process) {
		j := p.Order(runtest.Text("write"))
		p.Work(j.ID)
		p.Model.Next(t)
		p.Store.Client().Job.UpdateOneID(j.ID).SetLostRuns(run.MaxLost - 1).SetUnprovenRuns(0).ExecX(t.Context())
		p = loseJob(p, j.ID, "first")
		wantEnd(p, j.ID, entjob.StatusFailed, job.FailureWorkerLost, "")
	})
}

// TestAStoppingProcessPassesJobsOn: it begins none, and gives back what was not ordered yet, which is no attempt.
func TestAStoppingProcessPassesJobsOn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *runtest.Process) {
		begun, waiting := p.Order(runtest.Text("a")), p.Order(runtest.Text("b"))
		w := p.Work(begun.ID)
		p.Model.Next(t)
		p.Self.Stop()
		if err := p.Work(waiting.ID).End(); !errors.Is(err, run.ErrStopping) {
			t.Errorf("it begins another: %v", err)
		}
		w.Leave()
		w.Ended()
		if got := p.Job(begun.ID); got.RunID == begun.RunID || got.LeaseUntilMs != nil || got.Attempt != 0 || got.UnprovenRuns != 0 {
			t.Errorf("it was not given back: attempt %d", got.Attempt)
		}
		next := p.Another("second")
		w = next.Work(begun.ID)
		call := next.Model.Next(t)
		call.Say("done")
		call.Finish(ai.FinishStop)
		w.Ended()
		wantEnd(next, begun.ID, entjob.StatusCompleted, "", "done")
		if got := attempts(next, begun.ID); !cmp.Equal(got, []int{1}) {
			t.Errorf("attempts %v, want one", got)
		}
	})
}

// TestAPaidCallIsNotRepeatedUnasked: a run that is lost behind its mark ends its job, and costs nothing.
func TestAPaidCallIsNotRepeatedUnasked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *runtest.Process) {
		j := p.Order(runtest.Image("draw"))
		p.Store.Client().Job.UpdateOneID(j.ID).SetStatus(entjob.StatusInProgress).SetAttempt(1).
			SetLeaseUntilMs(1).SetCallStartedAt(store.Now()).ExecX(t.Context())
		if err := p.Jobs.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantEnd(p, j.ID, entjob.StatusFailed, job.FailureWorkerLost, "")
		if charged(p, j.ID) || p.QueueEntries(job.KindRun) != 1 {
			t.Error("it was charged, or is begun again")
		}
	})
}

// TestAVideoGoesOnFromItsReference whichever run loses it; a parked one cannot be taken back.
func TestAVideoGoesOnFromItsReference(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *runtest.Process) {
		j := p.Order(runtest.Video("film"))
		p.Work(j.ID).Ended()
		ordered := p.Job(j.ID)
		if ordered.ProviderRef == nil || !ordered.IsParked {
			t.Fatalf("the video was not ordered: %v", ordered)
		}
		if err := p.Jobs.TakeBack(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := p.Job(j.ID); got.RunID != ordered.RunID {
			t.Error("a parked video was taken back")
		}
		p.Expire(j.ID)
		if err := p.Jobs.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := p.Job(j.ID); got.RunID == ordered.RunID || *got.ProviderRef != *ordered.ProviderRef || got.Status != entjob.StatusInProgress {
			t.Errorf("it does not go on: %s", got.Status)
		}
		if got := steps(p, j.ID); got[len(got)-1] != jobstep.TypeResumed {
			t.Errorf("its timeline is %v", got)
		}
	})
}

// TestARunThatIsLostWritesNothing: its job is another's from the moment on at which that took it.
func TestARunThatIsLostWritesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *runtest.Process) {
		j := p.Order(runtest.Text("write"))
		lost := p.Work(j.ID)
		late := p.Model.Next(t)
		other := p.Another("second")
		other.Expire(j.ID)
		if err := other.Jobs.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		w := other.Work(j.ID)
		call := other.Model.Next(t)
		late.Say("late")
		lost.Ended()
		call.Say("in time")
		call.Finish(ai.FinishStop)
		w.Ended()
		wantEnd(other, j.ID, entjob.StatusCompleted, "", "in time")
	})
}

// TestAJobThatNobodyTookUpIsEnqueuedAgain once its entry is gone from the queue.
func TestAJobThatNobodyTookUpIsEnqueuedAgain(t *testing.T) {
	t.Parallel()
	runtest.Each(t, func(t *testing.T, p *runtest.Process) {
		j := p.Order(runtest.Text("write"))
		if err := p.Jobs.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if p.Job(j.ID).RunID != j.RunID {
			t.Error("an entry that waits was given up")
		}
		p.Store.Client().Job.UpdateOneID(j.ID).SetUpdatedAt(j.UpdatedAt.AddDate(0, 0, -1)).ExecX(t.Context())
		if _, err := p.Store.Client().ExecContext(t.Context(), `DELETE FROM river_job`); err != nil {
			t.Fatal(err)
		}
		if err := p.Jobs.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if p.Job(j.ID).RunID == j.RunID || p.QueueEntries(job.KindRun) != 1 {
			t.Error("it was not enqueued again")
		}
	})
}

// broken is a composer that panics.
type broken struct{}

func (broken) Compose(context.Context, *ent.Job, job.ReportProgress) (*job.Composed, error) {
	panic("a composer's fault")
}

// TestAnAuthorsPanicEndsItsJobAlone: the process goes on.
func TestAnAuthorsPanicEndsItsJobAlone(t *testing.T) {
	t.Parallel()
	runtest.Each(t, func(t *testing.T, p *runtest.Process) {
		var id oid.Job
		err := p.Store.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
			id, err = p.Jobs.SubmitInternal(ctx, tx, p.User, job.InternalOrder{Kind: entjob.KindExport, Args: job.ExportArguments{}})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		p.Work(id).Ended()
		wantEnd(p, id, entjob.StatusFailed, job.FailureInternal, "")
	}, runtest.Composer(entjob.KindExport, broken{}))
}

// failing is an author whose work ends with an error.
type failing struct{ err error }

func (f failing) Compose(context.Context, *ent.Job, job.ReportProgress) (*job.Composed, error) {
	return nil, &job.Spent{Err: f.err, Usage: ai.Usage{Input: 5, Output: 7, Known: true}, Model: "m"}
}

// TestWhatAnAuthorsErrorsBecome: a code of its own, an order that is not repeated unasked, and what was consumed, uncharged.
func TestWhatAnAuthorsErrorsBecome(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err       error
		code      job.FailureCode
		retryable bool
	}{
		"cut off at its greatest length": {job.ErrCutOff, job.FailureOutputTooLong, false},
		"the model declined":             {job.ErrRefused, job.FailureModelRefused, false},
		"of no use":                      {job.ErrUnusable, job.FailureNoOutput, true},
		"too large":                      {job.ErrTooLarge, job.FailureTooLarge, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runtest.Each(t, func(t *testing.T, p *runtest.Process) {
				var id oid.Job
				err := p.Store.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
					id, err = p.Jobs.SubmitInternal(ctx, tx, p.User, job.InternalOrder{Kind: entjob.KindPlan, Args: job.PlanArguments{Goal: "g"}})
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				p.Work(id).Ended()
				wantEnd(p, id, entjob.StatusFailed, c.code, "")
				if got := job.FailureOf(string(c.code)); got.Code != c.code || got.Retryable != c.retryable {
					t.Errorf("the failure is %+v", got)
				}
				if got := attempts(p, id); !cmp.Equal(got, []int{1}) {
					t.Errorf("attempts %v, want one", got)
				}
				if row := p.Store.Client().Usage.Query().Where(entusage.JobID(id)).OnlyX(t.Context()); row.InputTokens != 5 || row.OutputTokens != 7 || row.IsCharged {
					t.Errorf("it used %v", row)
				}
			}, runtest.Composer(entjob.KindPlan, failing{c.err}), limits)
		})
	}
}
