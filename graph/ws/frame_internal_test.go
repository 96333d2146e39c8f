package ws

import (
	"slices"
	"testing"

	"github.com/gorilla/websocket"
)

func TestFrameEnd(t *testing.T) {
	t.Parallel()
	var batch []byte
	ends := []int{0}
	for _, size := range []int{0, 125, 126, 0xFFFF, 0x10000} {
		batch = append(appendHeader(batch, websocket.TextMessage, size), make([]byte, size)...)
		ends = append(ends, len(batch))
	}
	for at := range len(batch) + 1 {
		i, _ := slices.BinarySearch(ends, at)
		if got := frameEnd(batch, at); got != ends[i] {
			t.Fatalf("frame at %d ends at %d, want %d", at, got, ends[i])
		}
	}
}

func TestTruncate(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string
		size int
		want string
	}{
		"fits":             {"abc", 3, "abc"},
		"cut":              {"abcd", 3, "abc"},
		"between letters":  {"글글", 3, "글"},
		"inside a letter":  {"글글", 5, "글"},
		"not even one":     {"글", 2, ""},
		"an emoji of four": {"a😀", 4, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := truncate(tc.text, tc.size); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
