package job_test

import (
	"testing"

	"github.com/weav-ai/weav/internal/run/runtest"
)

func TestTextJobsKeepTheProtocolOfRuns(t *testing.T) {
	t.Parallel()
	runtest.Conform(t, runtest.TextJobs)
}
