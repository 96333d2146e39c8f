package aitest_test

import (
	"context"
	"errors"
	"iter"
	"math"
	"os"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/aitest"
)

// gif is a whole picture in few bytes.
const gif = "GIF89a\x01\x00\x01\x00\x00\x00\x00;"

// fakeImageMaker is the smallest maker of pictures that passes the suite, unless sabotaged.
type fakeImageMaker struct {
	script   aitest.ImageScript
	sabotage string
	closed   chan struct{}
}

// badImageMakers are makers of pictures gone wrong, and what the suite must say of each.
var badImageMakers = map[string]string{
	"ignores cancel":       "still at it after",
	"says timeout":         "want canceled",
	"draws nothing":        "no picture in the final",
	"lies about the type":  "of image/gif under the type",
	"no progress":          "no event before the final",
	"progress falls":       "progress 0.2 after 0.4",
	"progress is no part":  "progress NaN after",
	"two finals":           "event after the end",
	"event with error":     "error comes with an event",
	"foreign error":        "error is no *ai.Error",
	"swallows a cut":       "no failure, final",
	"keeps its connection": "connection is still open",
	"leaks a goroutine":    "found unexpected goroutines",
	"never accepts":        "accepted false, may repeat true of a call that began",
	"always accepts":       "a request refused as rate_limited was accepted",
	"accepts unsent":       "never sent was accepted",
	"loses RetryAfter":     "RetryAfter was lost",
	"forgets the model":    "and the model",
}

func TestCorrectImageMakerPasses(t *testing.T) {
	sabotage := os.Getenv(sabotageVar)
	aitest.RunImages(t, aitest.ImageHarness{
		Provider:        "fake",
		Fails:           []ai.Kind{ai.RateLimited, ai.Upstream},
		ReportsProgress: true,
		Play: func(_ *testing.T, s aitest.ImageScript) aitest.ImageCall {
			p := &fakeImageMaker{script: s, sabotage: sabotage, closed: make(chan struct{}, 16)}
			return aitest.ImageCall{Maker: p, Request: ai.ImageRequest{Model: "m", Prompt: "Hi"}, Closed: p.closed}
		},
	})
}

func TestIncorrectImageMakersFail(t *testing.T) {
	t.Parallel()
	findSabotages(t, "TestCorrectImageMakerPasses", badImageMakers)
}

func (p *fakeImageMaker) is(sabotage string) bool { return p.sabotage == sabotage }

func (p *fakeImageMaker) MakeImage(ctx context.Context, _ ai.ImageRequest) iter.Seq2[ai.ImageEvent, error] {
	return func(yield func(ai.ImageEvent, error) bool) {
		p.make(ctx, yield)
		if !p.is("keeps its connection") {
			p.closed <- struct{}{}
		}
	}
}

func (p *fakeImageMaker) make(ctx context.Context, yield func(ai.ImageEvent, error) bool) {
	if p.is("leaks a goroutine") {
		go func() { <-context.Background().Done() }()
	}
	if p.script.Fail != "" || ctx.Err() != nil {
		yield(p.refuse(ctx))
		return
	}
	for _, part := range p.parts() {
		if !yield(ai.ImageEvent{Progress: &part}, nil) {
			return
		}
	}
	if p.script.Ending == aitest.Hangs {
		p.hang(ctx)
	}
	if !yield(p.end(ctx)) || !p.is("two finals") {
		return
	}
	yield(p.end(ctx))
}

func (p *fakeImageMaker) parts() []float64 {
	switch p.sabotage {
	case "no progress":
		return nil
	case "progress falls":
		return []float64{0.4, 0.2}
	case "progress is no part":
		return []float64{math.NaN()}
	default:
		return []float64{0, 0.5, 1}
	}
}

func (p *fakeImageMaker) hang(ctx context.Context) {
	if p.is("ignores cancel") {
		_ = ai.Wait(context.WithoutCancel(ctx), time.Minute)
	}
	<-ctx.Done()
}

func (p *fakeImageMaker) refuse(ctx context.Context) (ai.ImageEvent, error) {
	if ctx.Err() != nil {
		return ai.ImageEvent{}, p.failure(ai.StopKind(ctx), p.is("accepts unsent"))
	}
	kind := p.script.Fail
	e := p.failure(kind, kind == ai.Upstream || p.is("always accepts"))
	if !p.is("loses RetryAfter") {
		e.RetryAfter = time.Second
	}
	return ai.ImageEvent{}, e
}

func (p *fakeImageMaker) end(ctx context.Context) (ai.ImageEvent, error) {
	switch {
	case ctx.Err() != nil:
		kind := ai.StopKind(ctx)
		if p.is("says timeout") {
			kind = ai.Timeout
		}
		return ai.ImageEvent{}, p.failure(kind, !p.is("never accepts"))
	case p.script.Ending == aitest.Breaks && p.is("foreign error"):
		return ai.ImageEvent{}, errors.New("cut")
	case p.script.Ending == aitest.Breaks && !p.is("swallows a cut"):
		ev := ai.ImageEvent{}
		if p.is("event with error") {
			ev.Phase = ai.PhaseQueued
		}
		return ev, p.failure(ai.Interrupted, !p.is("never accepts"))
	default:
		return ai.ImageEvent{Final: p.result()}, nil
	}
}

func (p *fakeImageMaker) result() *ai.ImageResult {
	file := ai.File{Bytes: []byte(gif), MIMEType: "image/gif"}
	if p.is("lies about the type") {
		file.MIMEType = "image/png"
	}
	result := &ai.ImageResult{Images: []ai.File{file}, Finish: ai.FinishStop, RawFinish: "done", Model: "m"}
	if p.is("draws nothing") {
		result.Images = nil
	}
	return result
}

func (p *fakeImageMaker) failure(kind ai.Kind, accepted bool) *ai.Error {
	e := &ai.Error{Kind: kind, Provider: "fake", Model: "m", Accepted: accepted, Cause: errors.New("as scripted")}
	if p.is("forgets the model") {
		e.Model = ""
	}
	return e
}
