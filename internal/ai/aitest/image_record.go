package aitest

import (
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/ai"
)

// imageRecord records everything that a maker of pictures yields, also after its end.
type imageRecord struct {
	// events is how many came before the end.
	events int
	final  *ai.ImageResult
	err    *ai.Error
	// flaws are violations of the port.
	flaws []string

	progress float64
}

// ended reports whether the final or an error has come.
func (ex *imageRecord) ended() bool { return ex.final != nil || ex.err != nil }

func (ex *imageRecord) flaw(format string, args ...any) {
	ex.flaws = append(ex.flaws, fmt.Sprintf(format, args...))
}

// note adds one event.
func (ex *imageRecord) note(ev ai.ImageEvent, err error) {
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

func (ex *imageRecord) noteError(ev ai.ImageEvent, err error) {
	if ev != (ai.ImageEvent{}) {
		ex.flaw("error comes with an event: %+v", ev)
	}
	if !errors.As(err, &ex.err) {
		ex.flaw("error is no *ai.Error: %v", err)
		ex.err = &ai.Error{Cause: err}
	}
}

// noteProgress requires a progress from 0 to 1 that never falls; NaN is refused too.
func (ex *imageRecord) noteProgress(p *float64) {
	if p == nil {
		return
	}
	if !(*p >= ex.progress && *p <= 1) {
		ex.flaw("progress %v after %v", *p, ex.progress)
	}
	ex.progress = *p
}

// recordImages reads seq to its end and beyond; onEvent, if set, is called at each event before the end.
func recordImages(seq iter.Seq2[ai.ImageEvent, error], onEvent func()) *imageRecord {
	ex := &imageRecord{}
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

// listenImages records seq, reports its flaws, and fails when the call hangs.
func listenImages(t *testing.T, seq iter.Seq2[ai.ImageEvent, error], onEvent func()) *imageRecord {
	t.Helper()
	ex := inTime(t, func() *imageRecord { return recordImages(seq, onEvent) })
	for _, flaw := range ex.flaws {
		t.Error(flaw)
	}
	return ex
}

// inTime returns the result of call, and fails when it hangs.
func inTime[T any](t *testing.T, call func() T) T {
	t.Helper()
	done := make(chan T, 1)
	go func() { done <- call() }()
	select {
	case got := <-done:
		return got
	case <-time.After(hangTimeout):
		t.Fatalf("still at it after %v", hangTimeout)
		var none T
		return none
	}
}
