package chat

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/live/memlive"
	"github.com/weav-ai/weav/internal/oid"
)

// TestTextThatASlowReaderMissedIsReadWhole writes more than waits in memory, whatever the reader was told before.
func TestTextThatASlowReaderMissedIsReadWhole(t *testing.T) {
	t.Parallel()
	piece := strings.Repeat("새로고침 ", 4<<10)
	tests := map[string]struct{ told, pieces int }{
		"nothing told, little waits":  {0, 2},
		"something told, much waits":  {1, 1 + maxWaiting/len(piece) + 2},
		"nothing told, and much more": {0, 3 * maxWaiting / len(piece)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bus := memlive.New()
			t.Cleanup(func() { _ = bus.Close() })
			w := &watcher{s: &Service{bus: bus, log: slog.New(slog.DiscardHandler)}}
			r := &textReader{run: oid.New[oid.Run]()}
			var end live.Offset
			for i := range tt.pieces {
				if err := bus.Append(t.Context(), r.run.String(), end, piece); err != nil {
					t.Fatal(err)
				}
				if i < tt.told {
					r.have = end.End(piece)
				} else {
					r.push(published(t, end, piece))
				}
				if r.size > maxWaiting {
					t.Fatalf("%d bytes wait", r.size)
				}
				end = end.End(piece)
			}
			rest, err := w.gathered(t.Context(), r)
			if want := strings.Repeat(piece, tt.pieces-tt.told); err != nil || rest != want {
				t.Errorf("gathered %d bytes (%v), want %d", len(rest), err, len(want))
			}
		})
	}
}

func published(t *testing.T, at live.Offset, text string) []byte {
	t.Helper()
	payload, err := json.Marshal(live.Delta{At: at, Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return payload
}
