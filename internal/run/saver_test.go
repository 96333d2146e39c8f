package run_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weav-ai/weav/internal/run"
)

// bench drives a Saver as a run's loop does, in a bubble whose time is the test's own.
type bench struct {
	*run.Saver
	ctx   context.Context
	took  locked[time.Duration] // of a write
	fails locked[bool]
	text  string
	kept  locked[string]
	saves []time.Duration // when each began
	began time.Time
}

// locked is a value that the test and a save under way share.
type locked[T any] struct {
	mu    sync.Mutex
	value T
}

func (l *locked[T]) get() T {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.value
}

func (l *locked[T]) set(value T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.value = value
}

func newBench(ctx context.Context) *bench {
	b := &bench{ctx: ctx, began: time.Now()}
	b.Saver = run.NewSaver(b.save, 0, 5*time.Second)
	return b
}

func (b *bench) save(ctx context.Context, text string) (bool, error) {
	select {
	case <-time.After(b.took.get()):
	case <-ctx.Done():
		return false, ctx.Err()
	}
	if b.fails.get() {
		return false, errors.New("down")
	}
	if text != "" {
		b.kept.set(text)
	}
	return false, nil
}

// pass lets time go by.
func (b *bench) pass(d time.Duration) {
	end := time.After(d)
	for {
		select {
		case <-b.Due():
			b.saves = append(b.saves, time.Since(b.began))
			b.Begin(b.ctx, b.text)
		case saved := <-b.Done():
			b.Take(saved)
		case <-end:
			return
		}
	}
}

// TestATextIsSavedSoonAfterItIsShown: what was shown more than 250 ms ago is kept, however fast it grows, while a write takes 90 ms.
func TestATextIsSavedSoonAfterItIsShown(t *testing.T) {
	t.Parallel()
	const loss, piece = 250 * time.Millisecond, 10 * time.Millisecond
	for _, took := range []time.Duration{0, 5 * time.Millisecond, 90 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t.Context())
			defer b.Close()
			b.took.set(took)
			lengths := map[time.Duration]int{} // shown by then
			for i := range 500 {
				b.text += "x"
				b.Show(len(b.text), i == 0)
				if i == 0 {
					b.kept.set(b.text) // It is stored before it is shown.
				}
				now := time.Since(b.began)
				lengths[now] = len(b.text)
				if was, ok := lengths[now-loss]; ok && len(b.kept.get()) < was {
					t.Fatalf("writes of %v: %d bytes were shown %v ago, %d are kept", took, was, loss, len(b.kept.get()))
				}
				b.pass(piece)
			}
			if most := int(5*time.Second/run.SaveEvery) + 2; len(b.saves) > most {
				t.Errorf("writes of %v: %d saves in 5 s, want at most %d", took, len(b.saves), most)
			}
		})
	}
}

func TestALeaseIsRenewedWithoutText(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t.Context())
		defer b.Close()
		b.pass(5*time.Second + 500*time.Millisecond)
		if len(b.saves) != 5 {
			t.Errorf("%d renewals in 5.5 s: %v", len(b.saves), b.saves)
		}
	})
}

// TestASaveThatFailsIsMadeAgain no sooner than a renewal, and one that hangs is given up.
func TestASaveThatFailsIsMadeAgain(t *testing.T) {
	t.Parallel()
	for name, took := range map[string]time.Duration{"fails": 0, "hangs": time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t.Context())
			defer b.Close()
			b.fails.set(true)
			b.took.set(took)
			b.text = "shown"
			b.Show(len(b.text), false)
			b.pass(20 * time.Second)
			if n := len(b.saves); n < 3 || n > 21 {
				t.Errorf("%s: %d tries in 20 s", name, n)
			}
			b.fails.set(false)
			b.took.set(0)
			b.pass(7 * time.Second)
			if b.kept.get() != b.text {
				t.Errorf("%s: %q is kept once the database is back", name, b.kept.get())
			}
		})
	}
}

// TestNoSaveIsUnderWayBehindClose: what is written next meets no older text.
func TestNoSaveIsUnderWayBehindClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t.Context())
		b.took.set(time.Second)
		b.text = "shown"
		b.Begin(b.ctx, b.text)
		b.Close()
		if b.kept.get() != b.text {
			t.Error("Close came before the save")
		}
	})
}

func TestIsBlank(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"": true, " \n\t": true, "\u00a0": true, ".": false, " a ": false} {
		if run.IsBlank(text) != want {
			t.Errorf("%q: want %v", text, want)
		}
	}
}

func TestAPanicIsAnErrorWithItsStack(t *testing.T) {
	t.Parallel()
	if err := run.Recovered("oh"); !strings.Contains(err.Error(), "oh") || !strings.Contains(err.Error(), "saver_test.go") {
		t.Error(err)
	}
}
