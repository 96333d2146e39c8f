package chat

import (
	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/usage"
)

const (
	// maxPictures is how many images a model is shown at most, the newest.
	maxPictures = 10
	// pictureTokens is what an image may take of the window. Providers reckon from some 250 to 2,500 tokens.
	pictureTokens = 2500
	// turnTokens is what a provider adds to each turn for its role and its borders, with a margin.
	turnTokens = 8
	// windowMargin is the part of the window that is left free, for what a provider adds of its own.
	windowMargin = 20
)

// line is a message of a prompt.
type line struct {
	said     *ent.Message
	pictures []file.Attached
	// partial says that some of its pictures had no room.
	partial bool
}

// window is how many tokens of conversation a model has room for beside its instruction and its answer.
func window(m catalog.Model, instruction string) int64 {
	if m.Text == nil {
		return 0
	}
	all := int64(m.Text.ContextTokens)
	room := all - all/windowMargin - int64(m.MaxOutputTokens)
	if n := m.Text.InputTokens; n != nil {
		most := int64(*n)
		room = min(room, most-most/windowMargin)
	}
	return room - usage.AtMost(instruction) - turnTokens
}

// fit keeps the newest messages, given newest first, that fit into budget tokens; no message is ever cut. The
// newest is kept whole, since its length was capped when it was sent. From the first message on that does not
// fit all are left out, and so are images from the first on that is one too many, too large or too long.
//
// A message counts as omitted when it, or an image of it, had no room. What is never sent to a model does not
// count: a welcome, and replies without text.
func fit(newestFirst []*ent.Message, pictures map[oid.Message][]file.Attached, budget int64) (kept []line, omitted int) {
	room := room{tokens: budget, pictures: maxPictures, bytes: maxPictureBytes}
	for _, m := range newestFirst {
		if m.Text == "" || isWelcome(m) {
			continue
		}
		cost := usage.AtMost(m.Text) + turnTokens
		if len(kept) > 0 && cost > room.tokens {
			room.tokens = 0 // Whatever is older is left out too, however short.
			omitted++
			continue
		}
		room.tokens -= cost
		l := line{said: m, pictures: room.show(pictures[m.ID], len(kept) == 0)}
		if l.partial = len(l.pictures) < len(pictures[m.ID]); l.partial {
			omitted++
		}
		kept = append(kept, l)
	}
	return beginWithPerson(kept, omitted)
}

// beginWithPerson leaves out replies whose question was left out: providers want the person to begin.
func beginWithPerson(kept []line, omitted int) ([]line, int) {
	for n := len(kept); n > 1 && kept[n-1].said.Role == message.RoleAssistant; n = len(kept) {
		kept = kept[:n-1]
		omitted++
	}
	return kept, omitted
}

// room is what is left for older messages.
type room struct {
	tokens   int64
	pictures int
	bytes    int64
}

// show takes the images that have room, in order. All of the newest message have: they were counted when it was sent.
func (r *room) show(pictures []file.Attached, newest bool) []file.Attached {
	for i, p := range pictures {
		if !newest && (r.pictures < 1 || r.bytes < p.Bytes() || r.tokens < pictureTokens) {
			r.pictures = 0
			return pictures[:i]
		}
		r.pictures--
		r.bytes -= p.Bytes()
		r.tokens -= pictureTokens
	}
	return pictures
}
