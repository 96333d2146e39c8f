package job_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/jobstep"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run/runtest"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/test/servicetest"
)

func TestMain(m *testing.M) { servicetest.Main(m) }

// limits are small, and attempts follow each other at once.
var limits = runtest.Jobs(job.Config{
	MaxUnfinished: 2, MaxWaiting: 1, CancelWait: 10 * time.Second, Retention: time.Hour, Unstored: time.Minute,
	Waits: []time.Duration{time.Millisecond, time.Millisecond},
})

func each(t *testing.T, test func(t *testing.T, p *runtest.Process)) {
	t.Helper()
	runtest.Each(t, test, limits)
}

// steps are a job's timeline.
func steps(p *runtest.Process, id oid.Job) []jobstep.Type {
	p.T.Helper()
	rows, err := p.Jobs.Steps(p.T.Context(), []oid.Job{id})
	if err != nil {
		p.T.Fatal(err)
	}
	types := make([]jobstep.Type, len(rows[id]))
	for i, s := range rows[id] {
		types[i] = s.Type
	}
	return types
}

// attempts are the numbers of a job's attempts.
func attempts(p *runtest.Process, id oid.Job) []int {
	p.T.Helper()
	rows, err := p.Jobs.Steps(p.T.Context(), []oid.Job{id})
	if err != nil {
		p.T.Fatal(err)
	}
	numbers := []int{}
	for _, a := range job.Attempts(rows[id]) {
		numbers = append(numbers, a.Number)
	}
	return numbers
}

// TestAnOrderIsRepeatedByItsKey: same key and input, same job; another input is a conflict; an order that is refused stores nothing.
func TestAnOrderIsRepeatedByItsKey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *runtest.Process) {
		in := runtest.Text("once")
		in.Key = "key"
		first, again := p.Order(in), p.Order(in)
		if first.ID != again.ID || p.QueueEntries(job.KindRun) != 1 {
			t.Errorf("%s and %s, %d entries of the queue", first.ID, again.ID, p.QueueEntries(job.KindRun))
		}
		in.Work.Text.Prompt = "another"
		if _, err := p.TryOrder(in); errs.CodeOf(err) != errs.IdempotencyConflict {
			t.Errorf("another input: %v", err)
		}
		if n := p.Store.Client().Job.Query().CountX(t.Context()); n != 1 {
			t.Errorf("%d jobs", n)
		}
	})
}

// TestPlacesAreTakenAndGivenBack: orders beyond the limit are refused or wait, and who waits moves up.
func TestPlacesAreTakenAndGivenBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *runtest.Process) {
		first, second := p.Order(runtest.Text("1")), p.Order(runtest.Image("2"))
		if _, err := p.TryOrder(runtest.Text("3")); errs.CodeOf(err) != errs.TooManyJobs {
			t.Errorf("a third is not refused: %v", err)
		}
		in := runtest.Text("3")
		in.OnLimit = job.Wait
		third := p.Order(in)
		if !third.IsWaiting || p.QueueEntries(job.KindRun) != 2 {
			t.Errorf("the third waits: %v; %d entries of the queue", third.IsWaiting, p.QueueEntries(job.KindRun))
		}
		in.Work.Text.Prompt = "4"
		if _, err := p.TryOrder(in); errs.CodeOf(err) != errs.TooManyJobs {
			t.Errorf("a fourth may wait: %v", err)
		}
		p.Work(third.ID).Ended() // What waits is not worked on.
		if got := p.Job(third.ID); got.Attempt != 0 {
			t.Error("what waits was begun")
		}
		p.Work(second.ID).Ended()
		if got := p.Job(second.ID); got.Status != entjob.StatusCompleted {
			t.Errorf("the second is %s", got.Status)
		}
		if got := p.Job(third.ID); got.IsWaiting || p.QueueEntries(job.KindRun) != 3 {
			t.Errorf("the third waits still: %v; %d entries of the queue", got.IsWaiting, p.QueueEntries(job.KindRun))
		}
		want := []jobstep.Type{jobstep.TypeCreated, jobstep.TypeWaiting, jobstep.TypeQueued}
		if got := steps(p, third.ID); !cmp.Equal(got, want) {
			t.Errorf("its timeline is %v, want %v", got, want)
		}
		if got := p.Job(first.ID); got.Status != entjob.StatusInQueue {
			t.Errorf("the first is %s", got.Status)
		}
	})
}

// TestAnIdleJobIsCancelledAtOnce, twice with the same answer, and of what waits nothing moves up before it.
func TestAnIdleJobIsCancelledAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *runtest.Process) {
		j := p.Order(runtest.Text("1"))
		for range 2 {
			got, err := p.Jobs.Cancel(t.Context(), p.User, j.ID.String())
			if err != nil || got.Status != entjob.StatusCancelled || got.Text != "" {
				t.Errorf("%v, %v", got, err)
			}
		}
		p.Work(j.ID).Ended()
		if p.Model.Calls() != 0 {
			t.Error("a cancelled job was worked on")
		}
		stranger := oid.New[oid.User]()
		if _, err := p.Jobs.Cancel(t.Context(), stranger, j.ID.String()); errs.CodeOf(err) != errs.NotFound {
			t.Errorf("a stranger: %v", err)
		}
		in := runtest.Text("waits")
		in.OnLimit = job.Wait
		all := []oid.Job{p.Order(runtest.Text("2")).ID, p.Order(runtest.Text("3")).ID, p.Order(in).ID}
		if err := p.Jobs.CancelAll(t.Context(), p.User); err != nil {
			t.Fatal(err)
		}
		for _, id := range all {
			if got := p.Job(id); got.Status != entjob.StatusCancelled {
				t.Errorf("behind CancelAll one is %s", got.Status)
			}
		}
		if n := p.QueueEntries(job.KindRun); n != 3 {
			t.Errorf("%d entries of the queue, want those of three orders", n)
		}
	})
}

// TestFaultsThatMayPassAreTriedAgain until the attempts are used up; others end the job.
func TestFaultsThatMayPassAreTriedAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *runtest.Process) {
		for name, c := range map[string]struct {
			faults   []*ai.Error
			status   entjob.Status
			code     job.FailureCode
			attempts []int
		}{
			"it passes":      {[]*ai.Error{{Kind: ai.Overloaded}}, entjob.StatusCompleted, "", []int{1, 2}},
			"it does not":    {[]*ai.Error{{Kind: ai.Overloaded}, {Kind: ai.Upstream}, {Kind: ai.RateLimited}}, entjob.StatusFailed, job.FailureRateLimited, []int{1, 2, 3}},
			"it never could": {[]*ai.Error{{Kind: ai.ContentBlocked, JobFailed: true}}, entjob.StatusFailed, job.FailureContentBlocked, []int{1}},
		} {
			j := p.Order(runtest.Text(name))
			for _, fault := range c.faults {
				w := p.Work(j.ID)
				p.Model.Next(t).Fail(fault)
				w.Ended()
			}
			if c.status == entjob.StatusCompleted {
				w := p.Work(j.ID)
				call := p.Model.Next(t)
				call.Say("done")
				call.Finish(ai.FinishStop)
				w.Ended()
			}
			wantEnd(p, j.ID, c.status, c.code, map[bool]string{true: "done"}[c.status == entjob.StatusCompleted])
			if got := attempts(p, j.ID); !cmp.Equal(got, c.attempts) {
				t.Errorf("%s: attempts %v, want %v", name, got, c.attempts)
			}
		}
	})
}

// TestAJobIsOrderedAgain as a new one, once it has ended.
func TestAJobIsOrderedAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *runtest.Process) {
		old := p.Order(runtest.Text("the same"))
		retry := job.RetryInput{JobID: old.ID.String(), OnLimit: job.Refuse, Key: "again"}
		if _, err := p.Jobs.Retry(t.Context(), p.User, retry); err == nil {
			t.Error("an unfinished job was ordered again")
		}
		if _, err := p.Jobs.Cancel(t.Context(), p.User, old.ID.String()); err != nil {
			t.Fatal(err)
		}
		next, err := p.Jobs.Retry(t.Context(), p.User, retry)
		if err != nil || next.ID == old.ID || next.RetryOfID == nil || *next.RetryOfID != old.ID {
			t.Fatalf("%v, %v", next, err)
		}
		if !cmp.Equal(string(next.Arguments), string(old.Arguments)) {
			t.Errorf("it asks for %s, not %s", next.Arguments, old.Arguments)
		}
		same, err := p.Jobs.Retry(t.Context(), p.User, retry)
		if err != nil || same.ID != next.ID {
			t.Errorf("the same key: %v, %v", same, err)
		}
	})
}

// TestPurgeTakesWhatHadItsTime: old jobs with their results, and results that are not stored.
func TestPurgeTakesWhatHadItsTime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *runtest.Process) {
		old, fresh := p.Order(runtest.Image("old")), p.Order(runtest.Image("fresh"))
		p.Work(old.ID).Ended()
		p.Work(fresh.ID).Ended()
		waiting := p.Order(runtest.Text("unfinished"))
		p.Store.Client().Job.Update().Where(entjob.IDIn(old.ID, waiting.ID)).SetEndedAt(store.Now().Add(-2 * time.Hour)).ExecX(t.Context())
		n, err := p.Jobs.Purge(t.Context(), store.Now())
		if err != nil || n != 1 {
			t.Errorf("%d went (%v), want the old one", n, err)
		}
		rows := p.Store.Client()
		if rows.Job.Query().CountX(t.Context()) != 2 || rows.Artifact.Query().CountX(t.Context()) != 1 ||
			rows.JobStep.Query().Where(jobstep.JobID(old.ID)).ExistX(t.Context()) {
			t.Error("something else went, or something of it stays")
		}
	})
}

// TestAResultThatIsNotStoredGoes, also what was shown of a text that broke off.
func TestAResultThatIsNotStoredGoes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *runtest.Process) {
		for name, end := range map[string]func(c *runtest.Call){
			"whole": func(c *runtest.Call) { c.Finish(ai.FinishStop) },
			"cut":   func(c *runtest.Call) { c.Fail(&ai.Error{Kind: ai.Interrupted, Accepted: true}) },
		} {
			in := runtest.Text(name)
			in.StoreResult = false
			j := p.Order(in)
			w := p.Work(j.ID)
			call := p.Model.Next(t)
			call.Say("secret")
			end(call)
			w.Ended()
			got := p.Job(j.ID)
			if got.Text != "secret" || got.ExpiresAt == nil {
				t.Errorf("%s: %q until %v", name, got.Text, got.ExpiresAt)
				continue
			}
			p.Store.Client().Job.UpdateOneID(j.ID).SetExpiresAt(store.Now().Add(-time.Second)).ExecX(t.Context())
			if err := p.Jobs.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := p.Job(j.ID); got.Text != "" || !got.IsResultGone {
				t.Errorf("%s: %q stays", name, got.Text)
			}
		}
		if n := p.Store.Client().Artifact.Query().CountX(t.Context()); n != 0 {
			t.Errorf("%d artifacts stay", n)
		}
	})
}
