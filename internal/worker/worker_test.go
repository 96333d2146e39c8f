package worker

import (
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/weav-ai/weav/internal/job"
)

// TestRunsHaveTheTimeOfTheirQueue: the queue cuts off no run before its job's own deadline does.
func TestRunsHaveTheTimeOfTheirQueue(t *testing.T) {
	t.Parallel()
	for queue, least := range map[string]time.Duration{job.QueueExport: time.Hour, job.QueueVideo: 10 * time.Minute, job.QueueText: 10 * time.Minute} {
		r := &river.Job[job.RunArgs]{JobRow: &rivertype.JobRow{Queue: queue}}
		if got := (&runs{}).Timeout(r); got <= least || got > least+time.Hour {
			t.Errorf("a run of %s has %v, want somewhat more than %v", queue, got, least)
		}
	}
}
