// Package run holds what runs of replies and of jobs do alike.
//
// A run is one process's work on a reply or a job. It holds a lease by the database's clock and writes only while
// the row is its own (WHERE run_id = mine).
package run

import (
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/weav-ai/weav/internal/text"
)

const (
	// RenewEvery is how often a run renews its lease at least.
	RenewEvery = time.Second
	// SaveEvery is the longest that a text waits from being shown to being saved. With the time of a write, a process
	// that is killed loses at most 250 ms of text.
	SaveEvery = 150 * time.Millisecond
	// MaxUnproven is how many runs in a row may be lost before they renewed their lease once. What they worked on
	// fails then: it may be what ends its processes.
	MaxUnproven = 3
	// MaxLost is how many runs may be lost in all before the work fails, whatever ended their processes.
	MaxLost = 20
)

// IsBlank says whether nothing of a model's text shows: such an answer is NO_OUTPUT.
func IsBlank(said string) bool { return text.Blank(said) }

// ErrPanic marks a fault of our own that would have ended the process.
var ErrPanic = errors.New("run: panic")

// Recovered is the error of a panic, with its stack. A goroutine that works for a run recovers its panics, since the
// process and all other runs would end with them.
func Recovered(v any) error { return fmt.Errorf("%w: %v\n%s", ErrPanic, v, debug.Stack()) }
