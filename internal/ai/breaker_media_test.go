package ai_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
)

// fakeMedia makes pictures and videos with a chosen end.
type fakeMedia struct {
	err    error
	starts int
	polls  int
}

func (s *fakeMedia) MakeImage(context.Context, ai.ImageRequest) iter.Seq2[ai.ImageEvent, error] {
	return func(yield func(ai.ImageEvent, error) bool) {
		s.starts++
		half := 0.5
		if !yield(ai.ImageEvent{Progress: &half, Phase: ai.PhaseQueued}, nil) {
			return
		}
		if s.err != nil {
			yield(ai.ImageEvent{}, s.err)
			return
		}
		yield(ai.ImageEvent{Final: &ai.ImageResult{}}, nil)
	}
}

func (s *fakeMedia) StartVideo(context.Context, ai.VideoRequest) (string, error) {
	s.starts++
	return "ref", s.err
}

func (s *fakeMedia) PollVideo(context.Context, string, string) (ai.VideoState, error) {
	s.polls++
	return ai.VideoState{}, s.err
}

func (s *fakeMedia) DownloadVideo(context.Context, string, string, io.Writer) (ai.VideoResult, error) {
	s.polls++
	return ai.VideoResult{}, s.err
}

func (s *fakeMedia) CancelVideo(context.Context, string, string) error {
	s.polls++
	return s.err
}

// draw makes a picture and returns what it ended with.
func draw(ctx context.Context, m ai.ImageMaker) (end error) {
	for _, err := range m.MakeImage(ctx, ai.ImageRequest{}) {
		end = err
	}
	return end
}

// Failures of all kinds of calls count for one provider; progress before a failure is no success.
func TestBreakerIsOneForAllKinds(t *testing.T) {
	t.Parallel()
	s := &fakeMedia{err: &ai.Error{Kind: ai.Upstream}}
	b := ai.NewBreaker("p", ai.BreakerPolicy{Failures: 3})
	images, videos := b.Image(s), b.Video(s)
	first, second := draw(t.Context(), images), draw(t.Context(), images)
	_, third := videos.StartVideo(t.Context(), ai.VideoRequest{})
	for _, err := range []error{first, second, third} {
		if ai.KindOf(err) != ai.Upstream {
			t.Errorf("got %v before it opened", err)
		}
	}
	s.err = nil
	_, start := videos.StartVideo(t.Context(), ai.VideoRequest{})
	for name, err := range map[string]error{"image": draw(t.Context(), images), "video": start} {
		if !errors.Is(err, ai.ErrBreakerOpen) {
			t.Errorf("%s: got %v from an open breaker", name, err)
		}
	}
	if s.starts != 3 {
		t.Errorf("%d paid calls reached the provider, want 3", s.starts)
	}
}

func TestBreakerLetsStartedVideosPass(t *testing.T) {
	t.Parallel()
	s := &fakeMedia{err: &ai.Error{Kind: ai.Upstream}}
	b := ai.NewBreaker("p", ai.BreakerPolicy{Failures: 2})
	videos := b.Video(s)
	others := func() {
		t.Helper()
		_, poll := videos.PollVideo(t.Context(), "m", "ref")
		_, download := videos.DownloadVideo(t.Context(), "m", "ref", io.Discard)
		for _, err := range []error{poll, download, videos.CancelVideo(t.Context(), "m", "ref")} {
			if !errors.Is(err, s.err) {
				t.Errorf("got %v, want the provider's own", err)
			}
		}
	}
	others()
	if got := b.State().Position; got != ai.BreakerClosed {
		t.Errorf("polls that failed made it %s", got)
	}
	for range 2 {
		_, _ = videos.StartVideo(t.Context(), ai.VideoRequest{})
	}
	s.err = nil
	others()
	if got := b.State().Position; got != ai.BreakerOpen || s.polls != 6 {
		t.Errorf("it is %s after %d polls, want open after 6", got, s.polls)
	}
}

// An adapter that reports a caller's cancellation as a provider fault is not believed.
func TestBreakerCallerLeaves(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	reported := 0
	b := ai.NewBreaker("p", ai.BreakerPolicy{Failures: 1, OnFailure: func(ai.Kind) { reported++ }})
	s := &fakeMedia{err: &ai.Error{Kind: ai.Upstream}}
	if err := draw(ctx, b.Image(s)); !errors.Is(err, s.err) {
		t.Errorf("got %v, want the adapter's own", err)
	}
	if got := b.State(); got.Position != ai.BreakerClosed || reported > 0 {
		t.Errorf("it counted %d failures and is %+v", reported, got)
	}
}
