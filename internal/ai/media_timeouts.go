package ai

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

// MediaTimeouts bound how long providers of pictures and videos may be silent. A call that is silent for
// longer ends as a Timeout. The zero value is the default.
type MediaTimeouts struct {
	// Image is for a picture: before its first event and between two, so for the whole call of a provider
	// without progress events; default 5 min.
	Image time.Duration
	// Start is for the start of a video; default 2 min.
	Start time.Duration
	// Poll is for a poll and a cancel; default 1 min.
	Poll time.Duration
	// Download is between two pieces of a file; default 1 min.
	Download time.Duration
}

func (p MediaTimeouts) withDefaults() MediaTimeouts {
	return MediaTimeouts{
		Image: orDefault(p.Image, 5*time.Minute), Start: orDefault(p.Start, 2*time.Minute),
		Poll: orDefault(p.Poll, time.Minute), Download: orDefault(p.Download, time.Minute),
	}
}

// Images returns m with these timeouts.
func (p MediaTimeouts) Images(m ImageMaker) ImageMaker { return &timedImages{m, p.withDefaults()} }

// Videos returns m with these timeouts.
func (p MediaTimeouts) Videos(m VideoMaker) VideoMaker { return &timedVideos{m, p.withDefaults()} }

type timedImages struct {
	next   ImageMaker
	limits MediaTimeouts
}

// MakeImage implements ImageMaker.
func (m *timedImages) MakeImage(ctx context.Context, req ImageRequest) iter.Seq2[ImageEvent, error] {
	return func(yield func(ImageEvent, error) bool) {
		ctx, idle := watch(ctx, m.limits.Image)
		defer idle.stop()
		for ev, err := range m.next.MakeImage(ctx, req) {
			idle.pause()
			if !yield(ev, asTimeout(ctx, err)) {
				return
			}
			idle.resume()
		}
	}
}

type timedVideos struct {
	next   VideoMaker
	limits MediaTimeouts
}

// StartVideo implements VideoMaker.
func (m *timedVideos) StartVideo(ctx context.Context, req VideoRequest) (string, error) {
	ctx, idle := watch(ctx, m.limits.Start)
	defer idle.stop()
	ref, err := m.next.StartVideo(ctx, req)
	return ref, asTimeout(ctx, err)
}

// PollVideo implements VideoMaker.
func (m *timedVideos) PollVideo(ctx context.Context, model, ref string) (VideoState, error) {
	ctx, idle := watch(ctx, m.limits.Poll)
	defer idle.stop()
	state, err := m.next.PollVideo(ctx, model, ref)
	return state, asTimeout(ctx, err)
}

// DownloadVideo implements VideoMaker.
func (m *timedVideos) DownloadVideo(ctx context.Context, model, ref string, w io.Writer) (VideoResult, error) {
	ctx, idle := watch(ctx, m.limits.Download)
	defer idle.stop()
	part := PartOf(w)
	part.aroundWrite = func(write func()) {
		idle.pause() // The writer's time is not the provider's silence.
		write()
		idle.resume()
	}
	defer func() { part.aroundWrite = nil }()
	result, err := m.next.DownloadVideo(ctx, model, ref, part)
	return result, asTimeout(ctx, err)
}

// CancelVideo implements VideoMaker.
func (m *timedVideos) CancelVideo(ctx context.Context, model, ref string) error {
	ctx, idle := watch(ctx, m.limits.Poll)
	defer idle.stop()
	return asTimeout(ctx, m.next.CancelVideo(ctx, model, ref))
}

// asTimeout turns the error of a call that the watchdog ended into a Timeout: its adapter reports it as
// cancelled.
func asTimeout(ctx context.Context, err error) error {
	var e *Error
	if !endedByLimit(ctx) || !errors.As(err, &e) {
		return err
	}
	late := *e
	late.Kind, late.Cause = Timeout, errors.Join(context.Cause(ctx), err)
	return &late
}
