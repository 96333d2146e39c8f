package sandboxai_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	_ "golang.org/x/image/webp"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/sandboxai"
)

// painted is one whole call for a picture.
type painted struct {
	progress   []float64
	keepAlives int
	final      *ai.ImageResult
	err        *ai.Error
}

func makeImage(ctx context.Context, t *testing.T, p ai.ImageMaker, req ai.ImageRequest) painted {
	t.Helper()
	var got painted
	for ev, err := range p.MakeImage(ctx, req) {
		if err != nil && !errors.As(err, &got.err) {
			t.Fatalf("error %v is no *ai.Error", err)
		}
		switch {
		case ev.Progress != nil:
			got.progress = append(got.progress, *ev.Progress)
		case err == nil && ev.Final == nil:
			got.keepAlives++
		}
		got.final = ev.Final
	}
	return got
}

// paint requests a picture from a sandbox without waits.
func paint(t *testing.T, req ai.ImageRequest) painted {
	t.Helper()
	return makeImage(t.Context(), t, sandboxai.New(sandboxai.Cadence(0)), req)
}

// file is the one picture of a call that worked.
func (p painted) file(t *testing.T) ai.File {
	t.Helper()
	if p.final == nil || len(p.final.Images) != 1 {
		t.Fatalf("final = %+v, error = %v; want one picture", p.final, p.err)
	}
	return p.final.Images[0]
}

func TestPicturesAreReal(t *testing.T) {
	t.Parallel()
	formats := map[string]string{"": "png", "[sandbox:jpeg]": "jpeg", "[sandbox:webp]": "webp"}
	sizes := []image.Point{{1024, 1024}, {1792, 1024}, {1024, 1792}, {1, 1}, {3, 5}, {4096, 2}, {333, 777}}
	for directive, format := range formats {
		for _, size := range sizes {
			t.Run(fmt.Sprint(format, size), func(t *testing.T) {
				t.Parallel()
				req := imageRequest("a red fox " + directive)
				req.Width, req.Height = size.X, size.Y
				file := paint(t, req).file(t)
				got, name, err := image.Decode(bytes.NewReader(file.Bytes))
				if err != nil {
					t.Fatal(err)
				}
				if name != format || file.MIMEType != "image/"+format || got.Bounds().Size() != size {
					t.Errorf("%s of %v under %q", name, got.Bounds(), file.MIMEType)
				}
				if len(file.Bytes) > 60_000 {
					t.Errorf("%d bytes are too many", len(file.Bytes))
				}
			})
		}
	}
}

func TestPictureIsAFunctionOfTheRequest(t *testing.T) {
	t.Parallel()
	base := imageRequest("a red fox")
	first := paint(t, base).file(t)
	same := map[string]ai.ImageRequest{"again": base, "directive": base, "blanks": base, "another job": base}
	other := map[string]ai.ImageRequest{"model": base, "prompt": base, "size": base, "quality": base}
	alter := func(from map[string]ai.ImageRequest, name string, change func(*ai.ImageRequest)) {
		req := from[name]
		change(&req)
		from[name] = req
	}
	alter(same, "directive", func(r *ai.ImageRequest) { r.Prompt = "a [sandbox:slow] red fox" })
	alter(same, "blanks", func(r *ai.ImageRequest) { r.Prompt = " a red\n\tfox" })
	alter(same, "another job", func(r *ai.ImageRequest) { r.JobKey, r.EndUser = "job-2", "someone" })
	alter(other, "model", func(r *ai.ImageRequest) { r.Model = "sandbox-other" })
	alter(other, "prompt", func(r *ai.ImageRequest) { r.Prompt = "a red fax" })
	alter(other, "size", func(r *ai.ImageRequest) { r.Height++ })
	alter(other, "quality", func(r *ai.ImageRequest) { r.Quality = ai.QualityHD })
	for name, req := range same {
		if got := paint(t, req).file(t); !bytes.Equal(got.Bytes, first.Bytes) {
			t.Errorf("%s: got another picture", name)
		}
	}
	for name, req := range other {
		if got := paint(t, req).file(t); bytes.Equal(got.Bytes, first.Bytes) {
			t.Errorf("another %s got the same picture", name)
		}
	}
}

func TestPictureReportsPromptUsageAndModel(t *testing.T) {
	t.Parallel()
	got := paint(t, imageRequest(" a red\n fox[sandbox:fast], [sandbox:webp]at\x00 dawn ")).final
	if got.RevisedPrompt != "A red fox, at\uFFFD dawn" {
		t.Errorf("revised prompt = %q", got.RevisedPrompt)
	}
	if want := (ai.Usage{Known: true, Input: 6, Images: 1}); got.Usage != want {
		t.Errorf("usage = %+v, want %+v", got.Usage, want)
	}
	if got.Model != "sandbox-painter" || got.ResponseID == "" || got.RequestID == "" {
		t.Errorf("final = %+v, want the model and ids", got)
	}
	if got := paint(t, imageRequest("fox [sandbox:no_usage]")).final; got.Usage != (ai.Usage{}) {
		t.Errorf("usage = %+v, want none", got.Usage)
	}
}

func TestPictureProgress(t *testing.T) {
	t.Parallel()
	nine := []float64{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9}
	tests := []struct {
		name, directives string
		progress         int
		keepAlives       int
		kind             ai.Kind
		accepted         bool
	}{
		{name: "plain", progress: 9},
		{name: "signs of life", directives: "[sandbox:no_progress]", keepAlives: 9},
		{name: "refused", directives: "[sandbox:overloaded]", kind: ai.Overloaded},
		{name: "fails at once", directives: "[sandbox:fail_at=0:rate_limit]", kind: ai.RateLimited, accepted: true},
		{name: "fails at half", directives: "[sandbox:fail_at=50:upstream]", progress: 4, kind: ai.Upstream, accepted: true},
		{name: "fails between two steps", directives: "[sandbox:fail_at=51:upstream]", progress: 5, kind: ai.Upstream, accepted: true},
		{name: "fails at the end", directives: "[sandbox:fail_at=100:no_output]", progress: 9, kind: ai.NoOutput, accepted: true},
		{name: "fails beyond the end", directives: "[sandbox:fail_at=999:blocked]", progress: 9, kind: ai.ContentBlocked, accepted: true},
		{name: "unknown fault", directives: "[sandbox:fail_at=50:dance]", progress: 9},
		{name: "malformed percentage", directives: "[sandbox:fail_at=half:upstream]", progress: 9},
		{name: "drop", directives: "[sandbox:drop_after=2]", progress: 2, kind: ai.Interrupted, accepted: true},
		{name: "drop at the end", directives: "[sandbox:drop_after=99]", progress: 9, kind: ai.Interrupted, accepted: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := paint(t, imageRequest("fox "+tt.directives))
			if !slices.Equal(got.progress, nine[:tt.progress]) || got.keepAlives != tt.keepAlives {
				t.Errorf("progress = %v and %d signs, want %v and %d", got.progress, got.keepAlives, nine[:tt.progress], tt.keepAlives)
			}
			if kindOf(got.err) != tt.kind || (got.final != nil) != (tt.kind == "") {
				t.Fatalf("error = %v, final = %v; want %q", got.err, got.final, tt.kind)
			}
			if got.err != nil && (got.err.Accepted != tt.accepted || got.err.MayRepeatPaid() == tt.accepted) {
				t.Errorf("accepted = %t, may repeat = %t", got.err.Accepted, got.err.MayRepeatPaid())
			}
		})
	}
}

func TestPictureFailsTheFirstTimes(t *testing.T) {
	t.Parallel()
	req := imageRequest("fox [sandbox:fail_times=2:overloaded]")
	for attempt, kind := range []ai.Kind{ai.Overloaded, ai.Overloaded, ""} {
		ctx := ai.WithAttempt(t.Context(), attempt+1)
		if got := makeImage(ctx, t, sandboxai.New(sandboxai.Cadence(0)), req); kindOf(got.err) != kind {
			t.Errorf("attempt %d: error = %v, want %q", attempt+1, got.err, kind)
		}
	}
}

func TestPictureTakesItsTime(t *testing.T) {
	t.Parallel()
	for directives, bounds := range map[string][2]time.Duration{
		"":                           {1580 * time.Millisecond, 2650 * time.Millisecond},
		"[sandbox:slow]":             {15800 * time.Millisecond, 26500 * time.Millisecond},
		"[sandbox:fast]":             {0, 0},
		"[sandbox:first_after=9000]": {10500 * time.Millisecond, 11500 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			makeImage(t.Context(), t, sandboxai.New(), imageRequest("fox "+directives))
			if took := time.Since(start); took < bounds[0] || took > bounds[1] {
				t.Errorf("%q took %v, want %v", directives, took, bounds)
			}
		})
	}
}

func TestBrokenDelivery(t *testing.T) {
	t.Parallel()
	whole := paint(t, imageRequest("fox")).file(t)
	cut := paint(t, imageRequest("fox [sandbox:truncated]")).file(t)
	if !bytes.Equal(cut.Bytes, whole.Bytes[:len(whole.Bytes)/2]) || cut.MIMEType != "image/png" {
		t.Errorf("cut file has %d bytes of %s, want half of %d", len(cut.Bytes), cut.MIMEType, len(whole.Bytes))
	}
	page := paint(t, imageRequest("fox [sandbox:wrong_type]")).file(t)
	if !strings.HasPrefix(string(page.Bytes), "<!DOCTYPE html>") || page.MIMEType != "image/png" {
		t.Errorf("got %.20q under %s, want HTML under image/png", page.Bytes, page.MIMEType)
	}
}

func TestImageRequestsAreChecked(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*ai.ImageRequest)
		ok     bool
	}{
		{"plain", func(*ai.ImageRequest) {}, true},
		{"only directives", func(r *ai.ImageRequest) { r.Prompt = "[sandbox:fast]" }, true},
		{"greatest", func(r *ai.ImageRequest) { r.Width, r.Height = 3840, 2160 }, true},
		{"no prompt", func(r *ai.ImageRequest) { r.Prompt = " \n" }, false},
		{"no width", func(r *ai.ImageRequest) { r.Width = 0 }, false},
		{"negative height", func(r *ai.ImageRequest) { r.Height = -1 }, false},
		{"too wide", func(r *ai.ImageRequest) { r.Width = 4097 }, false},
		{"too many pixels", func(r *ai.ImageRequest) { r.Width, r.Height = 4096, 4096 }, false},
		{"unknown quality", func(r *ai.ImageRequest) { r.Quality = "ultra" }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req := imageRequest("fox")
			tt.change(&req)
			got := paint(t, req)
			if (got.err == nil) != tt.ok || got.err != nil && (got.err.Kind != ai.BadRequest || got.err.Accepted) {
				t.Errorf("error = %v, want ok = %t", got.err, tt.ok)
			}
		})
	}
}

func BenchmarkPicture(b *testing.B) {
	for _, directive := range []string{"", "[sandbox:webp]", "[sandbox:jpeg]"} {
		b.Run(directive, func(b *testing.B) {
			req := imageRequest("fox " + directive)
			req.Width, req.Height, req.Quality = 1024, 1024, ai.QualityHD
			p := sandboxai.New(sandboxai.Cadence(0))
			for b.Loop() {
				for _, err := range p.MakeImage(b.Context(), req) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
