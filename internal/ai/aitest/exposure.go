package aitest

import (
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/ai"
)

// exposure is all that a maker of pictures yielded to a reader who listens beyond the end.
type exposure struct {
	// events is how many came before the end.
	events int
	final  *ai.ImageResult
	err    *ai.Error
	// flaws are breaches of the port.
	flaws []string

	progress float64
}

// ended says whether the final or an error came.
func (ex *exposure) ended() bool { return ex.final != nil || ex.err != nil }

func (ex *exposure) flaw(format string, args ...any) {
	ex.flaws = append(ex.flaws, fmt.Sprintf(format, args...))
}

// note adds one event.
func (ex *exposure) note(ev ai.ImageEvent, err error) {
	switch {
	case ex.ended():
		ex.flaw("event after the end: %+v, %v", ev, err)
	case err != nil:
		ex.noteError(ev, err)
	case ev.Final != nil:
		ex.final = ev.Final
	default:
		ex.events++
		ex.noteProgress(ev.Progress)
	}
}

func (ex *exposure) noteError(ev ai.ImageEvent, err error) {
	if ev != (ai.ImageEvent{}) {
		ex.flaw("error comes with an event: %+v", ev)
	}
	if !errors.As(err, &ex.err) {
		ex.flaw("error is no *ai.Error: %v", err)
		ex.err = &ai.Error{Cause: err}
	}
}

// noteProgress wants a part that never falls; not a number is no part either.
func (ex *exposure) noteProgress(p *float64) {
	if p == nil {
		return
	}
	if !(*p >= ex.progress && *p <= 1) {
		ex.flaw("progress %v after %v", *p, ex.progress)
	}
	ex.progress = *p
}

// expose reads seq to its end and beyond; onEvent, if any, is called at each event
// before the end.
func expose(seq iter.Seq2[ai.ImageEvent, error], onEvent func()) *exposure {
	ex := &exposure{}
	for ev, err := range seq {
		ex.note(ev, err)
		if onEvent != nil && !ex.ended() {
			onEvent()
		}
	}
	if !ex.ended() {
		ex.flaw("call ended with neither a final nor an error")
	}
	return ex
}

// watch exposes seq, reports its flaws, and gives up on a call that hangs.
func watch(t *testing.T, seq iter.Seq2[ai.ImageEvent, error], onEvent func()) *exposure {
	t.Helper()
	ex := inTime(t, func() *exposure { return expose(seq, onEvent) })
	for _, flaw := range ex.flaws {
		t.Error(flaw)
	}
	return ex
}

// inTime returns what call does, and gives up on one that hangs.
func inTime[T any](t *testing.T, call func() T) T {
	t.Helper()
	done := make(chan T, 1)
	go func() { done <- call() }()
	select {
	case got := <-done:
		return got
	case <-time.After(patience):
		t.Fatalf("still at it after %v", patience)
		var none T
		return none
	}
}
