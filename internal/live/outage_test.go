package live_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/run"
)

// storedText is the text in a run's row.
type storedText struct {
	mu   sync.Mutex
	text string
}

func (s *storedText) set(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = text
}

func (s *storedText) get() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text
}

// TestAnOutageDelaysTextByLessThanASecond has a run show a text piece by piece, and a reader of another process that has nothing but
// the row. Each piece reaches it within a second, by the schedule of saves and look-ups, while a write takes up to 90 ms.
func TestAnOutageDelaysTextByLessThanASecond(t *testing.T) {
	t.Parallel()
	for _, took := range []time.Duration{0, 5 * time.Millisecond, 90 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			worst := delayInOutage(t, took)
			t.Logf("writes of %v: a piece comes at most %v after it was shown", took, worst)
			if worst == 0 || worst >= time.Second {
				t.Errorf("writes of %v: a piece came %v after it was shown", took, worst)
			}
		})
	}
}

// delayInOutage returns the longest time from a piece's being shown to its delivery. A write takes took.
func delayInOutage(t *testing.T, took time.Duration) (worst time.Duration) {
	t.Helper()
	bus, row := &reachBus{Bus: &stubBus{textErr: errDown}}, &storedText{}
	saver := run.NewSaver(func(_ context.Context, text string) (bool, error) {
		<-time.After(took)
		row.set(text)
		return false, nil
	}, 0, time.Second)
	defer saver.Close()
	news := make(chan struct{}, 1)
	reader := live.NewTextReader(bus, "run", func() { news <- struct{}{} })
	lookup := live.NewLookup(bus, slog.New(slog.DiscardHandler), func(_ context.Context, keys []string) (map[string]string, error) {
		return map[string]string{keys[0]: row.get()}, nil
	})
	defer lookup.Follow("run", reader.Offer)()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go lookup.Run(ctx)

	text, shown := "", []time.Time{} // of each byte
	pieces := time.NewTicker(10 * time.Millisecond)
	defer pieces.Stop()
	for len(shown) < 1000 {
		select {
		case <-pieces.C:
			text, shown = text+"x", append(shown, time.Now())
			saver.Show(len(text), false)
		case <-saver.Due():
			saver.Begin(ctx, text)
		case saved := <-saver.Done():
			saver.Take(saved)
		case <-news:
			if piece, at, _ := reader.Next(ctx); piece != "" { // The bus is down: the row has all there is.
				worst = max(worst, time.Since(shown[at.Bytes]))
			}
		}
	}
	return worst
}
