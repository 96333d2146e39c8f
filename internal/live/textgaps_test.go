package live_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/live"
)

// delta is a piece at a place in a text of ASCII.
func delta(at int, text string) live.Delta {
	return live.Delta{Run: "run", At: live.Offset{Bytes: at, UTF16: at}, Text: text}
}

// TestTextReaderReturnsAllTextOnce begins with a reader that has returned "abc".
func TestTextReaderReturnsAllTextOnce(t *testing.T) {
	t.Parallel()
	full := strings.Repeat("d", 256<<10) // All that may wait.
	cases := []struct {
		name     string
		received []live.Delta
		lost     bool
		stray    string // a payload that is no delta
		text     string // of the bus; "" for none
		want     string
		reads    int
	}{
		{name: "nothing"},
		{name: "pieces in a row", received: []live.Delta{delta(3, "de"), delta(5, "f")}, text: "unread", want: "def"},
		{name: "a piece it has", received: []live.Delta{delta(1, "b"), delta(0, "abc")}},
		{name: "pieces that overlap", received: []live.Delta{delta(2, "cd"), delta(3, "def")}, want: "def"},
		{name: "the whole", received: []live.Delta{{Run: "run", Text: "abcdef", Whole: true}}, want: "def"},
		{name: "a gap", received: []live.Delta{delta(3, "d"), delta(5, "f")}, text: "abcdef", want: "def", reads: 1},
		{name: "a gap, and the bus is further", received: []live.Delta{delta(5, "f")}, text: "abcdefgh", want: "defgh", reads: 1},
		{name: "a gap, and the bus has no text", received: []live.Delta{delta(3, "d"), delta(5, "f")}, want: "d", reads: 1},
		{name: "a gap, and the bus has less", received: []live.Delta{delta(3, "de"), delta(9, "z")}, text: "abcd", want: "de", reads: 1},
		{name: "as much as may wait", received: []live.Delta{delta(3, full)}, text: "unread", want: full},
		{
			name:     "more than may wait",
			received: []live.Delta{delta(3, full), delta(3+len(full), "e")},
			text:     "abc" + full + "e", want: full + "e", reads: 1,
		},
		{name: "the connection was lost", lost: true, text: "abcdef", want: "def", reads: 1},
		{name: "a message that cannot be read", stray: "{", text: "abcdef", want: "def", reads: 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bus := &stubBus{text: "abc"}
			r := listening(t, bus)
			if got := next(t, r); got != "abc" {
				t.Fatalf("begun with %q", got)
			}
			bus.text, bus.none, bus.reads = c.text, c.text == "", 0
			for _, d := range c.received {
				bus.say(d)
			}
			if c.stray != "" {
				bus.deliver([]byte(c.stray))
			}
			if c.lost {
				bus.lost()
			}
			piece, at, err := r.Next(t.Context())
			if piece != c.want || at.Bytes != 3 || at.UTF16 != 3 || err != nil {
				t.Errorf("reported %.40q at %+v, %v; want %.40q at 3", piece, at, err, c.want)
			}
			if bus.reads != c.reads {
				t.Errorf("the bus was read %d times, want %d", bus.reads, c.reads)
			}
			if again := next(t, r); again != "" {
				t.Errorf("then reported %q", again)
			}
		})
	}
}

// listening is a reader that is subscribed to the bus.
func listening(t *testing.T, bus *stubBus) *live.TextReader {
	t.Helper()
	r := live.NewTextReader(bus, "run", func() {})
	if err := r.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTextReaderReadsAgainAfterAFault(t *testing.T) {
	t.Parallel()
	bus := &stubBus{text: "abc"}
	r := listening(t, bus)
	next(t, r)
	bus.say(delta(3, "d"))
	bus.say(delta(5, "f"))
	bus.textErr = errDown
	if piece, _, err := r.Next(t.Context()); piece != "d" || !errors.Is(err, errDown) {
		t.Errorf("while the bus is down: %q, %v", piece, err)
	}
	bus.text, bus.textErr = "abcdef", nil
	if got := next(t, r); got != "ef" {
		t.Errorf("reported %q, want ef", got)
	}
}

// TestTextReaderFollowsWhatIsOffered uses the database's texts while a bus is down.
func TestTextReaderFollowsWhatIsOffered(t *testing.T) {
	t.Parallel()
	bus := &stubBus{textErr: errDown}
	notified := 0
	r := live.NewTextReader(bus, "run", func() { notified++ })
	steps := []struct {
		name, offer string
		back        string // the bus is back with this text
		want        string
		notified    int
	}{
		{name: "nothing yet"},
		{name: "the first checkpoint", offer: "ab", want: "ab", notified: 1},
		{name: "the same once more", offer: "ab"},
		{name: "a later one", offer: "abcd", want: "cd", notified: 1},
		{name: "an older one", offer: "abc"},
		{name: "the bus is back with more", back: "abcdef", want: "ef"},
	}
	for _, s := range steps {
		notified = 0
		if s.offer != "" {
			r.Offer(s.offer)
		}
		if s.back != "" {
			bus.text, bus.textErr = s.back, nil
		}
		piece, _, err := r.Next(t.Context())
		if piece != s.want || (err != nil) != (bus.textErr != nil) || notified != s.notified {
			t.Errorf("%s: %q, %v, %d notices; want %q, %d notices", s.name, piece, err, notified, s.want, s.notified)
		}
	}
}

func TestTextReaderListens(t *testing.T) {
	t.Parallel()
	bus, notified := &stubBus{fail: []error{errDown}, text: "abc"}, 0
	r := live.NewTextReader(bus, "run", func() { notified++ })
	r.Close()
	if err := r.Listen(t.Context()); !errors.Is(err, errDown) {
		t.Errorf("on a bus that is down: %v", err)
	}
	for range 2 {
		if err := r.Listen(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"text:run", "text:run"}; !slices.Equal(bus.topics, want) {
		t.Errorf("subscribed to %q, want one that failed and one that did not", bus.topics)
	}
	bus.say(delta(0, "a"))
	bus.lost()
	if notified != 3 {
		t.Errorf("notified %d times, want 3: it listens, a piece came, some were lost", notified)
	}
	r.Close()
	if bus.cancelled != 1 {
		t.Errorf("cancelled %d subscriptions, want 1", bus.cancelled)
	}
}

// TestTextReaderReadsWhatWasWrittenBeforeItListened would fail if only a new reader read the whole text.
func TestTextReaderReadsWhatWasWrittenBeforeItListened(t *testing.T) {
	t.Parallel()
	bus := &stubBus{text: "abc"}
	r := live.NewTextReader(bus, "run", func() {})
	next(t, r)
	bus.text = "abcdef"
	if err := r.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := next(t, r); got != "def" {
		t.Errorf("reported %q, want def", got)
	}
}
