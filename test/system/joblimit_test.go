package systemtest

import (
	"errors"
	"testing"

	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/client"
)

// TestAtMostFourJobsOfAPersonAreUnfinished orders 200 at once from two servers, and no worker to finish any.
func TestAtMostFourJobsOfAPersonAreUnfinished(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 0)
	p := c.newPerson(t)
	refused := 0
	for _, err := range parallel(200, func(i int) error {
		_, err := p.tryOrder(i%2, image("one of many"), "REFUSE")
		return err
	}) {
		var faults client.Errors
		switch {
		case err == nil:
			continue
		case !errors.As(err, &faults) || faults[0].Code() != "TOO_MANY_JOBS":
			t.Fatalf("got %v, want TOO_MANY_JOBS", err)
		case faults[0].Extensions["retryAfterMs"] == nil || faults[0].Extensions["httpStatus"] != 429.0:
			t.Fatalf("got %+v, want retryAfterMs and 429", faults[0].Extensions)
		}
		refused++
	}
	held := c.store.Client().Job.Query().CountX(t.Context())
	if refused != 196 || held != 4 {
		t.Errorf("%d were refused, %d are held; want 196 and 4", refused, held)
	}
}

// TestWaitingJobsAreLetInAsOthersEnd orders 200 that may wait: 4 are held, 100 wait, and all of those are done in the end.
func TestWaitingJobsAreLetInAsOthersEnd(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 0)
	p := c.newPerson(t)
	outcomes := parallel(200, func(i int) error {
		_, err := p.tryOrder(i%2, writing("[sandbox:fast][sandbox:echo] one of many"), "WAIT")
		return err
	})
	refused := 0
	for _, err := range outcomes {
		if err != nil {
			refused++
			if client.CodeOf(err) != "TOO_MANY_JOBS" {
				t.Fatalf("got %v, want TOO_MANY_JOBS", err)
			}
		}
	}
	jobs := c.store.Client().Job
	held := jobs.Query().Where(entjob.IsWaiting(false)).CountX(t.Context())
	waiting := jobs.Query().Where(entjob.IsWaiting(true)).CountX(t.Context())
	if refused != 96 || held != 4 || waiting != 100 {
		t.Fatalf("%d were refused, %d are held, %d wait; want 96, 4 and 100", refused, held, waiting)
	}
	c.worker()
	c.eventually(t, "all were done", func() bool {
		n := jobs.Query().Where(entjob.StatusIn(entjob.StatusInQueue, entjob.StatusInProgress), entjob.IsWaiting(false)).CountX(t.Context())
		if n > 4 {
			t.Fatalf("%d jobs are held at once", n)
		}
		return jobs.Query().Where(entjob.StatusEQ(entjob.StatusCompleted)).CountX(t.Context()) == 104
	})
	// The order they came in is the order they were let in.
	var last int64
	for _, j := range jobs.Query().Order(entjob.ByID()).AllX(t.Context()) {
		if at := j.QueuedAt.UnixMicro(); at < last {
			t.Error("a job was let in before an older one")
		} else {
			last = at
		}
	}
}

// TestNobodyStarvesAnother: one person's 100 waiting jobs do not delay another's one by more than those that are held.
func TestNobodyStarvesAnother(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 0)
	c.settings["IMAGE_WORKERS"] = "1"
	greedy, modest := c.newPerson(t), c.newPerson(t)
	parallel(104, func(i int) error {
		_, err := greedy.tryOrder(i%2, image("[sandbox:first_after=100] greedy"), "WAIT")
		return err
	})
	o := modest.order(0, image("[sandbox:fast] modest"))
	c.worker()
	j := c.over(t, o.ID)
	before := c.store.Client().Job.Query().
		Where(entjob.UserIDNEQ(j.UserID), entjob.StartedAtLT(*j.StartedAt)).CountX(t.Context())
	if before > 5 {
		t.Errorf("%d of the other's jobs began before", before)
	}
}

// TestABurstInOneQueueDoesNotDelayAnother fills the image queue with what never ends.
func TestABurstInOneQueueDoesNotDelayAnother(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 0)
	c.settings["IMAGE_WORKERS"] = "1"
	crowd := c.newPerson(t)
	for range 4 {
		crowd.order(0, image("[sandbox:stall] never"))
	}
	c.worker()
	p := c.newPerson(t)
	for _, work := range []map[string]any{writing("[sandbox:fast] quick"), video("[sandbox:fast] quick")} {
		o := p.order(1, work)
		if j := c.over(t, o.ID); j.Status != entjob.StatusCompleted {
			t.Errorf("a %s job ended %s", j.Kind, j.Status)
		}
	}
}
