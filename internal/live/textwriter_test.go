package live_test

import (
	"errors"
	"log/slog"
	"slices"
	"testing"

	"github.com/weav-ai/weav/internal/live"
)

var errDown = errors.New("the bus is down")

// TestTextWriterPublishesWhatTheBusLacks writes each step's text and publishes it.
func TestTextWriterPublishesWhatTheBusLacks(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		steps    []string
		fail     []error
		calls    []string
		reported []int
	}{
		{name: "nothing was written", steps: []string{"", ""}},
		{
			name:     "piece by piece",
			steps:    []string{"a😀", "", "b"},
			calls:    []string{"append run 0/0 a😀", "append run 5/3 b"},
			reported: []int{5, 1},
		},
		{
			name:     "the bus has lost the text",
			steps:    []string{"a", "b", "c"},
			fail:     []error{nil, live.ErrMismatch},
			calls:    []string{"append run 0/0 a", "append run 1/1 b", "replace run ab", "append run 2/2 c"},
			reported: []int{1, 1, 1},
		},
		{
			name:     "the bus was down",
			steps:    []string{"a", "b", "c"},
			fail:     []error{errDown},
			calls:    []string{"append run 0/0 a", "replace run ab", "append run 2/2 c"},
			reported: []int{1, 1},
		},
		{
			name:     "the bus was down and nothing more was written",
			steps:    []string{"a", "", ""},
			fail:     []error{errDown},
			calls:    []string{"append run 0/0 a", "replace run a"},
			reported: []int{0},
		},
		{
			name:     "the bus stays down",
			steps:    []string{"a", "b", "c"},
			fail:     []error{live.ErrMismatch, errDown, errDown},
			calls:    []string{"append run 0/0 a", "replace run a", "replace run ab", "replace run abc"},
			reported: []int{1},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bus := &stubBus{fail: c.fail}
			var reported []int
			w := live.NewTextWriter(bus, "run", slog.New(slog.DiscardHandler), func(n int) { reported = append(reported, n) })
			for _, text := range c.steps {
				w.Write(text)
				w.Publish(t.Context())
			}
			if !slices.Equal(bus.calls, c.calls) {
				t.Errorf("the bus was asked\n%q\nwant\n%q", bus.calls, c.calls)
			}
			if !slices.Equal(reported, c.reported) {
				t.Errorf("reported %v bytes, want %v", reported, c.reported)
			}
		})
	}
}

func TestTextWriterGathers(t *testing.T) {
	t.Parallel()
	bus := &stubBus{}
	w := live.NewTextWriter(bus, "run", slog.New(slog.DiscardHandler), func(int) {})
	w.Write("안")
	w.Write("녕")
	if w.String() != "안녕" || w.Len() != 6 || len(bus.calls) != 0 {
		t.Errorf("the text is %q of %d bytes and the bus has %q, want 안녕 of 6 and nothing", w.String(), w.Len(), bus.calls)
	}
	w.Publish(t.Context())
	if want := []string{"append run 0/0 안녕"}; !slices.Equal(bus.calls, want) {
		t.Errorf("the bus was asked %q, want %q", bus.calls, want)
	}
}

// TestTextWriterPending would fail if a bus that is down stopped its caller from gathering.
func TestTextWriterPending(t *testing.T) {
	t.Parallel()
	w := live.NewTextWriter(&stubBus{fail: []error{errDown}}, "run", slog.New(slog.DiscardHandler), func(int) {})
	for _, step := range []struct {
		after string
		do    func()
		want  bool
	}{
		{"nothing", func() {}, false},
		{"an empty piece", func() { w.Write("") }, false},
		{"a piece", func() { w.Write("a") }, true},
		{"a publish that failed", func() { w.Publish(t.Context()) }, false},
		{"the next piece", func() { w.Write("b") }, true},
		{"a publish", func() { w.Publish(t.Context()) }, false},
	} {
		step.do()
		if got := w.Pending(); got != step.want {
			t.Errorf("after %s pending is %t, want %t", step.after, got, step.want)
		}
	}
}
