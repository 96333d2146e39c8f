package systemtest

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/weav-ai/weav/ent"
	entartifact "github.com/weav-ai/weav/ent/artifact"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/jobstep"
	entusage "github.com/weav-ai/weav/ent/usage"
	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/internal/oid"
)

// image, video and text are works to order.
func image(prompt string) map[string]any {
	return map[string]any{"image": map[string]any{"prompt": prompt, "size": "256x256"}}
}

func video(prompt string) map[string]any {
	return map[string]any{"video": map[string]any{"prompt": prompt, "seconds": 4}}
}

func writing(prompt string) map[string]any {
	return map[string]any{"text": map[string]any{"prompt": prompt}}
}

// order orders a job through one of the servers.
func (p *person) order(server int, work map[string]any) client.Job {
	p.t.Helper()
	job, err := p.tryOrder(server, work, "REFUSE")
	if err != nil {
		p.t.Fatalf("createJob: %v", err)
	}
	return job
}

func (p *person) tryOrder(server int, work map[string]any, onLimit string) (client.Job, error) {
	input := map[string]any{"work": work, "onLimit": onLimit, "idempotencyKey": uuid.NewString()}
	for tries := 1; ; tries++ {
		job, err := p.clients[server].CreateJob(p.t.Context(), input)
		if client.CodeOf(err) != "UNAVAILABLE" || tries == 20 {
			return job, err
		}
		select { // A database that is overrun asks to come again; so does a client, with the same key.
		case <-time.After(100 * time.Millisecond):
		case <-p.t.Context().Done():
			return job, err
		}
	}
}

// job reads a job's row.
func (h house) job(t *testing.T, id string) *ent.Job {
	t.Helper()
	j, err := h.store.Client().Job.Get(t.Context(), parse[oid.Job](t, id))
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// over waits until a job has ended.
func (h house) over(t *testing.T, id string) (j *ent.Job) {
	t.Helper()
	h.eventually(t, "the job ended", func() bool {
		j = h.job(t, id)
		return j.EndedAt != nil
	})
	return j
}

// wantKept checks what a job left: one artifact whose file is there and one charged usage if it completed,
// and nothing if it did not; and one end on its timeline.
func (h house) wantKept(t *testing.T, p *person, j *ent.Job) {
	t.Helper()
	c := h.store.Client()
	artifacts := c.Artifact.Query().Where(entartifact.JobID(j.ID)).AllX(t.Context())
	charged := c.Usage.Query().Where(entusage.JobID(j.ID), entusage.IsCharged(true)).CountX(t.Context())
	ends := c.JobStep.Query().Where(jobstep.JobID(j.ID),
		jobstep.TypeIn(jobstep.TypeCompleted, jobstep.TypeFailed, jobstep.TypeCancelled)).CountX(t.Context())
	if ends != 1 {
		t.Errorf("job %s ended %d times", j.ID, ends)
	}
	if j.Status != entjob.StatusCompleted {
		paid := 0
		if j.Status == entjob.StatusCancelled && j.Kind == entjob.KindText && j.Text != "" {
			paid = 1 // What was written of a text was seen.
		}
		if len(artifacts) > 0 || charged != paid {
			t.Errorf("job %s is %s, left %d artifacts and was charged %d times", j.ID, j.Status, len(artifacts), charged)
		}
		return
	}
	if len(artifacts) != 1 || charged != 1 {
		t.Errorf("job %s left %d artifacts and was charged %d times", j.ID, len(artifacts), charged)
		return
	}
	shown, err := p.clients[0].Job(t.Context(), j.ID.String())
	if err != nil || shown.Result == nil || len(shown.Result.Artifacts) != 1 {
		t.Fatalf("job %s shows %+v (%v)", j.ID, shown, err)
	}
	if a := shown.Result.Artifacts[0]; a.URL != nil {
		content, err := p.clients[0].Fetch(t.Context(), *a.URL)
		if err != nil || hash(content) != a.SHA256 {
			t.Errorf("the file of job %s: %d bytes (%v) that are not those that were stored", j.ID, len(content), err)
		}
	}
}

// call is a line of the sandbox's journal.
type call struct{ Op, Model, JobKey, Ref string }

// journal reads which calls the sandbox accepted, from all processes.
func (c *cluster) journal() []call {
	c.t.Helper()
	f, err := os.Open(c.settings["SANDBOX_JOURNAL"])
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // It was only read from.
	var calls []call
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var one call
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			c.t.Fatalf("journal: %v in %q", err, lines.Text())
		}
		calls = append(calls, one)
	}
	return calls
}

// accepted counts the calls of one kind that the sandbox accepted for a job.
func (c *cluster) accepted(op, job string) (n int) {
	c.t.Helper()
	for _, one := range c.journal() {
		if one.Op == op && one.JobKey == job {
			n++
		}
	}
	return n
}

func hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
