package ai_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weav-ai/weav/internal/ai"
)

// step is what a scripted attempt does next: it waits, then yields.
type step struct {
	after time.Duration
	delta string
	final bool
	err   error
}

// scripted is a TextStreamer that plays one script per attempt and the last one again.
type scripted struct {
	scripts  [][]step
	attempts []int
}

func (s *scripted) StreamText(ctx context.Context, req ai.TextRequest) iter.Seq2[ai.TextEvent, error] {
	return func(yield func(ai.TextEvent, error) bool) {
		script := s.scripts[min(len(s.attempts), len(s.scripts)-1)]
		s.attempts = append(s.attempts, ai.Attempt(ctx))
		for _, st := range script {
			if err := ai.Wait(ctx, st.after); err != nil {
				yield(ai.TextEvent{}, &ai.Error{Kind: ai.Canceled, Provider: "scripted", Usage: ai.Usage{Known: true, Output: 7}, Cause: err})
				return
			}
			ev := ai.TextEvent{Delta: st.delta}
			if st.final {
				ev.Final = &ai.TextResult{Model: req.Model}
			}
			if !yield(ev, st.err) {
				return
			}
		}
	}
}

// outcome is what a reader of a stream sees.
type outcome struct {
	text  string
	final bool
	err   *ai.Error
	took  time.Duration
}

// read ranges over the whole stream. It runs in a synctest bubble, so took is exact.
func read(ctx context.Context, t *testing.T, s ai.TextStreamer) outcome {
	t.Helper()
	start := time.Now()
	var out outcome
	for ev, err := range s.StreamText(ctx, ai.TextRequest{Model: "m"}) {
		if out.final || out.err != nil {
			t.Errorf("got %+v, %v after the end", ev, err)
		}
		if err != nil && !errors.As(err, &out.err) {
			t.Errorf("error %v is no *ai.Error", err)
		}
		out.text += ev.Delta
		out.final = out.final || ev.Final != nil
	}
	out.took = time.Since(start)
	return out
}

func fail(kind ai.Kind) []step { return []step{{err: &ai.Error{Kind: kind, Provider: "scripted"}}} }

var reply = []step{{delta: "a"}, {delta: "b"}, {final: true}}

func TestRetryingRepeats(t *testing.T) {
	t.Parallel()
	busy := &ai.Error{Kind: ai.RateLimited, RetryAfter: 5 * time.Second}
	patient := &ai.Error{Kind: ai.RateLimited, RetryAfter: time.Hour}
	tests := []struct {
		name     string
		policy   ai.RetryPolicy
		scripts  [][]step
		attempts int
		took     time.Duration
		text     string
		kind     ai.Kind
	}{
		{name: "no fault", scripts: [][]step{reply}, attempts: 1, text: "ab"},
		{name: "a fault that passes", scripts: [][]step{fail(ai.Overloaded), reply}, attempts: 2, took: time.Second, text: "ab"},
		{name: "1, 2 and 4 seconds, then gives up", scripts: [][]step{fail(ai.Overloaded)}, attempts: 4, took: 7 * time.Second, kind: ai.Overloaded},
		{name: "the provider's wish", scripts: [][]step{{{err: busy}}, reply}, attempts: 2, took: 5 * time.Second, text: "ab"},
		{name: "the wish is capped", scripts: [][]step{{{err: patient}}, reply}, attempts: 2, took: 30 * time.Second, text: "ab"},
		{name: "a fault that stays", scripts: [][]step{fail(ai.Auth), reply}, attempts: 1, kind: ai.Auth},
		{name: "no output, once only", scripts: [][]step{fail(ai.NoOutput)}, attempts: 2, took: time.Second, kind: ai.NoOutput},
		{name: "nothing after a delta", scripts: [][]step{{{delta: "a"}, {err: &ai.Error{Kind: ai.Upstream}}}, reply}, attempts: 1, text: "a", kind: ai.Upstream},
		{name: "an event without content shows nothing", scripts: [][]step{{{delta: ""}, {err: &ai.Error{Kind: ai.Upstream}}}, reply}, attempts: 2, took: time.Second, text: "ab"},
		{name: "foreign error", scripts: [][]step{{{err: errors.New("boom")}}, reply}, attempts: 2, took: time.Second, text: "ab"},
		{name: "no end, nothing shown", scripts: [][]step{{}, reply}, attempts: 2, took: time.Second, text: "ab"},
		{name: "no end after a delta", scripts: [][]step{{{delta: "a"}}, reply}, attempts: 1, text: "a", kind: ai.Interrupted},
		{name: "nothing after the final", scripts: [][]step{append(slices.Clone(reply), reply...)}, attempts: 1, text: "ab"},
		{name: "never", policy: ai.RetryPolicy{Max: -1}, scripts: [][]step{fail(ai.Overloaded)}, attempts: 1, kind: ai.Overloaded},
		{name: "backoff is capped", policy: ai.RetryPolicy{Max: 4, MaxWait: 3 * time.Second}, scripts: [][]step{fail(ai.Overloaded)}, attempts: 5, took: 9 * time.Second, kind: ai.Overloaded},
		{name: "no wait beyond the deadline", policy: ai.RetryPolicy{Total: 2 * time.Second}, scripts: [][]step{fail(ai.Overloaded)}, attempts: 2, took: time.Second, kind: ai.Overloaded},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &scripted{scripts: tt.scripts}
				got := read(t.Context(), t, ai.Retrying(s, tt.policy))
				if len(s.attempts) != tt.attempts || got.took != tt.took || got.text != tt.text {
					t.Errorf("%d attempts in %v wrote %q, want %d in %v: %q", len(s.attempts), got.took, got.text, tt.attempts, tt.took, tt.text)
				}
				checkEnd(t, got, tt.kind)
				for i, n := range s.attempts {
					if n != i+1 {
						t.Errorf("attempt %d got the number %d", i+1, n)
					}
				}
			})
		})
	}
}

// checkEnd requires a final for no kind, else an error of that kind with the right Shown.
func checkEnd(t *testing.T, got outcome, kind ai.Kind) {
	t.Helper()
	if got.final != (kind == "") {
		t.Errorf("final = %t, error = %v; want kind %q", got.final, got.err, kind)
	}
	if got.err == nil {
		return
	}
	if got.err.Kind != kind || got.err.Shown != (got.text != "") {
		t.Errorf("error = %v, shown %t; want %s, shown %t", got.err, got.err.Shown, kind, got.text != "")
	}
}

func TestRetryingTimesOutASilentProvider(t *testing.T) {
	t.Parallel()
	slow := []step{{after: 50 * time.Second, delta: "a"}, {after: 50 * time.Second}, {after: 50 * time.Second, final: true}}
	endless := make([]step, 1000)
	for i := range endless {
		endless[i] = step{after: time.Second, delta: "x"}
	}
	tests := []struct {
		name   string
		script []step
		took   time.Duration
		kind   ai.Kind
	}{
		{"before the first event", []step{{after: time.Hour, final: true}}, time.Minute, ai.Timeout},
		{"between two", []step{{after: 30 * time.Second, delta: "a"}, {after: time.Hour, final: true}}, 90 * time.Second, ai.Timeout},
		{"signs of life in time", slow, 150 * time.Second, ""},
		{"never done", endless, 10 * time.Minute, ai.Timeout},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &scripted{scripts: [][]step{tt.script}}
				got := read(t.Context(), t, ai.Retrying(s, ai.RetryPolicy{}))
				checkEnd(t, got, tt.kind)
				if got.took != tt.took || len(s.attempts) != 1 {
					t.Errorf("%d attempts took %v, want 1 in %v", len(s.attempts), got.took, tt.took)
				}
				if got.err != nil && got.err.Usage.Output != 7 {
					t.Errorf("usage %+v was lost", got.err.Usage)
				}
			})
		})
	}
}

func TestRetryingDoesNotTimeOutASlowReader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{scripts: [][]step{{{delta: "a"}, {after: 30 * time.Second, final: true}}}}
		for _, err := range ai.Retrying(s, ai.RetryPolicy{}).StreamText(t.Context(), ai.TextRequest{}) {
			if err != nil {
				t.Fatalf("the reader's time was taken for silence: %v", err)
			}
			_ = ai.Wait(t.Context(), 5*time.Minute)
		}
	})
}

func TestRetryingIsCanceled(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		script []step
		after  time.Duration
		limit  func(context.Context, time.Duration) (context.Context, context.CancelFunc)
		kind   ai.Kind
	}{
		{"in a pause", fail(ai.Overloaded), 500 * time.Millisecond, cancelAfter, ai.Canceled},
		{"in a stream", []step{{delta: "a"}, {after: time.Hour, final: true}}, 10 * time.Second, cancelAfter, ai.Canceled},
		{"before the pause ends by a deadline", fail(ai.Overloaded), 2 * time.Second, context.WithTimeout, ai.Overloaded},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := tt.limit(t.Context(), tt.after)
				defer cancel()
				got := read(ctx, t, ai.Retrying(&scripted{scripts: [][]step{tt.script}}, ai.RetryPolicy{}))
				checkEnd(t, got, tt.kind)
				if got.took > tt.after {
					t.Errorf("ended after %v, want at most %v", got.took, tt.after)
				}
				if got.err != nil && got.err.Provider != "scripted" {
					t.Errorf("error %v forgot its provider", got.err)
				}
			})
		})
	}
}

func cancelAfter(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	time.AfterFunc(d, cancel)
	return ctx, cancel
}

func TestRetryingReportsEachFailureAndWaitsAsRequested(t *testing.T) {
	t.Parallel()
	var waits, reported []time.Duration
	policy := ai.RetryPolicy{
		Backoff: 10 * time.Millisecond,
		Wait:    func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil },
		OnRetry: func(_ context.Context, e *ai.Error, d time.Duration) {
			if e.Kind != ai.Upstream {
				t.Errorf("reported %v", e)
			}
			reported = append(reported, d)
		},
	}
	read(t.Context(), t, ai.Retrying(&scripted{scripts: [][]step{fail(ai.Upstream)}}, policy))
	want := []time.Duration{10 * time.Millisecond, 20 * time.Millisecond, 40 * time.Millisecond}
	if !slices.Equal(waits, want) || !slices.Equal(reported, want) {
		t.Errorf("waited %v, reported %v, want %v", waits, reported, want)
	}
}

func TestRetryingStopsWithItsReader(t *testing.T) {
	t.Parallel()
	s := &scripted{scripts: [][]step{{{delta: "a"}, {err: &ai.Error{Kind: ai.Upstream}}}}}
	for _, err := range ai.Retrying(s, ai.RetryPolicy{}).StreamText(t.Context(), ai.TextRequest{}) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	if len(s.attempts) != 1 {
		t.Errorf("%d attempts for a reader who left", len(s.attempts))
	}
}

func TestErrorsOfTheProviderAreNotChanged(t *testing.T) {
	t.Parallel()
	original := &ai.Error{Kind: ai.Upstream}
	s := &scripted{scripts: [][]step{{{delta: "a"}, {err: original}}}}
	got := read(t.Context(), t, ai.Retrying(s, ai.RetryPolicy{}))
	if !got.err.Shown || original.Shown {
		t.Errorf("shown: yielded %t, original %t; want a marked copy", got.err.Shown, original.Shown)
	}
}
