package run

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/live"
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
	// persistEvery is the wait before a write is made again to a database that was out of reach.
	persistEvery = 250 * time.Millisecond
)

var (
	// ErrLost says that a row is not the run's any more: it has ended, or another run has it. The run writes nothing more.
	ErrLost = errors.New("run: the run was lost to another")
	// ErrStopped says that the end was requested before a call was made or a text was shown.
	ErrStopped = errors.New("run: a stop was requested")
	// ErrPanic marks a fault of our own that would have ended the process.
	ErrPanic = errors.New("run: panic")
	// ErrNoResult is the cause of an error of a provider whose stream ended without a result, against its port's contract.
	ErrNoResult = errors.New("the stream ended without a result")
)

// Recovered is the error of a panic, with its stack. A goroutine that works for a run recovers its panics, since the
// process and all other runs would end with them.
func Recovered(v any) error { return fmt.Errorf("%w: %v\n%s", ErrPanic, v, debug.Stack()) }

// Written is the outcome of a conditional write: ErrLost when it matched no row.
func Written(rows int, err error) error {
	if err == nil && rows == 0 {
		return ErrLost
	}
	return err
}

// Persist makes a write that must not be lost. A database that is out of reach is tried again for as long as the lease
// may stand, also when the caller's context has ended. The write is conditional on the run, so that making it twice is safe.
func Persist(ctx context.Context, lease time.Duration, write func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lease)
	defer cancel()
	for {
		err := write(ctx)
		if errs.CodeOf(err) != errs.Unavailable {
			return err
		}
		select {
		case <-time.After(persistEvery):
		case <-ctx.Done():
			return err
		}
	}
}

// IsBlank reports whether nothing of a model's text shows: such an answer is NO_OUTPUT.
func IsBlank(said string) bool { return text.Blank(said) }

// Length is the length of a text in UTF-16 code units, as JavaScript and the API count.
func Length(said string) int { return live.Offset{}.End(said).UTF16 }

// FinishReason is a provider's reason to end a text as the rows of replies and jobs store it.
func FinishReason[R ~string](f ai.Finish) R {
	switch f {
	case ai.FinishStop:
		return "STOP"
	case ai.FinishLength:
		return "LENGTH"
	case ai.FinishContentFilter:
		return "CONTENT_FILTER"
	case ai.FinishRefusal:
		return "REFUSAL"
	default:
		return "OTHER"
	}
}
