package ai_test

import (
	"context"
	"errors"
	"iter"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weav-ai/weav/internal/ai"
)

func TestBreakerAbandonedReader(t *testing.T) {
	t.Parallel()
	leaving := func(w *breakerFixture, steps []step) {
		w.next = steps
		for _, err := range w.text.StreamText(t.Context(), ai.TextRequest{}) {
			_ = err
			break
		}
	}
	t.Run("before a word", func(t *testing.T) {
		t.Parallel()
		w := newBreakerFixture()
		w.open(t)
		w.now = w.now.Add(30 * time.Second)
		leaving(w, []step{{}, {delta: "a"}, {final: true}})
		w.want(t, ai.BreakerHalfOpen, 0)
		w.plays(t, "")
		w.want(t, ai.BreakerClosed, 0)
	})
	t.Run("among failures", func(t *testing.T) {
		t.Parallel()
		w := newBreakerFixture()
		w.plays(t, ai.Upstream, ai.Upstream)
		leaving(w, []step{{}, {final: true}})
		w.plays(t, ai.Upstream)
		w.want(t, ai.BreakerOpen, 0)
	})
	t.Run("at the failure", func(t *testing.T) {
		t.Parallel()
		w := newBreakerFixture()
		for range 3 {
			leaving(w, fail(ai.Upstream))
		}
		w.want(t, ai.BreakerOpen, 0)
	})
}

func TestBreakerStreamsThatBreakOff(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		steps []step
		want  ai.BreakerPosition
	}{
		"before a word":  {fail(ai.Interrupted), ai.BreakerOpen},
		"after a word":   {append([]step{{delta: "a"}}, fail(ai.Interrupted)...), ai.BreakerClosed},
		"without an end": {[]step{{}}, ai.BreakerOpen},
		"not our error":  {[]step{{err: errors.New("?")}}, ai.BreakerOpen},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newBreakerFixture()
			for range 3 {
				w.next = c.steps
				end := error(nil)
				for _, err := range w.text.StreamText(t.Context(), ai.TextRequest{}) {
					end = err
				}
				if ai.KindOf(end) == ai.Overloaded {
					t.Error("it was open too early")
				}
			}
			if got := w.State().Position; got != c.want || len(w.failures) != 3 {
				t.Errorf("it is %s after %v, want %s after 3", got, w.failures, c.want)
			}
		})
	}
}

// A call does not count for a breaker that has changed its position since the call began, however long it took.
func TestBreakerStreamOfMinutes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := []step{{after: 4 * time.Minute, delta: "a"}, {final: true}}
		s := &scripted{scripts: [][]step{slow, fail(ai.Upstream)}}
		b := ai.NewBreaker("p", ai.BreakerPolicy{Failures: 2, CoolDown: 10 * time.Minute, MaxCoolDown: 10 * time.Minute})
		text := b.Text(s)
		ended := make(chan outcome)
		go func() { ended <- read(t.Context(), t, text) }()
		synctest.Wait()
		read(t.Context(), t, text)
		read(t.Context(), t, text)
		if got := <-ended; got.text != "a" || got.err != nil {
			t.Errorf("the slow stream ended %+v", got)
		}
		if got := b.State().Position; got != ai.BreakerOpen {
			t.Errorf("it is %s: a stream from before closed it", got)
		}
		if err := ai.Wait(t.Context(), 10*time.Minute); err != nil {
			t.Fatal(err)
		}
		s.scripts, s.attempts = [][]step{slow}, nil
		if got := read(t.Context(), t, text); got.err != nil || b.State().Position != ai.BreakerClosed {
			t.Errorf("a probe of minutes: %+v, %+v", got, b.State())
		}
	})
}

// A call that began before the breaker opened does not count, even when it ends during a probe.
func TestBreakerLateVerdicts(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]step{"success": {final: true}, "failure": fail(ai.Upstream)[0]} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newBreakerFixture()
			w.next = []step{{}, end}
			next, stop := iter.Pull2(w.text.StreamText(t.Context(), ai.TextRequest{}))
			defer stop()
			if _, err, more := next(); err != nil || !more {
				t.Fatalf("no sign of life: %v", err)
			}
			w.open(t)
			w.now = w.now.Add(30 * time.Second)
			w.want(t, ai.BreakerHalfOpen, 0)
			if _, _, more := next(); !more {
				t.Error("the late call did not end")
			}
			w.want(t, ai.BreakerHalfOpen, 0)
			w.plays(t, "")
			w.want(t, ai.BreakerClosed, 0)
		})
	}
}

// Other calls need not wait for the end of a long reply: its first delta closes the breaker.
func TestBreakerClosesWithTheProbesFirstDelta(t *testing.T) {
	t.Parallel()
	w := newBreakerFixture()
	w.open(t)
	w.now = w.now.Add(30 * time.Second)
	w.next = reply
	for ev, err := range w.text.StreamText(t.Context(), ai.TextRequest{}) {
		if err != nil || ev.Delta != "a" {
			t.Errorf("got %+v, %v", ev, err)
		}
		w.want(t, ai.BreakerClosed, 0)
		break
	}
	w.want(t, ai.BreakerClosed, 0)
}

// The watchdog outside finds the silence, and to the adapter it is a caller who cancels.
func TestBreakerInsideRetrying(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := ai.NewBreaker("p", ai.BreakerPolicy{Failures: 1})
		text := ai.Retrying(b.Text(&scripted{scripts: [][]step{{{after: time.Hour}}}}), ai.RetryPolicy{Max: -1})
		if got := read(t.Context(), t, text); got.err == nil || got.err.Kind != ai.Timeout {
			t.Errorf("got %+v", got)
		}
		if s := b.State(); s.Position != ai.BreakerOpen || s.LastKind != ai.Timeout {
			t.Errorf("state is %+v", s)
		}
	})
}

// held is a streamer whose calls wait, and that knows how many there were.
type held struct {
	calls   atomic.Int32
	release chan struct{}
}

func (h *held) StreamText(context.Context, ai.TextRequest) iter.Seq2[ai.TextEvent, error] {
	return func(yield func(ai.TextEvent, error) bool) {
		h.calls.Add(1)
		<-h.release
		yield(ai.TextEvent{Final: &ai.TextResult{}}, nil)
	}
}

func TestBreakerOneProbeAtATime(t *testing.T) {
	t.Parallel()
	now := time.Now()
	b := ai.NewBreaker("p", ai.BreakerPolicy{Failures: 1, Now: func() time.Time { return now }})
	read(t.Context(), t, b.Text(&scripted{scripts: [][]step{fail(ai.Auth)}}))
	now = now.Add(time.Hour)
	probe := &held{release: make(chan struct{})}
	const callers = 50
	ends := make(chan *ai.Error, callers)
	var started sync.WaitGroup
	for range callers {
		started.Go(func() { ends <- read(t.Context(), t, b.Text(probe)).err })
	}
	for range callers - 1 {
		if err := <-ends; err == nil || !errors.Is(err, ai.ErrBreakerOpen) || err.RetryAfter <= 0 {
			t.Errorf("a caller beside the probe got %v", err)
		}
	}
	close(probe.release)
	if err := <-ends; err != nil {
		t.Errorf("the probe got %v", err)
	}
	started.Wait()
	if n := probe.calls.Load(); n != 1 || b.State().Position != ai.BreakerClosed {
		t.Errorf("%d probes, then %+v", n, b.State())
	}
}
