package openaiai_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/aitest"
	"github.com/weav-ai/weav/internal/ai/openaiai"
)

func recorded(events func(aitest.Script) []string) string {
	return strings.Join(events(aitest.Script{Text: "안녕하세요", Finish: ai.FinishStop}), "")
}

// answering plays a whole short text.
func answering(t *testing.T, form openaiai.Form) *vendor {
	t.Helper()
	return newVendor(t, form, func(w http.ResponseWriter, r *http.Request) {
		s := aitest.Script{Text: `{"a":1}`, Finish: ai.FinishStop}
		if form == openaiai.FormChat {
			playChat(w, r, s)
		} else {
			playResponse(w, r, s)
		}
	})
}

func whole() ai.TextRequest {
	cold := 0.5
	return ai.TextRequest{
		Model: "m", Instruction: "be brief", MaxOutputTokens: 100, Temperature: &cold, EndUser: "hash",
		Turns: []ai.Turn{
			{Role: ai.RoleUser, Text: "one"}, {Role: ai.RoleAssistant, Text: "two"},
			{Role: ai.RoleUser, Text: "three", Images: []ai.File{{Bytes: []byte("abc"), MIMEType: "image/png"}}},
		},
		Answer: &ai.Shape{Name: "shape", Schema: object{"type": "object", "properties": object{"a": object{"type": "integer"}}, "required": []any{"a"}, "additionalProperties": false}},
	}
}

// TestRequestOfResponses checks a complete request in OpenAI's form.
func TestRequestOfResponses(t *testing.T) {
	t.Parallel()
	v := answering(t, openaiai.FormResponses)
	if h := receive(t, v, whole()); h.final == nil || h.text != `{"a":1}` || h.final.Usage.Input != 11 || h.final.RequestID != "req_1" {
		t.Fatalf("got %+v", h)
	}
	if got, want := receive(t, v, whole()).final.Usage, (ai.Usage{Known: true, Input: 11, Output: 7, CachedInput: 4, CacheWrite: 5, Reasoning: 3}); got != want {
		t.Errorf("used %+v, want %+v", got, want)
	}
	sent := v.requests()[0]
	if sent.path != "/v1/responses" || sent.header.Get("Authorization") != "Bearer "+apiKey || sent.header.Get("Openai-Organization") != "" {
		t.Errorf("sent to %s with %v", sent.path, sent.header)
	}
	want := `{
		"model": "m", "instructions": "be brief", "max_output_tokens": 100, "temperature": 0.5, "safety_identifier": "hash",
		"store": false, "stream": true, "stream_options": {"include_obfuscation": false},
		"input": [
			{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"},
			{"role": "user", "content": [{"type": "input_text", "text": "three"}, {"type": "input_image", "detail": "auto", "image_url": "data:image/png;base64,YWJj"}]}],
		"text": {"format": {"type": "json_schema", "name": "shape", "strict": true,
			"schema": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": false}}}}`
	sameJSON(t, v.request(t), want)
}

// TestRequestOfChat is the same in the older form.
func TestRequestOfChat(t *testing.T) {
	t.Parallel()
	v := answering(t, openaiai.FormChat)
	if h := receive(t, v, whole()); h.final == nil || h.text != `{"a":1}` || !h.final.Usage.Known {
		t.Fatalf("got %+v", h)
	}
	want := `{
		"model": "m", "max_tokens": 100, "temperature": 0.5, "stream": true, "stream_options": {"include_usage": true},
		"messages": [
			{"role": "system", "content": "be brief"}, {"role": "user", "content": "one"}, {"role": "assistant", "content": "two"},
			{"role": "user", "content": [{"type": "text", "text": "three"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,YWJj"}}]}],
		"response_format": {"type": "json_schema", "json_schema": {"name": "shape", "strict": true,
			"schema": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": false}}}}`
	sameJSON(t, v.request(t), want)
	if got := v.requests()[0].path; got != "/v1/chat/completions" {
		t.Errorf("sent to %s", got)
	}
}

// sameJSON compares a document to what it should be. The SDK writes types that go without saying.
func sameJSON(t *testing.T, got object, want string) {
	t.Helper()
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	for _, m := range append(items(got["input"]), items(got["messages"])...) {
		if message, ok := m.(object); ok && message["type"] == "message" {
			delete(message, "type")
		}
	}
	if a, b := string(encode(got)), string(encode(wanted)); a != b {
		t.Errorf("sent\n%s\nwant\n%s", a, b)
	}
}

func items(v any) []any {
	list, _ := v.([]any)
	return list
}

// TestWithoutAKey sends no header that a local server could take for one.
func TestWithoutAKey(t *testing.T) {
	t.Parallel()
	v := answering(t, openaiai.FormChat)
	receive(t, openaiai.New(openaiai.Config{BaseURL: v.url + "/v1", Form: openaiai.FormChat}), textRequest("hello"))
	if h := v.requests()[0].header; h.Get("Authorization") != "" {
		t.Errorf("sent %v", h)
	}
}

// TestPicturesAreRequestedInTheFormOfTheirModel checks the sizes and qualities for each model.
func TestPicturesAreRequestedInTheFormOfTheirModel(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]string{
		"gpt-image-2.6-flare": `{"model":"gpt-image-2.6-flare","n":1,"output_format":"png","partial_images":2,"prompt":"a lighthouse","quality":"high","size":"1536x1024","stream":true}`,
		"gpt-image-1.5":       `{"model":"gpt-image-1.5","n":1,"output_format":"png","partial_images":2,"prompt":"a lighthouse","quality":"high","size":"1536x1024","stream":true}`,
		"dall-e-3":            `{"model":"dall-e-3","n":1,"prompt":"a lighthouse","quality":"hd","response_format":"b64_json","size":"1792x1024"}`,
	} {
		v := newVendor(t, "", func(w http.ResponseWriter, r *http.Request) { playImage(w, r, aitest.ImageScript{}, model) })
		req := imageRequest(model)
		req.Quality = ai.QualityHD
		for event, err := range v.MakeImage(t.Context(), req) {
			if err != nil {
				t.Fatalf("%s: %v", model, err)
			}
			if event.Final != nil && model == "dall-e-3" && event.Final.RevisedPrompt != "a tall lighthouse" {
				t.Errorf("revised to %q", event.Final.RevisedPrompt)
			}
		}
		if got := string(encode(v.request(t))); got != want {
			t.Errorf("sent\n%s\nwant\n%s", got, want)
		}
		if got := v.requests()[0].header.Get("Idempotency-Key"); got != "job-1" {
			t.Errorf("%s: idempotency key %q", model, got)
		}
	}
}

// TestListModels reads the list with the days on which models end.
func TestListModels(t *testing.T) {
	t.Parallel()
	v := newVendor(t, "", func(w http.ResponseWriter, _ *http.Request) {
		answerJSON(w, http.StatusOK, object{"object": "list", "data": []object{
			{"id": "a", "object": "model", "created": 1, "owned_by": "o", "shutdown_date": "2027-01-14"}, {"id": "b", "object": "model", "created": 1, "owned_by": "o"},
		}})
	})
	models, err := v.ListModels(t.Context())
	if err != nil || len(models) != 2 || models[0].ShutdownAt.Format("2006-01-02") != "2027-01-14" || !models[1].ShutdownAt.IsZero() {
		t.Errorf("got %+v, %v", models, err)
	}
}
