package systemtest

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/test/servicetest"
)

// cancel cancels a job through one of the servers and returns how long that took.
func (p *person) cancel(server int, id string) (client.Job, time.Duration) {
	p.t.Helper()
	began := time.Now()
	job, err := p.clients[server].CancelJob(p.t.Context(), id)
	if err != nil {
		p.t.Fatalf("cancelJob: %v", err)
	}
	return job, time.Since(began)
}

// TestCancelReachesTheProviderInUnderASecond cancels, from the other server, jobs at each stage of their work.
func TestCancelReachesTheProviderInUnderASecond(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 1)
	tests := map[string]struct {
		work    map[string]any
		reached func(j *ent.Job) bool
	}{
		"an image that is being made":     {image("[sandbox:stall] never"), func(j *ent.Job) bool { return j.CallStartedAt != nil }},
		"a text that is being written":    {writing("[sandbox:tokens=4000] long"), func(j *ent.Job) bool { return j.CallStartedAt != nil }},
		"a video that is being made":      {video("[sandbox:stall] never"), func(j *ent.Job) bool { return j.ProviderRef != nil }},
		"a job that waits for an attempt": {image("[sandbox:fail_times=9:overloaded] never"), func(j *ent.Job) bool { return j.Attempt == 2 && j.LeaseUntilMs == nil }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := c.newPerson(t)
			p.t = t
			o := p.order(0, tt.work)
			c.eventually(t, "the job is "+name, func() bool { return tt.reached(c.job(t, o.ID)) })
			ended, took := p.cancel(1, o.ID)
			t.Logf("cancelled after %v", took)
			if ended.Status != "CANCELLED" {
				t.Errorf("the job is %s", ended.Status)
			}
			if took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
			j := c.over(t, o.ID)
			c.wantKept(t, p, j)
			if j.ProviderRef != nil {
				c.eventually(t, "the provider was told", func() bool { return c.abandoned(*j.ProviderRef) })
			}
			if again, _ := p.cancel(0, o.ID); again.Status != "CANCELLED" {
				t.Errorf("cancelled again it is %s", again.Status)
			}
		})
	}
}

func (c *cluster) abandoned(ref string) bool {
	for _, one := range c.journal() {
		if one.Op == "video_cancel" && one.Ref == ref {
			return true
		}
	}
	return false
}

// TestCancelRacesCompletion cancels jobs at about the moment they are done: each ends once, one way or the other.
func TestCancelRacesCompletion(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 2)
	ended := map[entjob.Status]int{}
	for range servicetest.Rounds() {
		p := c.newPerson(t)
		jobs := parallel(4, func(i int) client.Job { return p.order(i%2, image("[sandbox:fast] quick")) })
		parallel(4, func(i int) string {
			moment := time.NewTimer(rand.N(60 * time.Millisecond))
			<-moment.C // Chance is what this test is about.
			job, _ := p.cancel(i%2, jobs[i].ID)
			return job.Status
		})
		for _, o := range jobs {
			j := c.over(t, o.ID)
			ended[j.Status]++
			if j.Status != entjob.StatusCompleted && j.Status != entjob.StatusCancelled {
				t.Errorf("a job ended %s, %v", j.Status, j.FailureCode)
			}
			c.wantKept(t, p, j)
		}
	}
	t.Logf("ended %v", ended)
	c.wantNoStray(t)
}

func TestCancelOfWhatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 1, 0)
	p, stranger := c.newPerson(t), c.newPerson(t)
	o := p.order(0, image("mine"))
	for name, id := range map[string]string{"unknown": "job_01h2xcejqtf2nbrexx3vqjhp41", "malformed": "job", "foreign": o.ID} {
		_, err := stranger.clients[0].CancelJob(t.Context(), id)
		if client.CodeOf(err) != "NOT_FOUND" {
			t.Errorf("%s: got %v, want NOT_FOUND", name, err)
		}
	}
	if j := c.job(t, o.ID); j.Status != entjob.StatusInQueue {
		t.Errorf("the job is %s", j.Status)
	}
}
