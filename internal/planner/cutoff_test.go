package planner_test

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/sandboxai"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/planner"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

// short cuts off its first answers at their greatest length.
type short struct {
	ai.TextStreamer

	answers *int
}

// StreamText implements ai.TextStreamer.
func (s short) StreamText(ctx context.Context, req ai.TextRequest) iter.Seq2[ai.TextEvent, error] {
	*s.answers--
	whole := s.TextStreamer.StreamText(ctx, req)
	if *s.answers < 0 {
		return whole
	}
	return func(yield func(ai.TextEvent, error) bool) {
		wasSent := false
		for event, err := range whole {
			if event.Final != nil {
				event.Final.Finish = ai.FinishLength
			} else if wasSent {
				continue
			}
			wasSent = true
			if !yield(event, err) {
				return
			}
		}
	}
}

// TestAPlanThatIsCutOffSaysSo, as distinct from an unusable one. A second answer that is whole becomes a plan.
func TestAPlanThatIsCutOffSaysSo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cut  int
		want error
	}{"once": {1, nil}, "twice": {2, job.ErrCutOff}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, st *store.Store) {
				cut := c.cut
				d := newFixtureWith(t, st, short{sandboxai.New(sandboxai.Cadence(0)), &cut})
				j, err := d.Propose(t.Context(), d.user, planner.ProposeInput{Goal: "Open a small bakery", Key: d.key()})
				d.must(err)
				_, err = d.composer.Compose(t.Context(), j, func(*float64, string) {})
				if !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
				var spent *job.Spent
				if c.want != nil && (!errors.As(err, &spent) || spent.Usage.Input == 0 || spent.Model == "" || errors.Is(err, job.ErrUnusable)) {
					t.Errorf("the failure is %+v", spent)
				}
			})
		})
	}
}
