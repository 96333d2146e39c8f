package geminiai_test

import (
	"maps"
	"net/http"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/aitest"
)

// finishes are Gemini's finish reasons; it has none for a refusal yet.
var finishes = map[ai.Finish]string{
	ai.FinishStop:          "STOP",
	ai.FinishLength:        "MAX_TOKENS",
	ai.FinishContentFilter: "SAFETY",
	ai.FinishRefusal:       "MODEL_REFUSAL",
}

func TestSuite(t *testing.T) {
	aitest.Run(t, aitest.Harness{
		Provider: providerName,
		Fails:    slices.Sorted(maps.Keys(refusals)),
		Play: func(t *testing.T, s aitest.Script) aitest.Call {
			v := newVendor(t, func(w http.ResponseWriter, r *http.Request) { playText(w, r, s) })
			return aitest.Call{Streamer: v, Request: textRequest("hello"), Closed: v.closed}
		},
	})
}

func textRequest(prompt string) ai.TextRequest {
	return ai.TextRequest{Model: textModel, Turns: []ai.Turn{{Role: ai.RoleUser, Text: prompt}}}
}

// playText streams a script as Gemini does: thoughts, then text, each event with the usage so far,
// the last with the finish reason.
func playText(w http.ResponseWriter, r *http.Request, s aitest.Script) {
	if s.Fail != "" {
		refusals[s.Fail].send(w)
		return
	}
	var events []any
	if s.Text != "" {
		events = append(events, part(object{"text": "Let me think.", "thought": true}, 0, 3))
	}
	for i, piece := range pieces(s.Text) {
		events = append(events, part(object{"text": piece}, i+1, 3))
	}
	if s.Ending == aitest.Completes {
		last := answer("", len(s.Text), 0)
		last["candidates"] = []object{{"finishReason": finishes[s.Finish], "index": 0}}
		events = append(events, last)
	}
	sendEvents(w, events...)
	if s.Ending == aitest.Hangs {
		<-r.Context().Done()
	}
}

// part is an event with one part.
func part(p object, output, thoughts int) object {
	ev := answer("", output, thoughts)
	ev["candidates"] = []object{{"content": object{"parts": []object{p}, "role": "model"}, "index": 0}}
	return ev
}

// answer is an event, or a whole answer, with a finish reason and no content.
func answer(finish string, output, thoughts int) object {
	a := object{
		"usageMetadata": object{"promptTokenCount": 11, "candidatesTokenCount": output, "thoughtsTokenCount": thoughts, "cachedContentTokenCount": 4},
		"modelVersion":  textModel + "-002",
		"responseId":    "resp-1",
	}
	if finish != "" {
		a["candidates"] = []object{{"finishReason": finish}}
	}
	return a
}

// pieces splits s between code points.
func pieces(s string) []string {
	var all []string
	for s != "" {
		n := 0
		for range 5 {
			_, size := utf8.DecodeRuneInString(s[n:])
			n += size
		}
		all, s = append(all, s[:n]), s[n:]
	}
	return all
}
