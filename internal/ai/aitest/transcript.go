package aitest

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/weav-ai/weav/internal/ai"
)

// endTimeout is how soon a call must end after its context or its reader: the port promises a second.
const endTimeout = time.Second

// hangTimeout is when the suite considers a call hung.
const hangTimeout = 5 * time.Second

// transcript records everything that a stream yields, also after its end.
type transcript struct {
	deltas []string
	final  *ai.TextResult
	err    *ai.Error
	// flaws are violations of the port.
	flaws []string
}

// text is the deltas joined.
func (tr *transcript) text() string { return strings.Join(tr.deltas, "") }

// ended reports whether the final or an error has come.
func (tr *transcript) ended() bool { return tr.final != nil || tr.err != nil }

func (tr *transcript) flaw(format string, args ...any) {
	tr.flaws = append(tr.flaws, fmt.Sprintf(format, args...))
}

// note adds one event.
func (tr *transcript) note(ev ai.TextEvent, err error) {
	if tr.ended() {
		tr.flaw("event after the end: %+v, %v", ev, err)
		return
	}
	if err != nil {
		tr.noteError(ev, err)
		return
	}
	if ev.Final != nil && ev.Delta != "" {
		tr.flaw("final carries a delta")
	}
	tr.final = ev.Final
	if ev.Delta != "" {
		tr.noteDelta(ev.Delta)
	}
}

func (tr *transcript) noteError(ev ai.TextEvent, err error) {
	if ev.Delta != "" || ev.Final != nil {
		tr.flaw("error comes with an event: %+v", ev)
	}
	if !errors.As(err, &tr.err) {
		tr.flaw("error is no *ai.Error: %v", err)
		tr.err = &ai.Error{Cause: err}
		return
	}
	if tr.err.Shown != (len(tr.deltas) > 0) {
		tr.flaw("error says Shown %t after %d deltas", tr.err.Shown, len(tr.deltas))
	}
}

func (tr *transcript) noteDelta(delta string) {
	if !utf8.ValidString(delta) {
		tr.flaw("delta is no UTF-8: %q", delta)
	}
	if strings.ContainsRune(delta, 0) {
		tr.flaw("delta holds U+0000: %q", delta)
	}
	tr.deltas = append(tr.deltas, delta)
}

// record reads seq to its end and beyond; onDelta, if set, gets the text so far.
func record(seq iter.Seq2[ai.TextEvent, error], onDelta func(text string)) *transcript {
	tr := &transcript{}
	for ev, err := range seq {
		tr.note(ev, err)
		if onDelta != nil && ev.Delta != "" {
			onDelta(tr.text())
		}
	}
	if !tr.ended() {
		tr.flaw("stream ended with neither a final nor an error")
	}
	return tr
}

// listen records seq, reports its flaws, and fails when the stream hangs.
func listen(t *testing.T, seq iter.Seq2[ai.TextEvent, error], onDelta func(text string)) *transcript {
	t.Helper()
	done := make(chan *transcript, 1)
	go func() { done <- record(seq, onDelta) }()
	select {
	case tr := <-done:
		for _, flaw := range tr.flaws {
			t.Error(flaw)
		}
		return tr
	case <-time.After(hangTimeout):
		t.Fatalf("stream still open after %v", hangTimeout)
		return nil
	}
}
