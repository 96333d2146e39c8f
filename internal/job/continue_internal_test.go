package job

import (
	"testing"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/ai"
)

// TestPausesOfFailedPollsGrow up to a limit, honour the provider's wish, and end before the job's deadline.
func TestPausesOfFailedPollsGrow(t *testing.T) {
	t.Parallel()
	s := &Service{cfg: Config{}.withDefaults()}
	far := time.Now().Add(time.Hour)
	for name, tt := range map[string]struct {
		state    ai.VideoState
		failed   int
		fault    error
		deadline time.Time
		want     time.Duration
	}{
		"none failed":       {ai.VideoState{}, 0, nil, far, 2 * time.Second},
		"the provider asks": {ai.VideoState{PollAfter: 5 * time.Second}, 0, nil, far, 5 * time.Second},
		"the first":         {ai.VideoState{}, 1, &ai.Error{}, far, 2 * time.Second},
		"the third":         {ai.VideoState{}, 3, &ai.Error{}, far, 8 * time.Second},
		"the tenth":         {ai.VideoState{}, 10, &ai.Error{}, far, time.Minute},
		"the thousandth":    {ai.VideoState{}, 1000, &ai.Error{}, far, time.Minute},
		"Retry-After":       {ai.VideoState{}, 2, &ai.Error{RetryAfter: 90 * time.Second}, far, 90 * time.Second},
		"a Retry-After of a day": {
			ai.VideoState{}, 2, &ai.Error{RetryAfter: 24 * time.Hour}, far, 5 * time.Minute,
		},
		"the deadline has passed": {ai.VideoState{}, 10, &ai.Error{}, time.Now().Add(-time.Hour), minPollGap},
	} {
		if got := s.pollGap(&ent.Job{DeadlineAt: &tt.deadline}, tt.state, tt.failed, tt.fault); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
