package sandboxai

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/weav-ai/weav/internal/ai"
)

// retention is how long the sandbox states that it stores a video. A ticket is valid for longer.
const retention = 24 * time.Hour

// ticketVersion is the version of the references this code writes and reads.
const ticketVersion = 1

// maxRevised bounds the prompt in a ticket in bytes, so that the reference stays within ai.MaxVideoRef: JSON
// may double it, base64 adds a third.
const maxRevised = 600

// ticket is the whole state of a video's job. It is the reference itself, because the sandbox has no state:
// any process computes the job's progress from it by the clock.
type ticket struct {
	Version int `json:"v"`
	// ID differs between two starts of the same request.
	ID uint64 `json:"id"`
	// Started is in milliseconds since 1970; Took is the duration of the job in milliseconds.
	Started int64  `json:"at"`
	Took    int64  `json:"ms"`
	Seconds int    `json:"s"`
	Aspect  string `json:"a"`
	Seed    uint64 `json:"h"`
	Revised string `json:"p,omitempty"`
	Tokens  int64  `json:"n"`

	// FailAt is the progress in percent at which the job fails with FailWith; negative for never.
	FailAt   int    `json:"f"`
	FailWith string `json:"fw,omitempty"`
	// Polls fail with PollsFailWith until PollsFail after the start, downloads until DownloadsFail after the
	// end, in milliseconds.
	PollsFail     int64  `json:"pf,omitempty"`
	PollsFailWith string `json:"pfw,omitempty"`
	DownloadsFail int64  `json:"df,omitempty"`

	Stalls     bool `json:"st,omitempty"`
	NoProgress bool `json:"np,omitempty"`
	NoUsage    bool `json:"nu,omitempty"`
	Truncated  bool `json:"tr,omitempty"`
	WrongType  bool `json:"wt,omitempty"`
}

// ref writes the ticket as a reference.
func (t ticket) ref() (string, error) {
	var raw bytes.Buffer
	e := json.NewEncoder(&raw)
	e.SetEscapeHTML(false) // It would make six bytes of one.
	if err := e.Encode(t); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(raw.Bytes()), nil
}

// readTicket reads a reference. A reference that this code did not write is an error.
func readTicket(ref string) (ticket, error) {
	var t ticket
	if len(ref) > ai.MaxVideoRef {
		return t, errors.New("the reference is too long")
	}
	raw, err := base64.RawURLEncoding.DecodeString(ref)
	if err != nil {
		return t, fmt.Errorf("the reference is no base64: %w", err)
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return t, fmt.Errorf("the reference is no ticket: %w", err)
	}
	return t, t.flaw()
}

// flaw returns why the ticket cannot be valid.
func (t ticket) flaw() error {
	if t.Version != ticketVersion {
		return fmt.Errorf("the reference has version %d, known is %d", t.Version, ticketVersion)
	}
	for _, name := range []string{t.FailWith, t.PollsFailWith} {
		if _, ok := faults[name]; name != "" && !ok {
			return fmt.Errorf("the reference names an unknown fault %q", name)
		}
	}
	return filmFlaw(t.Aspect, t.Seconds)
}

// age is how long ago the job was started.
func (t ticket) age() time.Duration {
	return max(0, time.Since(time.UnixMilli(t.Started)))
}

// progress is the completed part of the work, from 0 to 1. A stalled job stops half-way.
func (t ticket) progress() float64 {
	part, took := 1.0, time.Duration(t.Took)*time.Millisecond
	if age := t.age(); age < took {
		part = float64(age) / float64(took)
	}
	if t.Stalls {
		part = min(part, 0.5)
	}
	return part
}

// state is the state of the job by the clock.
func (t ticket) state() ai.VideoState {
	progress := t.progress()
	s := ai.VideoState{Done: progress >= 1, Phase: ai.PhaseGenerating, KeptFor: retention}
	if progress < 0.1 {
		s.Phase = ai.PhaseQueued
	}
	if !t.NoProgress {
		s.Progress = &progress
	}
	if !s.Done {
		s.PollAfter = t.pollAfter()
	}
	return s
}

// pollAfter is an eighth of the whole time, or the rest when that is less.
func (t ticket) pollAfter() time.Duration {
	took := time.Duration(t.Took) * time.Millisecond
	if left := took - t.age(); left > 0 {
		return min(left, took/8)
	}
	return took / 8
}

// fails reports whether the job has reached the point where it fails.
func (t ticket) fails() bool {
	return t.FailAt >= 0 && t.FailWith != "" && t.progress()*100 >= float64(t.FailAt)
}

// pollsFail reports whether polls fail at this time.
func (t ticket) pollsFail() bool {
	return t.PollsFailWith != "" && t.age().Milliseconds() < t.PollsFail
}

// downloadsFail reports whether downloads break off at this time.
func (t ticket) downloadsFail() bool {
	return t.age().Milliseconds()-t.Took < t.DownloadsFail
}

// clip cuts text to that many bytes at a code point, and appends an ellipsis.
func clip(text string, limit int) string {
	const mark = "…"
	if len(text) <= limit {
		return text
	}
	n := limit - len(mark)
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + mark
}
