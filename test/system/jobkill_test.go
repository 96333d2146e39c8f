package systemtest

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	entobject "github.com/weav-ai/weav/ent/object"
	entplan "github.com/weav-ai/weav/ent/plan"
	"github.com/weav-ai/weav/ent/planstep"
	entusage "github.com/weav-ai/weav/ent/usage"
	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/test/servicetest"
)

// condemned are the jobs of one person whose workers die.
type condemned struct {
	p    *person
	jobs []client.Job
}

// killAtRandom orders jobs, round by round, and kills a worker at a moment of chance within span.
func (c *cluster) killAtRandom(t *testing.T, span time.Duration, order func(p *person, server int) client.Job) []condemned {
	t.Helper()
	var all []condemned
	for round := range servicetest.Rounds() {
		p := c.newPerson(t)
		one := condemned{p: p}
		for i := range 3 {
			one.jobs = append(one.jobs, order(p, i%2))
		}
		all = append(all, one)
		moment := time.NewTimer(rand.N(span))
		<-moment.C // Chance is what these tests are about.
		c.workers[round%2].kill()
		c.workers[round%2] = c.worker()
	}
	return all
}

// TestWorkersKilledInImageJobs holds that an image is ordered once at the provider, whatever was hit: a job is
// done, or fails and may be ordered again, and costs nothing then.
func TestWorkersKilledInImageJobs(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 2)
	all := c.killAtRandom(t, 2500*time.Millisecond, func(p *person, server int) client.Job {
		return p.order(server, image("A picture that survives, or not"))
	})
	for _, one := range all {
		for _, ordered := range one.jobs {
			j := c.over(t, ordered.ID)
			lost := j.Status == entjob.StatusFailed && j.FailureCode != nil && *j.FailureCode == "WORKER_LOST"
			if j.Status != entjob.StatusCompleted && !lost {
				t.Errorf("an image job ended %s, %v", j.Status, j.FailureCode)
			}
			if n := c.accepted("image", ordered.ID); n > 1 {
				t.Errorf("an image was ordered %d times at the provider", n)
			}
			c.wantKept(t, one.p, j)
		}
	}
	c.wantNoStray(t)
}

// TestWorkersKilledInVideoJobs holds that a video goes on from its saved reference.
func TestWorkersKilledInVideoJobs(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 2)
	all := c.killAtRandom(t, 5*time.Second, func(p *person, server int) client.Job { return p.order(server, video("A film that survives")) })
	for _, one := range all {
		for _, ordered := range one.jobs {
			j := c.over(t, ordered.ID)
			if n := c.accepted("video_start", ordered.ID); n > 1 {
				t.Errorf("a video was ordered %d times at the provider", n)
			}
			if j.ProviderRef != nil && j.Status != entjob.StatusCompleted {
				t.Errorf("a video whose reference was saved ended %s, %v", j.Status, j.FailureCode)
			}
			c.wantKept(t, one.p, j)
		}
	}
	c.wantNoStray(t)
}

// TestWorkersKilledInPlans holds that a plan is made by another worker, whole and once: nobody was shown anything of it.
func TestWorkersKilledInPlans(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 2)
	all := c.killAtRandom(t, 7*time.Second, func(p *person, server int) client.Job {
		job, err := p.clients[server].PlanProject(t.Context(), "A goal that is reached all the same", uuid.NewString())
		if err != nil {
			t.Fatal(err)
		}
		return job
	})
	rows := c.store.Client()
	for _, one := range all {
		for _, ordered := range one.jobs {
			j := c.over(t, ordered.ID)
			if j.Status != entjob.StatusCompleted || j.PlanID == nil {
				t.Errorf("a plan's job ended %s, %v", j.Status, j.FailureCode)
				continue
			}
			plans := rows.Plan.Query().Where(entplan.JobID(j.ID)).CountX(t.Context())
			steps := rows.PlanStep.Query().Where(planstep.PlanID(*j.PlanID)).CountX(t.Context())
			charges := rows.Usage.Query().Where(entusage.JobID(j.ID)).CountX(t.Context())
			if plans != 1 || steps < 2 || charges != 1 {
				t.Errorf("a job made %d plans, of %d steps, with %d rows of usage", plans, steps, charges)
			}
		}
	}
	if made, jobs := rows.Plan.Query().CountX(t.Context()), 3*servicetest.Rounds(); made != jobs {
		t.Errorf("%d plans of %d jobs", made, jobs)
	}
}

// wantNoStray checks that each live object has the row that points to it, and each row its object.
func (h house) wantNoStray(t *testing.T) {
	t.Helper()
	c := h.store.Client()
	live := map[string]bool{}
	for _, key := range c.Object.Query().Where(entobject.StateEQ(entobject.StateLive)).IDsX(t.Context()) {
		live[key] = true
	}
	pointed := 0
	for _, a := range c.Artifact.Query().AllX(t.Context()) {
		for _, key := range []*string{a.ObjectKey, a.ThumbnailKey} {
			if key == nil {
				continue
			}
			pointed++
			if !live[*key] {
				t.Errorf("artifact %s points to an object that is not alive", a.ID)
			}
		}
	}
	if pointed != len(live) {
		t.Errorf("%d objects are alive, rows point to %d", len(live), pointed)
	}
}

// TestQueuedJobsSurviveTheirWorkers: what no worker has claimed waits for the next one.
func TestQueuedJobsSurviveTheirWorkers(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 0)
	p := c.newPerson(t)
	ordered := []client.Job{p.order(0, image("one")), p.order(1, video("two")), p.order(0, writing("three"))}
	c.worker()
	for _, o := range ordered {
		j := c.over(t, o.ID)
		if j.Status != entjob.StatusCompleted {
			t.Errorf("a %s job ended %s, %v", j.Kind, j.Status, j.FailureCode)
		}
		c.wantKept(t, p, j)
	}
}

// TestVideoGoesOnElsewhereWhenItsWorkerStops: a worker that is asked to stop hands over what it holds.
func TestVideoGoesOnElsewhereWhenItsWorkerStops(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 1)
	p := c.newPerson(t)
	o := p.order(0, video("A film that changes hands"))
	c.eventually(t, "the video was ordered at the provider", func() bool { return c.job(t, o.ID).ProviderRef != nil })
	old := c.workers[0]
	c.worker()
	old.signal(15)
	if code := old.exit(); code != 0 {
		t.Errorf("the worker ended with %d", code)
	}
	var j *ent.Job
	if j = c.over(t, o.ID); j.Status != entjob.StatusCompleted {
		t.Errorf("the video ended %s, %v", j.Status, j.FailureCode)
	}
	if n := c.accepted("video_start", o.ID); n != 1 {
		t.Errorf("the video was ordered %d times", n)
	}
	c.wantKept(t, p, j)
}
