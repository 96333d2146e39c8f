package aitest

import (
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
)

// yielded is one event of a hand-made stream.
type yielded struct {
	ev  ai.TextEvent
	err error
}

func play(events ...yielded) iter.Seq2[ai.TextEvent, error] {
	return func(yield func(ai.TextEvent, error) bool) {
		for _, e := range events {
			if !yield(e.ev, e.err) {
				return
			}
		}
	}
}

func delta(text string) yielded { return yielded{ev: ai.TextEvent{Delta: text}} }

func TestRecordFindsFlaws(t *testing.T) {
	t.Parallel()
	final := yielded{ev: ai.TextEvent{Final: &ai.TextResult{}}}
	failed := yielded{err: &ai.Error{Kind: ai.Upstream}}
	shown := yielded{err: &ai.Error{Kind: ai.Upstream, Shown: true}}
	tests := []struct {
		name   string
		events []yielded
		flaw   string
	}{
		{"a good reply", []yielded{delta("a"), delta(""), final}, ""},
		{"a good failure", []yielded{failed}, ""},
		{"a good late failure", []yielded{delta("a"), shown}, ""},
		{"no end", []yielded{delta("a")}, "neither a final nor an error"},
		{"nothing at all", nil, "neither a final nor an error"},
		{"two finals", []yielded{final, final}, "after the end"},
		{"delta after the final", []yielded{final, delta("a")}, "after the end"},
		{"delta after an error", []yielded{failed, delta("a")}, "after the end"},
		{"final after an error", []yielded{failed, final}, "after the end"},
		{"final with a delta", []yielded{{ev: ai.TextEvent{Delta: "a", Final: &ai.TextResult{}}}}, "carries a delta"},
		{"error with a delta", []yielded{{ev: ai.TextEvent{Delta: "a"}, err: failed.err}}, "comes with an event"},
		{"foreign error", []yielded{{err: errors.New("boom")}}, "no *ai.Error"},
		{"shown without a delta", []yielded{shown}, "Shown true after 0"},
		{"delta not shown", []yielded{delta("a"), failed}, "Shown false after 1"},
		{"half a code point", []yielded{delta("\xea\xb0"), delta("\x80"), final}, "no UTF-8"},
		{"U+0000", []yielded{delta("a\x00"), final}, "U+0000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			flaws := strings.Join(record(play(tt.events...), nil).flaws, "; ")
			if !strings.Contains(flaws, tt.flaw) || (flaws == "") != (tt.flaw == "") {
				t.Errorf("flaws = %q, want %q", flaws, tt.flaw)
			}
		})
	}
}
