package ai

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

// Patience is how long providers of pictures and videos may give no sign of life. A call that is silent for longer ends
// as a Timeout. The zero value is the default.
type Patience struct {
	// Image is for a picture: before its first event, between two, and for all of it where a provider gives no signs
	// while it draws; default 5 min.
	Image time.Duration
	// Start is for the start of a video; default 2 min.
	Start time.Duration
	// Ask is for a poll and a cancel; default 1 min.
	Ask time.Duration
	// Download is between two pieces of a file; default 1 min.
	Download time.Duration
}

func (p Patience) withDefaults() Patience {
	return Patience{
		Image: orDefault(p.Image, 5*time.Minute), Start: orDefault(p.Start, 2*time.Minute),
		Ask: orDefault(p.Ask, time.Minute), Download: orDefault(p.Download, time.Minute),
	}
}

// Images returns m with these bounds.
func (p Patience) Images(m ImageMaker) ImageMaker { return &timedImages{m, p.withDefaults()} }

// Videos returns m with these bounds.
func (p Patience) Videos(m VideoMaker) VideoMaker { return &timedVideos{m, p.withDefaults()} }

type timedImages struct {
	next     ImageMaker
	patience Patience
}

// MakeImage implements ImageMaker.
func (m *timedImages) MakeImage(ctx context.Context, req ImageRequest) iter.Seq2[ImageEvent, error] {
	return func(yield func(ImageEvent, error) bool) {
		ctx, dog := watch(ctx, m.patience.Image)
		defer dog.stop()
		for ev, err := range m.next.MakeImage(ctx, req) {
			dog.heard()
			if !yield(ev, silenced(ctx, err)) {
				return
			}
			dog.listen()
		}
	}
}

type timedVideos struct {
	next     VideoMaker
	patience Patience
}

// StartVideo implements VideoMaker.
func (m *timedVideos) StartVideo(ctx context.Context, req VideoRequest) (string, error) {
	ctx, dog := watch(ctx, m.patience.Start)
	defer dog.stop()
	ref, err := m.next.StartVideo(ctx, req)
	return ref, silenced(ctx, err)
}

// PollVideo implements VideoMaker.
func (m *timedVideos) PollVideo(ctx context.Context, model, ref string) (VideoState, error) {
	ctx, dog := watch(ctx, m.patience.Ask)
	defer dog.stop()
	state, err := m.next.PollVideo(ctx, model, ref)
	return state, silenced(ctx, err)
}

// DownloadVideo implements VideoMaker.
func (m *timedVideos) DownloadVideo(ctx context.Context, model, ref string, w io.Writer) (VideoResult, error) {
	ctx, dog := watch(ctx, m.patience.Download)
	defer dog.stop()
	part := PartOf(w)
	part.writes = func(write func()) {
		dog.heard() // Time that the writer takes is not the provider's silence.
		write()
		dog.listen()
	}
	defer func() { part.writes = nil }()
	result, err := m.next.DownloadVideo(ctx, model, ref, part)
	return result, silenced(ctx, err)
}

// CancelVideo implements VideoMaker.
func (m *timedVideos) CancelVideo(ctx context.Context, model, ref string) error {
	ctx, dog := watch(ctx, m.patience.Ask)
	defer dog.stop()
	return silenced(ctx, m.next.CancelVideo(ctx, model, ref))
}

// silenced makes the error of a call that the watchdog ended a Timeout: its adapter takes it for cancelled.
func silenced(ctx context.Context, err error) error {
	var e *Error
	if !oursEnded(ctx) || !errors.As(err, &e) {
		return err
	}
	late := *e
	late.Kind, late.Cause = Timeout, errors.Join(context.Cause(ctx), err)
	return &late
}
