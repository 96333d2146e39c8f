package live_test

import (
	"testing"

	"github.com/weav-ai/weav/internal/live"
)

// TestDeltaEncode pins the wire: processes of two releases exchange it.
func TestDeltaEncode(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		delta live.Delta
		want  string
	}{
		{"the first piece", live.Delta{Run: "run_1", Text: "hi"}, `{"run":"run_1","at":{"b":0,"u":0},"text":"hi"}`},
		{
			"a later piece",
			live.Delta{Run: "run_1", At: live.Offset{Bytes: 7, UTF16: 3}, Text: "안"},
			`{"run":"run_1","at":{"b":7,"u":3},"text":"안"}`,
		},
		{"the whole", live.Delta{Run: "run_1", Whole: true}, `{"run":"run_1","at":{"b":0,"u":0},"text":"","whole":true}`},
		{"code", live.Delta{Run: "run_1", Text: "a<b && c>d"}, `{"run":"run_1","at":{"b":0,"u":0},"text":"a<b && c>d"}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := c.delta.Encode()
			if err != nil || string(got) != c.want {
				t.Errorf("got %s, %v; want %s", got, err, c.want)
			}
		})
	}
}

func TestDeltaEncodeRefusesHalves(t *testing.T) {
	t.Parallel()
	if got, err := (live.Delta{Text: "안"[:1]}).Encode(); err == nil {
		t.Errorf("half a code point became %s", got)
	}
}

func TestOffsetEnd(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, text string
		want       live.Offset
	}{
		{"nothing", "", live.Offset{Bytes: 5, UTF16: 3}},
		{"ASCII", "ab", live.Offset{Bytes: 7, UTF16: 5}},
		{"Hangul", "안녕", live.Offset{Bytes: 11, UTF16: 5}},
		{"the last of the BMP", "\uFFFF", live.Offset{Bytes: 8, UTF16: 4}},
		{"the first beyond", "\U00010000", live.Offset{Bytes: 9, UTF16: 5}},
		{"an emoji of several code points", "👩‍👧", live.Offset{Bytes: 16, UTF16: 8}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := (live.Offset{Bytes: 5, UTF16: 3}).End(c.text); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
