package livetest

import (
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/weav-ai/weav/internal/live"
)

// textGrows appends in order. An empty delta is published too.
func textGrows(t *testing.T, bus live.Bus) {
	t.Helper()
	noText(t, bus, "run")
	r := Listen(t, bus, live.TextTopic("run"))
	end := write(t, bus, "run", live.Offset{}, "Once", " upon", "", " a time")
	if end != (live.Offset{Bytes: 16, UTF16: 16}) {
		t.Errorf("the text ends at %+v", end)
	}
	wantText(t, bus, "run", "Once upon a time")
	want := []live.Delta{
		{Run: "run", Text: "Once"},
		{Run: "run", At: live.Offset{Bytes: 4, UTF16: 4}, Text: " upon"},
		{Run: "run", At: live.Offset{Bytes: 9, UTF16: 9}},
		{Run: "run", At: live.Offset{Bytes: 9, UTF16: 9}, Text: " a time"},
	}
	if diff := cmp.Diff(want, deltas(t, r, 4)); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
}

// mismatch appends at other places than the end. Such a delta must be neither stored nor published, since readers
// would show a text that is not the stored one.
func mismatch(t *testing.T, bus live.Bus) {
	t.Helper()
	cases := []struct {
		name, run string
		at        int
	}{
		{"before the end", "run", 3},
		{"behind the end", "run", 5},
		{"in UTF-16 units", "run", 1},
		{"before the beginning", "run", -1},
		{"of a text that is not there", "other", 4},
	}
	if err := bus.Replace(t.Context(), "run", "👋"); err != nil {
		t.Fatal(err)
	}
	r, other := Listen(t, bus, live.TextTopic("run")), Listen(t, bus, live.TextTopic("other"))
	for _, c := range cases {
		err := bus.Append(t.Context(), c.run, live.Offset{Bytes: c.at, UTF16: c.at}, "x")
		if !errors.Is(err, live.ErrMismatch) {
			t.Errorf("%s: error %v, want ErrMismatch", c.name, err)
		}
	}
	wantText(t, bus, "run", "👋")
	noText(t, bus, "other")
	write(t, bus, "run", live.Offset{Bytes: 4, UTF16: 2}, "!")
	write(t, bus, "other", live.Offset{}, "!")
	if deltas(t, r, 1)[0].Text != "!" || deltas(t, other, 1)[0].Text != "!" {
		t.Error("what was not stored was published")
	}
}

// beginsAgain appends at offset 0 of an existing text, as the next run of a reply does.
func beginsAgain(t *testing.T, bus live.Bus) {
	t.Helper()
	write(t, bus, "run", live.Offset{}, "the first", " attempt")
	write(t, bus, "run", live.Offset{}, "second", "!")
	wantText(t, bus, "run", "second!")
	write(t, bus, "run", live.Offset{}, "")
	wantText(t, bus, "run", "")
}

// replace stores whole texts, as a worker does after a mismatch. Readers get them as Whole, so that they need no
// offset.
func replace(t *testing.T, bus live.Bus) {
	t.Helper()
	r := Listen(t, bus, live.TextTopic("run"))
	for _, text := range []string{"from nothing", "shorter", "", "한국어"} {
		if err := bus.Replace(t.Context(), "run", text); err != nil {
			t.Fatal(err)
		}
		wantText(t, bus, "run", text)
	}
	write(t, bus, "run", live.Offset{Bytes: 9, UTF16: 3}, " 👋")
	wantText(t, bus, "run", "한국어 👋")
	want := []live.Delta{
		{Run: "run", Text: "from nothing", Whole: true},
		{Run: "run", Text: "shorter", Whole: true},
		{Run: "run", Whole: true},
		{Run: "run", Text: "한국어", Whole: true},
		{Run: "run", At: live.Offset{Bytes: 9, UTF16: 3}, Text: " 👋"},
	}
	if diff := cmp.Diff(want, deltas(t, r, len(want))); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
}

// textsApart checks that the topic of a text has the deltas of its run alone.
func textsApart(t *testing.T, bus live.Bus) {
	t.Helper()
	r := Listen(t, bus, live.TextTopic("a"))
	write(t, bus, "b", live.Offset{}, "of b")
	write(t, bus, "a", live.Offset{}, "of a")
	wantText(t, bus, "a", "of a")
	wantText(t, bus, "b", "of b")
	if d := deltas(t, r, 1)[0]; d.Run != "a" || d.Text != "of a" {
		t.Errorf("the topic of a carried %+v", d)
	}
}

// offsets writes code points one by one and rebuilds the text as a browser does, which indexes strings by
// UTF-16 units.
func offsets(t *testing.T, bus live.Bus) {
	t.Helper()
	const text = "a é 안녕 👋🏽 👩‍👩‍👧 𝄞 \U0010FFFF z"
	r := Listen(t, bus, live.TextTopic("run"))
	var points []string
	for _, c := range text {
		points = append(points, string(c))
	}
	write(t, bus, "run", live.Offset{}, points...)
	wantText(t, bus, "run", text)
	var browser []uint16
	for _, d := range deltas(t, r, len(points)) {
		if d.At.Bytes != len(string(utf16.Decode(browser))) || d.At.UTF16 != len(browser) {
			t.Errorf("%q is at %+v, want it behind %q", d.Text, d.At, string(utf16.Decode(browser)))
		}
		browser = append(browser[:d.At.UTF16], utf16.Encode([]rune(d.Text))...)
	}
	if got := string(utf16.Decode(browser)); got != text {
		t.Errorf("a browser shows %q, want %q", got, text)
	}
}

// anyText appends what JSON and HTML escape, and U+0000, which Postgres would refuse.
func anyText(t *testing.T, bus live.Bus) {
	t.Helper()
	texts := []string{
		"<script>a && b</script>", "\"quoted\" \\ / \b\f\n\r\t", "\u2028\u2029", "\u0000\u0001\u007f", "\uFFFD\uFEFF", "e\u0301",
	}
	r := Listen(t, bus, live.TextTopic("run"))
	write(t, bus, "run", live.Offset{}, texts...)
	var all string
	for i, d := range deltas(t, r, len(texts)) {
		if d.Text != texts[i] {
			t.Errorf("published %q, want %q", d.Text, texts[i])
		}
		all += d.Text
	}
	wantText(t, bus, "run", all)
}

// notUTF8 appends half a code point, as a provider that cuts its stream by bytes would. It has no UTF-16 length.
func notUTF8(t *testing.T, bus live.Bus) {
	t.Helper()
	write(t, bus, "run", live.Offset{}, "안")
	half := "안"[:2]
	if err := bus.Append(t.Context(), "run", live.Offset{Bytes: 3, UTF16: 1}, half); err == nil {
		t.Error("half a code point was appended")
	}
	if err := bus.Replace(t.Context(), "run", half); err == nil {
		t.Error("half a code point was stored")
	}
	wantText(t, bus, "run", "안")
}

// oneWins lets several workers append at one place, as after a takeover: one delta is stored, and the other workers
// get ErrMismatch.
func oneWins(t *testing.T, bus live.Bus) {
	t.Helper()
	r := Listen(t, bus, live.TextTopic("run"))
	at := write(t, bus, "run", live.Offset{}, "start")
	const rounds, writers = 20, 8
	for range rounds {
		var won atomic.Int32
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				switch err := bus.Append(t.Context(), "run", at, "+one"); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, live.ErrMismatch):
					t.Errorf("append: %v", err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d of %d writers appended to the same place", won.Load(), writers)
		}
		at = at.End("+one")
	}
	text, _, err := bus.Text(t.Context(), "run")
	if err != nil || len(text) != at.Bytes {
		t.Errorf("the text has %d bytes (%v), want %d", len(text), err, at.Bytes)
	}
	publish(t, bus, live.TextTopic("run"), `{"run":"the last"}`)
	if all := deltas(t, r, rounds+2); all[rounds+1].Run != "the last" {
		t.Error("more was published than was stored")
	}
}

// write appends deltas one behind the other and returns where the text then ends.
func write(tb testing.TB, bus live.Bus, run string, at live.Offset, parts ...string) live.Offset {
	tb.Helper()
	for _, p := range parts {
		if err := bus.Append(tb.Context(), run, at, p); err != nil {
			tb.Fatalf("append %q at %+v: %v", p, at, err)
		}
		at = at.End(p)
	}
	return at
}

// deltas waits for the first n deltas of a text topic.
func deltas(tb testing.TB, r *Recorder, n int) []live.Delta {
	tb.Helper()
	out := make([]live.Delta, n)
	for i, payload := range r.Wait(tb, n) {
		if err := json.Unmarshal([]byte(payload), &out[i]); err != nil {
			tb.Fatalf("delta %q: %v", payload, err)
		}
	}
	return out
}

// wantText fails the test unless the run has the text.
func wantText(tb testing.TB, bus live.Bus, run, want string) {
	tb.Helper()
	got, ok, err := bus.Text(tb.Context(), run)
	if err != nil || !ok || got != want {
		tb.Errorf("the text of %s is %q, %t, %v; want %q", run, got, ok, err, want)
	}
}

// noText fails the test if the run has a text.
func noText(tb testing.TB, bus live.Bus, run string) {
	tb.Helper()
	if got, ok, err := bus.Text(tb.Context(), run); err != nil || ok || got != "" {
		tb.Errorf("the text of %s is %q, %t, %v; want none", run, got, ok, err)
	}
}
