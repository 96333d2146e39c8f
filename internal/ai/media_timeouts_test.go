package ai_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weav-ai/weav/internal/ai"
)

// silentMedia never answers: its calls end with their context.
type silentMedia struct{ wrote bool }

func (*silentMedia) hang(ctx context.Context) error {
	<-ctx.Done()
	return &ai.Error{Kind: ai.StopKind(ctx), Provider: "mute", Accepted: true, Cause: ctx.Err()}
}

func (m *silentMedia) MakeImage(ctx context.Context, _ ai.ImageRequest) iter.Seq2[ai.ImageEvent, error] {
	return func(yield func(ai.ImageEvent, error) bool) {
		if yield(ai.ImageEvent{}, nil) {
			yield(ai.ImageEvent{}, m.hang(ctx))
		}
	}
}

func (m *silentMedia) StartVideo(ctx context.Context, _ ai.VideoRequest) (string, error) {
	return "", m.hang(ctx)
}

func (m *silentMedia) PollVideo(ctx context.Context, _, _ string) (ai.VideoState, error) {
	return ai.VideoState{}, m.hang(ctx)
}

func (m *silentMedia) DownloadVideo(ctx context.Context, _, _ string, w io.Writer) (ai.VideoResult, error) {
	for range 3 {
		if err := ai.Wait(ctx, 50*time.Second); err != nil {
			return ai.VideoResult{}, m.hang(ctx)
		}
		if _, err := w.Write([]byte("piece")); err != nil {
			return ai.VideoResult{}, err
		}
	}
	m.wrote = true
	return ai.VideoResult{}, m.hang(ctx)
}

func (m *silentMedia) CancelVideo(ctx context.Context, _, _ string) error { return m.hang(ctx) }

// TestSilentMediaCallsTimeOut makes a provider silent in each kind of call.
func TestSilentMediaCallsTimeOut(t *testing.T) {
	t.Parallel()
	m := &silentMedia{}
	images, videos := ai.MediaTimeouts{}.Images(m), ai.MediaTimeouts{}.Videos(m)
	for name, tt := range map[string]struct {
		call func(context.Context) error
		want time.Duration
	}{
		"image": {func(ctx context.Context) (last error) {
			for _, err := range images.MakeImage(ctx, ai.ImageRequest{}) {
				last = err
			}
			return last
		}, 5 * time.Minute},
		"start":    {func(ctx context.Context) error { _, err := videos.StartVideo(ctx, ai.VideoRequest{}); return err }, 2 * time.Minute},
		"poll":     {func(ctx context.Context) error { _, err := videos.PollVideo(ctx, "m", "r"); return err }, time.Minute},
		"cancel":   {func(ctx context.Context) error { return videos.CancelVideo(ctx, "m", "r") }, time.Minute},
		"download": {func(ctx context.Context) error { _, err := videos.DownloadVideo(ctx, "m", "r", io.Discard); return err }, 210 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				var e *ai.Error
				if err := tt.call(t.Context()); !errors.As(err, &e) || e.Kind != ai.Timeout || !e.Accepted || e.MayRepeatPaid() {
					t.Errorf("got %+v", err)
				}
				if took := time.Since(begin); took != tt.want {
					t.Errorf("ended after %s, want %s", took, tt.want)
				}
				leaving, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				if err := tt.call(leaving); ai.KindOf(err) != ai.Canceled {
					t.Errorf("for a caller that leaves: %v", err)
				}
			})
		})
	}
	if !m.wrote {
		t.Error("pieces of a file are no signs of life")
	}
}
