package livetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/weav-ai/weav/internal/live"
)

// benchTextBytes is the length at which a benchmark begins its text again: that of a long reply.
const benchTextBytes = 32 << 10

// Bench measures one append until the last of 1 or 100 subscribers has received it.
func Bench(b *testing.B, open Open) {
	b.Helper()
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprintf("append and deliver to %d", n), func(b *testing.B) {
			benchAppend(b, open(b, live.TextTTL), n)
		})
	}
}

// benchAppend measures with a delta of the usual length, in Korean.
func benchAppend(b *testing.B, bus live.Bus, subscribers int) {
	b.Helper()
	var received sync.WaitGroup
	for range subscribers {
		cancel, err := bus.Subscribe(b.Context(), live.TextTopic("run"), func([]byte) { received.Done() }, func() {})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(cancel)
	}
	delta := strings.Repeat("토큰 ", 8)
	var at live.Offset
	b.ReportAllocs()
	for b.Loop() {
		received.Add(subscribers)
		if err := bus.Append(b.Context(), "run", at, delta); err != nil {
			b.Fatal(err)
		}
		received.Wait()
		if at = at.End(delta); at.Bytes > benchTextBytes {
			at = live.Offset{}
		}
	}
}
