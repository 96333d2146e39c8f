package run

import (
	"context"
	"time"
)

// Save renews a run's lease, stores the text in its row unless that is empty, and reads whether the end was asked for.
type Save func(ctx context.Context, text string) (stop bool, err error)

// Saved is the outcome of a Save.
type Saved struct {
	// Stop says that somebody asked for the end.
	Stop bool
	Err  error
}

// Saver keeps the text of a run in its row while it is written. It makes one Save at a time, each in a goroutine of
// its own, so that a slow database never holds up the stream. A text that was shown is saved within SaveEvery and the
// time of a write; without any, the lease is renewed each RenewEvery.
//
// The run's loop owns the Saver and calls its methods: [Saver.Begin] when [Saver.Due] fires, [Saver.Take] with what comes
// from [Saver.Done], and [Saver.Close] before it writes the row in another way.
type Saver struct {
	save    Save
	timeout time.Duration
	timer   *time.Timer
	done    chan Saved
	busy    bool
	began   time.Time // of the last save
	saved   int       // bytes of text that it stored, or stores
	shown   int       // bytes of text that were shown
	failed  bool      // the last save failed
}

// NewSaver returns the Saver of a run, whose row holds the first saved bytes of its text. A save that takes longer
// than timeout fails.
func NewSaver(save Save, saved int, timeout time.Duration) *Saver {
	return &Saver{
		save: save, timeout: timeout, timer: time.NewTimer(RenewEvery), done: make(chan Saved, 1),
		began: time.Now(), saved: saved, shown: saved,
	}
}

// Show notes that the first n bytes of the text were shown. Stored says that the row has them already.
func (s *Saver) Show(n int, stored bool) {
	s.shown = n
	if stored {
		s.saved = n
	}
	s.schedule()
}

// Due fires when a save is to begin.
func (s *Saver) Due() <-chan time.Time { return s.timer.C }

// Begin saves text, unless a save is under way.
func (s *Saver) Begin(ctx context.Context, text string) {
	if s.busy {
		return
	}
	s.busy, s.began, s.saved = true, time.Now(), len(text)
	s.shown = max(s.shown, len(text))
	go func() {
		ctx, cancel := context.WithTimeout(ctx, s.timeout)
		defer cancel()
		stop, err := s.save(ctx, text)
		s.done <- Saved{stop, err}
	}()
}

// Done has the outcome of a save.
func (s *Saver) Done() <-chan Saved { return s.done }

// Take takes an outcome and plans the next save. A save that failed is made again no sooner than a renewal.
func (s *Saver) Take(o Saved) {
	s.busy, s.failed = false, o.Err != nil
	s.schedule()
}

// Close waits for the save that is under way: no later write meets it. Its outcome is of no use any more, since every
// write is conditional on the run.
func (s *Saver) Close() {
	s.timer.Stop()
	if s.busy {
		<-s.done
		s.busy = false
	}
}

// schedule sets the timer for the next save; one that is under way plans it when it is done.
func (s *Saver) schedule() {
	if s.busy {
		return
	}
	every := RenewEvery
	if s.shown > s.saved && !s.failed {
		every = SaveEvery
	}
	s.timer.Reset(max(0, time.Until(s.began.Add(every))))
}
