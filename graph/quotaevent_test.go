package graph

import (
	"testing"
	"testing/synctest"

	"github.com/weav-ai/weav/internal/feed"
)

// TestQuotaIsToldOnceForAllThatWaits: behind ten events that a reader did not take yet stands one QuotaChanged, with the last one's place.
func TestQuotaIsToldOnceForAllThatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in := make(chan feed.Item)
		out := withQuota(t.Context(), in, false)
		go func() {
			defer close(in)
			for range 10 {
				in <- feed.Item{Event: &feed.Event{Type: feed.ReplyEnded}}
			}
			in <- feed.Item{Event: &feed.Event{Type: feed.ChatSaved}}
		}()
		var told []string
		for more := true; more; {
			synctest.Wait() // The reader is slower than what is told.
			var e ViewerEvent
			if e, more = <-out; !more {
				break
			}
			if _, ok := e.(*QuotaChanged); ok {
				told = append(told, "quota")
			} else {
				told = append(told, "event")
			}
		}
		if len(told) != 12 || told[11] != "quota" {
			t.Errorf("told %v", told)
		}
	})
}
