package ai

import (
	"context"
	"errors"
	"iter"
)

// Text returns s behind the breaker. The first delta of a stream is its success: the provider answers, and
// waiting for the end would hold back other calls. How a stream ends after that counts neither way.
//
// Inside a Retrying streamer the breaker sees each attempt.
func (b *Breaker) Text(s TextStreamer) TextStreamer { return &guardedText{breaker: b, next: s} }

type guardedText struct {
	breaker *Breaker
	next    TextStreamer
}

// StreamText implements TextStreamer.
func (g *guardedText) StreamText(ctx context.Context, req TextRequest) iter.Seq2[TextEvent, error] {
	call := func() iter.Seq2[TextEvent, error] { return g.next.StreamText(ctx, req) }
	return guarded(ctx, g.breaker, req.Model, call, func(ev TextEvent) (works, ends bool) {
		return ev.Delta != "" || ev.Final != nil, ev.Final != nil
	})
}

// Image returns m behind the breaker. Only a finished picture is a success, because a queue reports progress
// too.
func (b *Breaker) Image(m ImageMaker) ImageMaker { return &guardedImages{breaker: b, next: m} }

type guardedImages struct {
	breaker *Breaker
	next    ImageMaker
}

// MakeImage implements ImageMaker.
func (g *guardedImages) MakeImage(ctx context.Context, req ImageRequest) iter.Seq2[ImageEvent, error] {
	call := func() iter.Seq2[ImageEvent, error] { return g.next.MakeImage(ctx, req) }
	return guarded(ctx, g.breaker, req.Model, call, func(ev ImageEvent) (works, ends bool) {
		return ev.Final != nil, ev.Final != nil
	})
}

// Video returns m behind the breaker, which holds back only starts: a video that was paid for is polled,
// downloaded and cancelled in any case, and how that ends counts neither way.
func (b *Breaker) Video(m VideoMaker) VideoMaker { return &guardedVideos{VideoMaker: m, breaker: b} }

type guardedVideos struct {
	VideoMaker

	breaker *Breaker
}

// StartVideo implements VideoMaker.
func (g *guardedVideos) StartVideo(ctx context.Context, req VideoRequest) (string, error) {
	call, refused := g.breaker.admit(req.Model)
	if refused != nil {
		return "", refused
	}
	defer call.release()
	ref, err := g.VideoMaker.StartVideo(ctx, req)
	if err != nil {
		call.failed(ctx, err)
		return ref, err
	}
	call.succeeded()
	return ref, nil
}

// errCutShort is the failure of a stream that an adapter ended with neither a final nor an error.
var errCutShort = &Error{Kind: Interrupted, Accepted: true, Cause: errors.New("the call ended without an end")}

// guarded passes the events of a call on. Each range over the result is admitted or refused on its own,
// before call is made. A reader that leaves early releases its place.
func guarded[E any](
	ctx context.Context, b *Breaker, model string, call func() iter.Seq2[E, error], read func(E) (works, ends bool),
) iter.Seq2[E, error] {
	return func(yield func(E, error) bool) {
		admitted, refused := b.admit(model)
		if refused != nil {
			var none E
			yield(none, refused)
			return
		}
		defer admitted.release()
		for ev, err := range call() {
			works, ends := read(ev)
			switch {
			case err != nil:
				admitted.failed(ctx, err)
			case works:
				admitted.succeeded()
			}
			if !yield(ev, err) || ends || err != nil {
				return
			}
		}
		admitted.failed(ctx, errCutShort)
	}
}
