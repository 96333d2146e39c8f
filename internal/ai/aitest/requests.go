package aitest

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
)

// shapedText is a document of the suite's shape.
const shapedText = `{"title": "여행 ✈ in May", "steps": [{"kind": "text", "day": 1}, {"kind": "image", "day": 2}]}`

// shape returns a Shape with each of its types.
func shape() *ai.Shape {
	object := func(properties map[string]any, required ...any) map[string]any {
		return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
	}
	step := object(map[string]any{
		"kind": map[string]any{"type": "string", "enum": []any{"text", "image"}},
		"day":  map[string]any{"type": "integer"},
		"cost": map[string]any{"type": "number"},
		"done": map[string]any{"type": "boolean"},
	}, "kind", "day", "cost", "done")
	return &ai.Shape{Name: "trip-Plan_1", Schema: object(map[string]any{
		"title": map[string]any{"type": "string"},
		"steps": map[string]any{"type": "array", "items": step},
	}, "title", "steps")}
}

// requestCase is a change of the harness's request.
type requestCase struct {
	name string
	// needs is the feature without which the case is omitted.
	needs  bool
	text   string
	change func(*ai.TextRequest)
}

func (h Harness) requests() []requestCase {
	cold := 0.0
	return []requestCase{
		{"nothing but turns", true, plainText, func(*ai.TextRequest) {}},
		{"instruction", true, plainText, func(r *ai.TextRequest) { r.Instruction = "Be brief. 짧게 👩‍💻." }},
		{"limit and temperature", true, plainText, func(r *ai.TextRequest) { r.MaxOutputTokens, r.Temperature = 1000, &cold }},
		{"conversation", true, plainText, func(r *ai.TextRequest) {
			r.Turns = append([]ai.Turn{{Role: ai.RoleUser, Text: "One \"quoted\"\n"}, {Role: ai.RoleAssistant, Text: "Two"}}, r.Turns...)
		}},
		{"shape", h.Shapes, shapedText, func(r *ai.TextRequest) { r.Answer = shape() }},
		{"images", h.TakesImages, plainText, func(r *ai.TextRequest) {
			seen := ai.Turn{Role: ai.RoleUser, Text: "Look.", Images: []ai.File{{Bytes: []byte("\x89PNG one"), MIMEType: "image/png"}}}
			r.Turns = append([]ai.Turn{seen, {Role: ai.RoleAssistant, Text: "I do."}}, r.Turns...)
			r.Turns[2].Images = []ai.File{{Bytes: []byte("RIFF two"), MIMEType: "image/webp"}, {Bytes: []byte("\xff\xd8 three"), MIMEType: "image/jpeg"}}
		}},
	}
}

// testRequests sends requests that use all fields of the port. Each must be answered and must reach the
// provider completely.
func (h Harness) testRequests(t *testing.T) {
	t.Parallel()
	for _, tt := range h.requests() {
		if !tt.needs {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			call := h.Play(t, Script{Text: tt.text, Finish: ai.FinishStop})
			call.Request.Turns = slices.Clone(call.Request.Turns)
			tt.change(&call.Request)
			tr := listen(t, call.Streamer.StreamText(t.Context(), call.Request), nil)
			h.checkReply(t, tr, call.Request, tt.text, ai.FinishStop)
			checkReceived(t, call)
		})
	}
}

// checkReceived requires that the provider's side received exactly the call's request. The purpose, the user
// and the work are not compared, because providers get them in different ways.
func checkReceived(t *testing.T, call Call) {
	t.Helper()
	if call.Received == nil {
		return
	}
	got := call.Received()
	if len(got) != 1 {
		t.Fatalf("the provider received %d requests, want 1", len(got))
	}
	if g, w := asJSON(t, got[0]), asJSON(t, call.Request); !bytes.Equal(g, w) {
		t.Errorf("the provider received\n%s\nwant\n%s", g, w)
	}
}

// asJSON is a request in JSON, in which equal schemas that were built differently are equal.
func asJSON(t *testing.T, r ai.TextRequest) []byte {
	t.Helper()
	r.Purpose, r.EndUser, r.JobKey = "", "", ""
	r.Turns = slices.Clone(r.Turns)
	for i, turn := range r.Turns {
		if len(turn.Images) == 0 {
			r.Turns[i].Images = nil
		}
	}
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
