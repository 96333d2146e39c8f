package openaiai_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/aitest"
	"github.com/weav-ai/weav/internal/ai/openaiai"
)

func TestSuite(t *testing.T) {
	for form, play := range map[openaiai.Form]func(http.ResponseWriter, *http.Request, aitest.Script){
		openaiai.FormResponses: playResponse, openaiai.FormChat: playChat,
	} {
		t.Run(string(form), func(t *testing.T) {
			aitest.Run(t, aitest.Harness{
				Provider: providerName,
				Fails:    slices.Sorted(maps.Keys(refusals)),
				Shapes:   true, TakesImages: true,
				Play: func(t *testing.T, s aitest.Script) aitest.Call {
					v := newVendor(t, form, func(w http.ResponseWriter, r *http.Request) { play(w, r, s) })
					return aitest.Call{
						Streamer: v, Request: textRequest("hello"), Closed: v.closed,
						Received: func() []ai.TextRequest { return v.received(t) },
					}
				},
			})
		})
	}
}

func textRequest(prompt string) ai.TextRequest {
	return ai.TextRequest{Model: "gpt-6-luna", Turns: []ai.Turn{{Role: ai.RoleUser, Text: prompt}}}
}

// playResponse streams a script as the Responses API does.
func playResponse(w http.ResponseWriter, r *http.Request, s aitest.Script) {
	if s.Fail != "" {
		refusals[s.Fail].send(w)
		return
	}
	startStream(w)
	write(w, strings.Join(responseEvents(s), ""))
	if s.Ending == aitest.Hangs {
		<-r.Context().Done()
	}
}

// responseEvents are the frames of a script.
func responseEvents(s aitest.Script) []string {
	response := object{"id": "resp_1", "object": "response", "model": "gpt-6-luna-2026-06-01", "status": "in_progress", "output": []any{}}
	frames := []string{frame(object{"type": "response.created", "sequence_number": 0, "response": response}), frame(object{"type": "response.something_new", "sequence_number": 1})}
	kind := "response.output_text.delta"
	if s.Finish == ai.FinishRefusal {
		kind = "response.refusal.delta"
	}
	for i, piece := range pieces(s.Text) {
		frames = append(frames, frame(object{"type": kind, "sequence_number": i + 2, "item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": piece}))
	}
	if s.Ending != aitest.Completes {
		return frames
	}
	response = maps.Clone(response)
	response["usage"] = object{
		"input_tokens": 11, "output_tokens": len(s.Text), "total_tokens": 11 + len(s.Text),
		"input_tokens_details": object{"cached_tokens": 4, "cache_write_tokens": 5}, "output_tokens_details": object{"reasoning_tokens": min(3, len(s.Text))},
	}
	typ := "response.completed"
	response["status"] = "completed"
	if reason := map[ai.Finish]string{ai.FinishLength: "max_output_tokens", ai.FinishContentFilter: "content_filter"}[s.Finish]; reason != "" {
		typ, response["status"], response["incomplete_details"] = "response.incomplete", "incomplete", object{"reason": reason}
	}
	return append(frames, frame(object{"type": typ, "sequence_number": 999, "response": response}))
}

// playChat streams a script as chat completions.
func playChat(w http.ResponseWriter, r *http.Request, s aitest.Script) {
	if s.Fail != "" {
		refusals[s.Fail].send(w)
		return
	}
	startStream(w)
	write(w, strings.Join(chatEvents(s), ""))
	if s.Ending == aitest.Hangs {
		<-r.Context().Done()
	}
}

func chatEvents(s aitest.Script) []string {
	chunk := func(delta object, finish any) string {
		return frame(object{
			"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-6-luna-2026-06-01",
			"choices": []object{{"index": 0, "delta": delta, "finish_reason": finish}},
		})
	}
	frames := []string{chunk(object{"role": "assistant", "content": ""}, nil)}
	field := "content"
	if s.Finish == ai.FinishRefusal {
		field = "refusal"
	}
	for _, piece := range pieces(s.Text) {
		frames = append(frames, chunk(object{field: piece}, nil))
	}
	if s.Ending != aitest.Completes {
		return frames
	}
	finish := map[ai.Finish]string{ai.FinishLength: "length", ai.FinishContentFilter: "content_filter"}[s.Finish]
	if finish == "" {
		finish = "stop"
	}
	usage := frame(object{
		"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-6-luna-2026-06-01", "choices": []object{},
		"usage": object{"prompt_tokens": 11, "completion_tokens": len(s.Text), "total_tokens": 11 + len(s.Text)},
	})
	return append(frames, chunk(object{}, finish), usage, "data: [DONE]\n\n")
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
