package memlive_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/live/livetest"
	"github.com/weav-ai/weav/internal/live/memlive"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(tb testing.TB, ttl time.Duration) live.Bus {
	tb.Helper()
	bus := memlive.New(memlive.WithTextTTL(ttl))
	tb.Cleanup(func() {
		if err := bus.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return bus
}

func TestBus(t *testing.T) {
	t.Parallel()
	livetest.Run(t, open)
}

func BenchmarkBus(b *testing.B) { livetest.Bench(b, open) }
