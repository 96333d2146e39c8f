// Package livetest is the contract of live.Bus as a test suite. Every adapter passes it.
package livetest

import (
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/live"
)

// patience bounds the wait for a signal that must come. Only a failing test waits so long.
const patience = 10 * time.Second

// Open returns a new, empty bus that stores texts for textTTL, and closes it at the end of the test. A bus
// must not receive messages of another one.
type Open func(tb testing.TB, textTTL time.Duration) live.Bus

// Run tests the buses that open returns. Broken connections are tested by the adapters, which know how to
// break them.
func Run(t *testing.T, open Open) {
	t.Helper()
	cases := []struct {
		name string
		test func(*testing.T, live.Bus)
	}{
		{"messages arrive in order", inOrder},
		{"every subscriber of a topic hears every message", everySubscriber},
		{"topics are apart", topicsApart},
		{"nobody needs to listen", noSubscriber},
		{"payloads are bytes of any kind and length", anyPayload},
		{"a payload may change once it is published", payloadCopied},
		{"a confirmed subscription misses nothing", confirmed},
		{"a subscription outlives its context", outlivesContext},
		{"nothing is delivered after cancel", nothingAfterCancel},
		{"cancel waits for a running delivery", cancelWaits},
		{"cancel drops what waits", cancelDropsWaiting},
		{"cancel of one leaves the others", cancelOne},
		{"a slow subscriber does not hold up the publisher", slowSubscriber},
		{"close ends all", closeEnds},
		{"close waits for a running delivery", closeWaits},

		{"a text grows", textGrows},
		{"append elsewhere than at the end changes nothing", mismatch},
		{"append at zero begins the text again", beginsAgain},
		{"replace stores the whole text", replace},
		{"texts of runs are apart", textsApart},
		{"offsets count bytes and UTF-16 units", offsets},
		{"any text comes through unchanged", anyText},
		{"text that is not UTF-8 is refused", notUTF8},
		{"of appends to one place one wins", oneWins},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, open(t, live.TextTTL))
		})
	}
	t.Run("a text is forgotten after its time", func(t *testing.T) {
		t.Parallel()
		forgotten(t, open)
	})
	t.Run("each append keeps the text for longer", func(t *testing.T) {
		t.Parallel()
		extendedByAppend(t, open)
	})
}
