package sandboxai

import (
	"math/rand/v2"
	"strings"

	"github.com/weav-ai/weav/internal/ai"
)

// The default length of a reply in tokens, without the closing line.
const (
	shortReply = 110
	longReply  = 240
)

// view is what a reply states about its request.
type view struct {
	topic      string
	turn       int
	earlier    int
	instructed bool
}

// seen returns what req showed the model. The topic is empty for a turn without words.
func seen(req ai.TextRequest, prompt string) view {
	v := view{topic: shorten(prompt, 48), earlier: len(req.Turns) - 1, instructed: req.Instruction != ""}
	for _, t := range req.Turns {
		if t.Role == ai.RoleUser {
			v.turn++
		}
	}
	return v
}

// compose writes a Markdown reply of exactly tokens tokens, or of a default length for zero.
func compose(b *phrases, v view, tokens int, rng *rand.Rand) string {
	length := tokens
	if length == 0 {
		length = shortReply + rng.IntN(longReply-shortReply)
	}
	var text strings.Builder
	text.WriteString(b.opening(v, rng))
	sections := sectionPicker{book: b, rng: rng}
	for text.Len() < length*ai.BytesPerToken {
		text.WriteString("\n\n" + sections.next())
	}
	text.WriteString("\n\n" + b.closing)
	if tokens > 0 {
		return cut(text.String(), tokens)
	}
	return text.String()
}

// opening is the heading, the sentence that repeats the question, and a lead.
func (b *phrases) opening(v view, rng *rand.Rand) string {
	if v.topic == "" {
		v.topic = b.untitled
	}
	emoji := pick(rng, []string{"🌱", "🧭", "🛠️", "🚀", "👩‍💻", "📚"})
	return "## " + v.topic + " " + emoji + "\n\n" + b.summary(v) + " " + pick(rng, b.leads)
}

// sectionPicker returns the sections of a reply: a list first, then all others in a seeded order before any
// is repeated.
type sectionPicker struct {
	book *phrases
	rng  *rand.Rand
	left []string
	used bool
}

// next returns the next section.
func (d *sectionPicker) next() string {
	if !d.used {
		d.used = true
		return pick(d.rng, d.book.lists)
	}
	if len(d.left) == 0 {
		d.left = append(d.left, d.book.sections...)
		d.left = append(d.left, codeSamples...)
		d.rng.Shuffle(len(d.left), func(i, j int) { d.left[i], d.left[j] = d.left[j], d.left[i] })
	}
	section := d.left[0]
	d.left = d.left[1:]
	return section
}

// pick returns a random element.
func pick(rng *rand.Rand, from []string) string { return from[rng.IntN(len(from))] }
