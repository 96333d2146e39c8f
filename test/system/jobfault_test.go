package systemtest

import (
	"net/url"
	"testing"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

// mixed orders a job of each kind.
func (p *person) mixed() []client.Job {
	p.t.Helper()
	return []client.Job{
		p.order(0, image("in the middle of a restart")), p.order(1, video("in the middle of a restart")),
		p.order(0, writing("[sandbox:tokens=60] in the middle of a restart")),
	}
}

// wantDone checks that jobs ended well, and once.
func (c *cluster) wantDone(t *testing.T, p *person, jobs []client.Job) {
	t.Helper()
	for _, o := range jobs {
		j := c.over(t, o.ID)
		if j.Status != entjob.StatusCompleted {
			t.Errorf("a %s job ended %s, %s", j.Kind, j.Status, code(j))
		}
		for _, op := range []string{"image", "video_start"} { // A text of which nothing was shown may be written again.
			if n := c.accepted(op, o.ID); n > 1 {
				t.Errorf("the provider took %d calls (%s) for one job", n, op)
			}
		}
		c.wantKept(t, p, j)
	}
	c.wantNoStray(t)
}

func code(j *ent.Job) string {
	if j.FailureCode == nil {
		return "no failure"
	}
	return *j.FailureCode
}

func TestJobsOutliveARestartOfRedis(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 1)
	for range servicetest.Rounds() {
		p := c.newPerson(t)
		jobs := p.mixed()
		c.eventually(t, "the work began", func() bool { return c.job(t, jobs[0].ID).CallStartedAt != nil })
		c.redis.Restart()
		c.wantDone(t, p, jobs)
	}
}

func TestJobsOutliveARestartOfPostgres(t *testing.T) {
	t.Parallel()
	server := servicetest.PostgresServer(t)
	if code := start(t, map[string]string{"DATABASE_URL": server.URL()}, upToDate, "migrate").exit(); code != 0 {
		t.Fatalf("weav migrate ended with %d", code)
	}
	c := clusterOn(t, server.URL(), 2, 1)
	for range servicetest.Rounds() {
		p := c.newPerson(t)
		jobs := p.mixed()
		c.eventually(t, "the work began", func() bool { return c.job(t, jobs[0].ID).CallStartedAt != nil })
		server.Restart()
		c.wantDone(t, p, jobs)
	}
}

// onMinIO keeps files in a bucket.
func onMinIO(b servicetest.MinIOBucket) func(map[string]string) {
	return func(settings map[string]string) {
		settings["BLOB_URL"] = "s3://" + b.Bucket + "?endpoint=" + url.QueryEscape(b.Endpoint)
		settings["AWS_ACCESS_KEY_ID"], settings["AWS_SECRET_ACCESS_KEY"] = b.AccessKey, b.SecretKey
	}
}

func TestJobsOutliveARestartOfMinIO(t *testing.T) {
	t.Parallel()
	server := servicetest.MinIOServer(t)
	bucket := servicetest.NewBucket(t, server.URL())
	c := clusterOn(t, storetest.URL(t, store.Postgres), 2, 1, onMinIO(bucket))
	for range servicetest.Rounds() {
		p := c.newPerson(t)
		jobs := p.mixed()
		c.eventually(t, "the work began", func() bool { return c.job(t, jobs[0].ID).CallStartedAt != nil })
		server.Restart()
		c.wantDone(t, p, jobs)
	}
}

// TestAnImageThatCannotBeStoredFailsAndMayBeOrderedAgain has the object store away for longer than anybody waits.
func TestAnImageThatCannotBeStoredFailsAndMayBeOrderedAgain(t *testing.T) {
	t.Parallel()
	server := servicetest.MinIOServer(t)
	bucket := servicetest.NewBucket(t, server.URL())
	c := clusterOn(t, storetest.URL(t, store.Postgres), 1, 1, onMinIO(bucket))
	p := c.newPerson(t)
	server.Kill()
	o := p.order(0, image("[sandbox:fast] nowhere to go"))
	j := c.over(t, o.ID)
	if j.Status != entjob.StatusFailed || code(j) != "STORAGE_UNAVAILABLE" {
		t.Errorf("the job ended %s, %s", j.Status, code(j))
	}
	c.wantKept(t, p, j)
	server.Start()
	again := p.order(0, image("[sandbox:fast] somewhere to go"))
	c.wantDone(t, p, []client.Job{again})
}
