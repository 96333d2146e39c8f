package sandboxai

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"time"

	"github.com/weav-ai/weav/internal/ai"
)

// strokes is the number of steps of a picture; all but the last are reported as progress.
const strokes = 10

// Bounds of a picture.
const (
	maxSide   = 4096
	maxPixels = 3840 * 2160
)

// MakeImage implements ai.ImageMaker.
func (p *Provider) MakeImage(ctx context.Context, req ai.ImageRequest) iter.Seq2[ai.ImageEvent, error] {
	return func(yield func(ai.ImageEvent, error) bool) {
		newPainting(p, req).run(ctx, yield)
	}
}

// painting is one picture in progress.
type painting struct {
	media
	req           ai.ImageRequest
	first, stroke time.Duration
}

// newPainting reads the request and its directives.
func newPainting(p *Provider, req ai.ImageRequest) *painting {
	m := newMedia(p, req.Model, req.Prompt, fmt.Sprint(req.Width, "x", req.Height))
	rng := rand.New(rand.NewPCG(m.seed, 0))
	return &painting{
		media:  m,
		req:    req,
		first:  m.opening(rng),
		stroke: m.paced(between(rng, 1500*time.Millisecond, 2500*time.Millisecond) / strokes),
	}
}

// run makes the picture: progress, then the final or an error.
func (w *painting) run(ctx context.Context, yield func(ai.ImageEvent, error) bool) {
	if err := w.open(ctx); err != nil {
		yield(ai.ImageEvent{}, err)
		return
	}
	for stroke := range strokes {
		if err := w.paint(ctx, stroke); err != nil {
			yield(ai.ImageEvent{}, err)
			return
		}
		if stroke < strokes-1 && !yield(w.progress(stroke+1), nil) {
			return
		}
	}
	result, err := w.result()
	if err != nil {
		yield(ai.ImageEvent{}, w.failure(ai.Upstream, err))
		return
	}
	yield(ai.ImageEvent{Final: result}, nil)
}

// open sends the request, which the provider takes or refuses.
func (w *painting) open(ctx context.Context) error {
	entry := JournalEntry{Op: OpImage, Model: w.req.Model, JobKey: w.req.JobKey}
	return w.submit(ctx, w.flaw(), entry, w.first)
}

// flaw returns what is wrong with the request; nil when it is valid.
func (w *painting) flaw() error {
	width, height := w.req.Width, w.req.Height
	if width < 1 || height < 1 || width > maxSide || height > maxSide || width*height > maxPixels {
		return fmt.Errorf("size %dx%d is none the model can make", width, height)
	}
	if q := w.req.Quality; q != "" && q != ai.QualityStandard && q != ai.QualityHD {
		return fmt.Errorf("unknown quality %q", q)
	}
	return w.media.flaw()
}

// paint does one step, counted from zero.
func (w *painting) paint(ctx context.Context, stroke int) error {
	if w.d.stallAfter != never && stroke == min(w.d.stallAfter, strokes-1) {
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		return w.stopped(ctx)
	}
	if w.d.dropAfter != never && stroke == min(w.d.dropAfter, strokes-1) {
		return w.failure(ai.Interrupted, errors.Join(errAsked, io.ErrUnexpectedEOF))
	}
	if err := w.provider.pass(ctx, w.stroke); err != nil {
		return w.stopped(ctx)
	}
	if w.d.failAt != never && (stroke+1)*100 >= w.d.failAt*strokes {
		return w.failed(w.d.failWith, errAsked)
	}
	return nil
}

// progress is the event after that many steps.
func (w *painting) progress(done int) ai.ImageEvent {
	ev := ai.ImageEvent{Phase: ai.PhaseGenerating}
	if !w.d.noProgress {
		part := float64(done) / strokes
		ev.Progress = &part
	}
	return ev
}

// result delivers the picture.
func (w *painting) result() (*ai.ImageResult, error) {
	picture, err := w.picture(w.req.Width, w.req.Height, w.req.Quality)
	if err != nil {
		return nil, err
	}
	return &ai.ImageResult{
		Images:        []ai.File{w.deliver(picture)},
		RevisedPrompt: w.revised(),
		Finish:        ai.FinishStop,
		RawFinish:     "sandbox_stop",
		Usage:         w.usage(ai.Usage{Images: 1}),
		Model:         w.req.Model,
		ResponseID:    w.id("img"),
		RequestID:     w.id("req"),
	}, nil
}
