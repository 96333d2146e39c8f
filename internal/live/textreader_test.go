package live_test

import (
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/live/memlive"
)

// TestTextThatASlowReaderMissedIsReadWhole writes more than waits in memory, whatever was returned before.
func TestTextThatASlowReaderMissedIsReadWhole(t *testing.T) {
	t.Parallel()
	const waits = 256 << 10
	piece := strings.Repeat("새로고침 ", 4<<10)
	tests := map[string]struct{ reported, pieces int }{
		"nothing reported, little waits":  {0, 2},
		"some reported, much waits":       {1, 1 + waits/len(piece) + 2},
		"nothing reported, and much more": {0, 3 * waits / len(piece)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bus := memlive.New()
			t.Cleanup(func() { _ = bus.Close() })
			news := make(chan struct{}, 1)
			r := live.NewTextReader(bus, "run", func() {
				select {
				case news <- struct{}{}:
				default:
				}
			})
			if err := r.Listen(t.Context()); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(r.Close)
			var end live.Offset
			var reported strings.Builder
			for i := range tt.pieces {
				if err := bus.Append(t.Context(), "run", end, piece); err != nil {
					t.Fatal(err)
				}
				end = end.End(piece)
				if i < tt.reported {
					reported.WriteString(next(t, r))
				}
			}
			want := strings.Repeat(piece, tt.pieces)
			for reported.Len() < len(want) { // The bus delivers beside the test.
				<-news
				reported.WriteString(next(t, r))
			}
			if reported.String() != want {
				t.Errorf("reported %d bytes, want %d", reported.Len(), len(want))
			}
			if again := next(t, r); again != "" {
				t.Errorf("reported %d bytes twice", len(again))
			}
		})
	}
}

func next(t *testing.T, r *live.TextReader) string {
	t.Helper()
	piece, _, err := r.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return piece
}

func TestRestIsWhatTheReaderLacks(t *testing.T) {
	t.Parallel()
	bus := memlive.New()
	t.Cleanup(func() { _ = bus.Close() })
	if err := bus.Append(t.Context(), "run", live.Offset{}, "a😀"); err != nil {
		t.Fatal(err)
	}
	r := live.NewTextReader(bus, "run", func() {})
	if got := next(t, r); got != "a😀" {
		t.Fatalf("reported %q", got)
	}
	piece, at := r.Rest("a😀b")
	if piece != "b" || at.UTF16 != 3 {
		t.Errorf("the rest is %q at %d, want b at 3", piece, at.UTF16)
	}
	if piece, _ := r.Rest("a😀b"); piece != "" {
		t.Errorf("the rest was reported twice: %q", piece)
	}
}
