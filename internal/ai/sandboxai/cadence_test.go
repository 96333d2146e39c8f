package sandboxai_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/sandboxai"
)

// recorder is a clock that passes at once and records the waits.
type recorder struct{ all []time.Duration }

func (r *recorder) wait(_ context.Context, d time.Duration) error {
	r.all = append(r.all, d)
	return nil
}

// waits are the waits of one reply, the first before its first delta.
func waits(t *testing.T, prompt string, opts ...sandboxai.Option) []time.Duration {
	t.Helper()
	r := &recorder{}
	stream(t.Context(), t, sandboxai.New(append(opts, sandboxai.Wait(r.wait))...), request(prompt))
	return r.all
}

func sum(ds []time.Duration) (total time.Duration) {
	for _, d := range ds {
		total += d
	}
	return total
}

func TestCadenceIsThatOfAModel(t *testing.T) {
	t.Parallel()
	for _, prompt := range []string{"Tell me of bread", "빵에 대해 말해 주세요", "[sandbox:tokens=2000] Hi"} {
		got := answerTo(t, prompt)
		all := waits(t, prompt)
		if all[0] < 80*time.Millisecond || all[0] > 150*time.Millisecond {
			t.Errorf("%s: first delta after %v", prompt, all[0])
		}
		rate := float64(got.final.Usage.Output) / sum(all[1:]).Seconds()
		if rate < 20 || rate > 40 {
			t.Errorf("%s: %.1f tokens a second", prompt, rate)
		}
		if per := got.final.Usage.Output / int64(len(got.deltas)); per > 3 {
			t.Errorf("%s: %d tokens a delta", prompt, per)
		}
	}
}

func TestCadenceTakesRealTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		stream(t.Context(), t, sandboxai.New(), request("Hi"))
		if took, want := time.Since(start), sum(waits(t, "Hi")); took != want {
			t.Errorf("took %v, want %v", took, want)
		}
	})
}

func TestCadenceIsChosen(t *testing.T) {
	t.Parallel()
	plain := waits(t, "Hi")
	tests := []struct {
		name, prompt string
		factor       float64
		first, rest  time.Duration
	}{
		{"as it is", "Hi", 1, plain[0], sum(plain[1:])},
		{"option", "Hi", 2, 2 * plain[0], 2 * sum(plain[1:])},
		{"slow", "[sandbox:slow] Hi", 1, 10 * plain[0], 10 * sum(plain[1:])},
		{"slow first delta", "[sandbox:first_after=7000] Hi", 1, 7 * time.Second, sum(plain[1:])},
		{"slow first delta only", "[sandbox:fast][sandbox:first_after=7000] Hi", 1, 7 * time.Second, 0},
		{"at most ten minutes", "[sandbox:fast][sandbox:first_after=99999999] Hi", 1, 10 * time.Minute, 0},
		{"first delta and option", "[sandbox:fast][sandbox:first_after=7000] Hi", 0.5, 3500 * time.Millisecond, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			all := waits(t, tt.prompt, sandboxai.Cadence(tt.factor))
			if all[0] != tt.first || sum(all[1:]) != tt.rest {
				t.Errorf("waits %v and %v, want %v and %v", all[0], sum(all[1:]), tt.first, tt.rest)
			}
		})
	}
}

func TestFastNeverWaits(t *testing.T) {
	t.Parallel()
	for name, all := range map[string][]time.Duration{
		"directive": waits(t, "[sandbox:fast] Hi"),
		"option":    waits(t, "[sandbox:slow] Hi", sandboxai.Cadence(0)),
		"negative":  waits(t, "Hi", sandboxai.Cadence(-1)),
	} {
		if len(all) != 0 {
			t.Errorf("%s: waited %v", name, all)
		}
	}
}

func TestStallLastsUntilTheCallEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		p := ai.Retrying(sandboxai.New(sandboxai.Cadence(0)), ai.RetryPolicy{})
		got := stream(t.Context(), t, p, request("[sandbox:stall_after=3] Hi"))
		if took := time.Since(start); kindOf(got.err) != ai.Timeout || len(got.deltas) != 3 || took != time.Minute {
			t.Errorf("error = %v after %d deltas and %v, want timeout after 3 and the idle minute", got.err, len(got.deltas), took)
		}
	})
}
