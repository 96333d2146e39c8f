package ai_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
)

// stubMedia is a maker of pictures and videos that is never called.
type stubMedia struct{}

func (*stubMedia) MakeImage(context.Context, ai.ImageRequest) iter.Seq2[ai.ImageEvent, error] {
	return nil
}

func (*stubMedia) StartVideo(context.Context, ai.VideoRequest) (string, error) { return "", nil }

func (*stubMedia) PollVideo(context.Context, string, string) (ai.VideoState, error) {
	return ai.VideoState{}, nil
}

func (*stubMedia) DownloadVideo(context.Context, string, string, io.Writer) (ai.VideoResult, error) {
	return ai.VideoResult{}, nil
}

func (*stubMedia) CancelVideo(context.Context, string, string) error { return nil }

func TestRouter(t *testing.T) {
	t.Parallel()
	writer, maker := &scripted{}, &stubMedia{}
	adapters := ai.Providers{
		Text:  map[string]ai.TextStreamer{"sandbox": writer, "missing": nil},
		Image: map[string]ai.ImageMaker{"sandbox": maker, "missing": nil},
		Video: map[string]ai.VideoMaker{"sandbox": maker, "missing": nil},
	}
	router := ai.NewRouter(adapters)
	adapters.Text["late"], adapters.Image["late"], adapters.Video["late"] = writer, maker, maker

	finds := map[string]struct {
		find func(provider string) (any, error)
		want any
	}{
		"text":  {func(p string) (any, error) { return router.Text(p) }, writer},
		"image": {func(p string) (any, error) { return router.Image(p) }, maker},
		"video": {func(p string) (any, error) { return router.Video(p) }, maker},
	}
	for what, f := range finds {
		if got, err := f.find("sandbox"); err != nil || got != f.want {
			t.Errorf("%s of sandbox = %v, %v; want the adapter", what, got, err)
		}
		for _, provider := range []string{"openai", "", "missing", "late"} {
			_, err := f.find(provider)
			var e *ai.Error
			if !errors.As(err, &e) || e.Kind != ai.Unsupported || e.Provider != provider {
				t.Errorf("%s of %q: error = %v; want Unsupported of that provider", what, provider, err)
			}
		}
	}
}

func TestRouterWithoutProviders(t *testing.T) {
	t.Parallel()
	if _, err := ai.NewRouter(ai.Providers{}).Video("sandbox"); ai.KindOf(err) != ai.Unsupported {
		t.Errorf("error = %v, want Unsupported", err)
	}
}
