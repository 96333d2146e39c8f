package chat

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/usage"
)

// branch is messages newest first, from texts oldest first: the person's and the model's in turn.
func branchOf(texts ...string) []*ent.Message {
	out := make([]*ent.Message, len(texts))
	var parent *oid.Message
	for i, said := range texts {
		role := message.RoleUser
		if i%2 == 1 {
			role = message.RoleAssistant
		}
		m := &ent.Message{ID: oid.New[oid.Message](), ParentID: parent, Role: role, Text: said}
		parent = &m.ID
		out[len(texts)-1-i] = m
	}
	return out
}

func pngs(sizes ...int64) []file.Attached {
	out := make([]file.Attached, len(sizes))
	for i, n := range sizes {
		out[i] = file.Attached{File: &ent.File{MimeType: "image/png", Bytes: n}}
	}
	return out
}

func TestFitKeepsTheNewestWhole(t *testing.T) {
	t.Parallel()
	word := strings.Repeat("x", 30) // 10 tokens, 18 as a turn
	for name, c := range map[string]struct {
		texts   []string
		budget  int64
		kept    int
		omitted int
	}{
		"all of them":                    {[]string{word, word, word}, 54, 3, 0},
		"one token short":                {[]string{word, word, word}, 53, 1, 2},
		"the newest whatever it takes":   {[]string{word, word, strings.Repeat("가", 5000)}, 10, 1, 2},
		"the newest without any room":    {[]string{word}, -100, 1, 0},
		"nothing older than what is out": {[]string{"x", "x", strings.Repeat(word, 9), word, word}, 60, 1, 4},
		"no reply without its question":  {[]string{word, word, word, word, word}, 72, 3, 2},
		"replies without text":           {[]string{word, "", word}, 36, 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kept, omitted := fit(branchOf(c.texts...), nil, c.budget)
			if len(kept) != c.kept || omitted != c.omitted {
				t.Errorf("%d kept and %d omitted, want %d and %d", len(kept), omitted, c.kept, c.omitted)
			}
			if kept[0].said.Text != c.texts[len(c.texts)-1] {
				t.Error("the newest is not whole")
			}
		})
	}
}

func TestFitIsSilentOnAWelcome(t *testing.T) {
	t.Parallel()
	branch := branchOf("said", "welcome")[:2]
	branch[0].Role, branch[1].Role = message.RoleUser, message.RoleAssistant
	if kept, omitted := fit(branch, nil, 0); len(kept) != 1 || kept[0].said != branch[0] || omitted != 0 {
		t.Errorf("%d kept and %d omitted", len(kept), omitted)
	}
}

func TestFitShowsTheNewestImages(t *testing.T) {
	t.Parallel()
	const mb = 1_000_000
	for name, c := range map[string]struct {
		older, newer, newest []file.Attached
		budget               int64
		shown                []int // of the newest, the newer and the older message
		omitted              int
	}{
		"all of them":              {pngs(mb), pngs(mb), pngs(mb), 100_000, []int{1, 1, 1}, 0},
		"ten of them":              {pngs(1, 1), pngs(1, 1, 1, 1), pngs(1, 1, 1, 1, 1), 100_000, []int{5, 4, 1}, 1},
		"20 MB of them":            {pngs(1), pngs(mb, 10*mb), pngs(10 * mb), 100_000, []int{1, 1, 0}, 2},
		"what the window takes":    {pngs(1), pngs(1), pngs(1), 6000, []int{1, 1, 0}, 1},
		"the newest in any window": {nil, pngs(1), pngs(1, 1), 100, []int{2, 0, 0}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			branch := branchOf("a", "", "b", "", "c")
			kept, omitted := fit(branch, map[oid.Message][]file.Attached{
				branch[0].ID: c.newest, branch[2].ID: c.newer, branch[4].ID: c.older,
			}, c.budget)
			shown := make([]int, 3)
			for i, l := range kept {
				shown[i] = len(l.pictures)
			}
			if !cmp.Equal(shown, c.shown) || omitted != c.omitted {
				t.Errorf("%v shown and %d omitted, want %v and %d", shown, omitted, c.shown, c.omitted)
			}
		})
	}
}

func TestAtMost(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]int64{"": 0, "a": 1, "abc": 1, "abcd": 2, "é": 1, "가": 2, "가나다": 6, "🌱": 2, "abc 가": 4} {
		if got := usage.AtMost(said); got != want {
			t.Errorf("%q is at most %d tokens, want %d", said, got, want)
		}
	}
}

func TestWindow(t *testing.T) {
	t.Parallel()
	m := catalog.Model{MaxOutputTokens: 64, Text: &catalog.TextCaps{ContextTokens: 400}}
	if got := window(m, strings.Repeat("x", 30)); got != 400-20-64-10-8 {
		t.Errorf("the window is %d", got)
	}
	less, more := 200, 390
	for most, want := range map[*int]int64{&less: 200 - 10 - 10 - 8, &more: 400 - 20 - 64 - 10 - 8} {
		m.Text.InputTokens = most
		if got := window(m, strings.Repeat("x", 30)); got != want {
			t.Errorf("with at most %d tokens in, the window is %d, want %d", *most, got, want)
		}
	}
	if got := window(catalog.Model{}, ""); got != 0 {
		t.Errorf("of a model without a text it is %d", got)
	}
}

func TestSizeOfAMessage(t *testing.T) {
	t.Parallel()
	seer := catalog.Model{ID: "seer", MaxInputChars: 3, Capabilities: []catalog.Capability{catalog.ImageInput}}
	blind := catalog.Model{ID: "blind", MaxInputChars: 3}
	film := file.Attached{File: &ent.File{MimeType: "video/mp4"}}
	note := file.Attached{Artifact: &ent.Artifact{MimeType: "text/markdown"}}
	for name, c := range map[string]struct {
		said        string
		carried     []file.Attached
		seer, blind bool
	}{
		"three characters": {"가나다", nil, true, true},
		"four":             {"가나다라", nil, false, false},
		"an image":         {"", pngs(20_000_000), true, false},
		"too large a one":  {"", pngs(20_000_001), false, false},
		"a film":           {"", []file.Attached{film}, false, false},
		"a text":           {"", []file.Attached{note}, false, false},
	} {
		b := measureMessage(c.said, c.carried)
		if b.fits(seer) != c.seer || b.fits(blind) != c.blind {
			t.Errorf("%s: a model that sees takes it: %v, one that does not: %v", name, b.fits(seer), b.fits(blind))
		}
	}
}
