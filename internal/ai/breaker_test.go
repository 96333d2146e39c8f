package ai_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/ai"
)

// breakerFixture is a breaker of three failures on a clock of its own, before a streamer whose next result a test chooses.
type breakerFixture struct {
	*ai.Breaker

	now  time.Time
	text ai.TextStreamer
	next []step
	// calls is how many reached the provider.
	calls    int
	failures []ai.Kind
	moves    []ai.BreakerPosition
}

func newBreakerFixture() *breakerFixture {
	w := &breakerFixture{now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	w.Breaker = ai.NewBreaker("p", ai.BreakerPolicy{
		Failures: 3, CoolDown: 30 * time.Second, MaxCoolDown: 100 * time.Second,
		Now:       func() time.Time { return w.now },
		OnFailure: func(k ai.Kind) { w.failures = append(w.failures, k) },
		OnMove:    func(s ai.BreakerState) { w.moves = append(w.moves, s.Position) },
	})
	w.text = w.Text(w)
	return w
}

// StreamText plays the chosen steps.
func (w *breakerFixture) StreamText(ctx context.Context, req ai.TextRequest) iter.Seq2[ai.TextEvent, error] {
	w.calls++
	return (&scripted{scripts: [][]step{w.next}}).StreamText(ctx, req)
}

// call makes one call, which is a reply, and returns what it ended with.
func (w *breakerFixture) call(t *testing.T) *ai.Error {
	t.Helper()
	w.next = reply
	return read(t.Context(), t, w.text).err
}

// plays makes calls that reach the provider, and end there with these kinds; "" is a reply.
func (w *breakerFixture) plays(t *testing.T, kinds ...ai.Kind) {
	t.Helper()
	for _, kind := range kinds {
		if w.next = reply; kind != "" {
			w.next = fail(kind)
		}
		before := w.calls
		got := read(t.Context(), t, w.text)
		if w.calls != before+1 || got.final != (kind == "") || got.err != nil && got.err.Kind != kind {
			t.Errorf("a call that ends with %q got %+v", kind, got)
		}
	}
}

func (w *breakerFixture) want(t *testing.T, position ai.BreakerPosition, since time.Duration) {
	t.Helper()
	if s := w.State(); s.Position != position || !s.Since.Equal(w.now.Add(-since)) {
		t.Errorf("state is %+v at %v, want %s since %v", s, w.now, position, since)
	}
}

// open brings the breaker there.
func (w *breakerFixture) open(t *testing.T) {
	t.Helper()
	w.plays(t, ai.Upstream, ai.Upstream, ai.Upstream)
	w.want(t, ai.BreakerOpen, 0)
}

func TestBreakerOpensOnFailuresInARow(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		ends []ai.Kind // "" is a reply
		want ai.BreakerPosition
	}{
		"too few":             {[]ai.Kind{ai.Upstream, ai.Upstream}, ai.BreakerClosed},
		"as many as it takes": {[]ai.Kind{ai.Upstream, ai.Timeout, ai.Overloaded}, ai.BreakerOpen},
		"wrong key":           {[]ai.Kind{ai.Auth, ai.Auth, ai.Auth}, ai.BreakerOpen},
		"nothing paid":        {[]ai.Kind{ai.QuotaExhausted, ai.QuotaExhausted, ai.QuotaExhausted}, ai.BreakerOpen},
		"cut before a word":   {[]ai.Kind{ai.Interrupted, ai.Interrupted, ai.Interrupted}, ai.BreakerOpen},
		"a reply between":     {[]ai.Kind{ai.Upstream, ai.Upstream, "", ai.Upstream, ai.Upstream}, ai.BreakerClosed},
		"another's between":   {[]ai.Kind{ai.Upstream, ai.Upstream, ai.BadRequest, ai.Upstream}, ai.BreakerOpen},
		"the requests' own": {
			[]ai.Kind{ai.ContentBlocked, ai.BadRequest, ai.ContextLength, ai.RateLimited, ai.ModelGone, ai.Unsupported, ai.NoOutput, ai.Canceled, ai.RegionBlocked},
			ai.BreakerClosed,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newBreakerFixture()
			w.plays(t, c.ends...)
			if got := w.State().Position; got != c.want {
				t.Errorf("it is %s, want %s", got, c.want)
			}
		})
	}
}

func TestBreakerRefusesWhileOpen(t *testing.T) {
	t.Parallel()
	w := newBreakerFixture()
	w.open(t)
	w.now = w.now.Add(12 * time.Second)
	err := w.call(t)
	if err == nil || err.Kind != ai.Overloaded || err.Accepted || err.RetryAfter != 18*time.Second || err.Provider != "p" || err.Model != "m" {
		t.Errorf("got %+v", err)
	}
	if !errors.Is(err, ai.ErrBreakerOpen) || !err.MayFallBack() || !err.MayRepeatPaid() {
		t.Errorf("%v is the same as a provider's answer, or is taken for paid", err)
	}
	if w.calls != 3 || len(w.failures) != 3 {
		t.Errorf("%d calls and %d failures, want 3 of each", w.calls, len(w.failures))
	}
	w.want(t, ai.BreakerOpen, 12*time.Second)
	if got := w.State().LastKind; got != ai.Upstream {
		t.Errorf("last kind is %q", got)
	}
}

func TestBreakerClosesAfterAProbe(t *testing.T) {
	t.Parallel()
	w := newBreakerFixture()
	w.open(t)
	w.now = w.now.Add(31 * time.Second)
	w.want(t, ai.BreakerHalfOpen, time.Second)
	if err := w.call(t); err != nil {
		t.Errorf("the probe was refused: %v", err)
	}
	w.want(t, ai.BreakerClosed, 0)
	w.plays(t, ai.Upstream, ai.Upstream)
	w.want(t, ai.BreakerClosed, 0)
	if want := []ai.BreakerPosition{ai.BreakerOpen, ai.BreakerClosed}; !slices.Equal(w.moves, want) {
		t.Errorf("moves %v, want %v", w.moves, want)
	}
}

func TestBreakerCoolsDownLongerEachTime(t *testing.T) {
	t.Parallel()
	w := newBreakerFixture()
	w.open(t)
	for _, d := range []time.Duration{30 * time.Second, time.Minute, 100 * time.Second, 100 * time.Second} {
		w.now = w.now.Add(d - 1)
		w.want(t, ai.BreakerOpen, d-1)
		w.now = w.now.Add(1)
		w.plays(t, ai.Auth)
		w.want(t, ai.BreakerOpen, 0)
	}
	w.now = w.now.Add(100 * time.Second)
	w.plays(t, "")
	w.open(t)
	w.now = w.now.Add(30 * time.Second)
	w.want(t, ai.BreakerHalfOpen, 0)
}

func TestBreakerProbeWithoutAVerdict(t *testing.T) {
	t.Parallel()
	for _, kind := range []ai.Kind{ai.Canceled, ai.BadRequest, ai.RateLimited} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := newBreakerFixture()
			w.open(t)
			w.now = w.now.Add(30 * time.Second)
			w.plays(t, kind)
			w.want(t, ai.BreakerHalfOpen, 0)
			if err := w.call(t); err != nil {
				t.Errorf("its place was not freed: %v", err)
			}
			w.want(t, ai.BreakerClosed, 0)
		})
	}
}
