package systemtest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	stdimage "image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
)

// The keys that the binary is given; neither may be seen anywhere but at its vendor.
const (
	openAIKey = "sk-a-key-that-nobody-may-see"
	googleKey = "AIza-another-that-nobody-may-see"
)

// vendors is a server that speaks the wire formats of OpenAI and Google, on one address.
type vendors struct {
	t   *testing.T
	url string

	mu    sync.Mutex
	calls map[string]int // by path
	wrong []string       // requests without their vendor's key
}

func newVendors(t *testing.T) *vendors {
	t.Helper()
	v := &vendors{t: t, calls: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/responses", v.openAI(v.respond))
	mux.HandleFunc("POST /v1/images/generations", v.openAI(v.draw))
	mux.HandleFunc("GET /v1/models", v.openAI(func(w http.ResponseWriter, _ map[string]any) {
		answer(w, map[string]any{"object": "list", "data": []any{map[string]any{"id": "gpt-6-luna", "object": "model"}}})
	}))
	mux.HandleFunc("/v1beta/", v.google)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	v.url = server.URL
	return v
}

// openAI counts a request, and refuses one without the key.
func (v *vendors) openAI(next func(w http.ResponseWriter, body map[string]any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v.note(r, r.Header.Get("Authorization") == "Bearer "+openAIKey)
		next(w, read(r))
	}
}

func (v *vendors) note(r *http.Request, keyed bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.calls[r.URL.Path]++
	if !keyed || strings.Contains(r.URL.String(), googleKey) {
		v.wrong = append(v.wrong, r.Method+" "+r.URL.Path)
	}
}

func read(r *http.Request) map[string]any {
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body) // A request without a body has none.
	return body
}

// respond is a text of the Responses API, streamed.
func (v *vendors) respond(w http.ResponseWriter, body map[string]any) {
	text := "Hello from the first vendor."
	if schema := shapeOf(body); schema != nil {
		text = planFor(schema)
	}
	s := stream(w)
	response := map[string]any{"id": "resp_1", "object": "response", "model": body["model"], "status": "in_progress", "output": []any{}}
	s.event("response.created", map[string]any{"type": "response.created", "sequence_number": 0, "response": response})
	for i, piece := range strings.SplitAfter(text, " ") {
		s.event("response.output_text.delta", map[string]any{
			"type": "response.output_text.delta", "sequence_number": i + 1, "item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": piece,
		})
	}
	response["status"] = "completed"
	response["usage"] = map[string]any{
		"input_tokens": 7, "output_tokens": 9, "total_tokens": 16,
		"input_tokens_details": map[string]any{"cached_tokens": 0}, "output_tokens_details": map[string]any{"reasoning_tokens": 0},
	}
	s.event("response.completed", map[string]any{"type": "response.completed", "sequence_number": 1000, "response": response})
}

// shapeOf is the schema that an answer is held to; nil for free text.
func shapeOf(body map[string]any) map[string]any {
	text, _ := body["text"].(map[string]any)
	format, _ := text["format"].(map[string]any)
	schema, _ := format["schema"].(map[string]any)
	return schema
}

// planFor is a plan of two steps with the first model of the schema that writes.
func planFor(schema map[string]any) string {
	step := schema["properties"].(map[string]any)["steps"].(map[string]any)["items"].(map[string]any)["properties"].(map[string]any)
	model := ""
	for _, id := range step["model"].(map[string]any)["enum"].([]any) {
		if id, _ := id.(string); strings.HasPrefix(id, "gpt-6") {
			model = id
			break
		}
	}
	one := func(title string, needs ...int) map[string]any {
		return map[string]any{
			"title": title, "intent": "i", "kind": "TEXT", "model": model, "reason": "r", "instruction": "s",
			"prompts": []string{"first prompt", "second prompt"}, "dependsOn": append([]int{}, needs...),
		}
	}
	raw, _ := json.Marshal(map[string]any{
		"language": "en", "title": "A plan of the vendor", "summary": "s", "steps": []any{one("one"), one("two", 1)},
	})
	return string(raw)
}

// draw is an image of OpenAI, streamed or whole.
func (v *vendors) draw(w http.ResponseWriter, body map[string]any) {
	picture := base64.StdEncoding.EncodeToString(pixels())
	usage := map[string]any{"input_tokens": 5, "output_tokens": 100, "total_tokens": 105, "input_tokens_details": map[string]any{"text_tokens": 5, "image_tokens": 0}}
	if body["stream"] != true {
		answer(w, map[string]any{"created": 1, "data": []any{map[string]any{"b64_json": picture}}, "usage": usage})
		return
	}
	s := stream(w)
	for i := range 2 {
		s.event("image_generation.partial_image", map[string]any{
			"type": "image_generation.partial_image", "b64_json": picture, "partial_image_index": i, "created_at": 1,
			"size": "1024x1024", "quality": "medium", "background": "opaque", "output_format": "png",
		})
	}
	s.event("image_generation.completed", map[string]any{
		"type": "image_generation.completed", "b64_json": picture, "created_at": 1, "usage": usage,
		"size": "1024x1024", "quality": "medium", "background": "opaque", "output_format": "png",
	})
}

// google answers what Gemini and Veo are asked.
func (v *vendors) google(w http.ResponseWriter, r *http.Request) {
	v.note(r, r.Header.Get("X-Goog-Api-Key") == googleKey)
	_, verb, _ := strings.Cut(r.URL.Path, ":")
	switch {
	case verb == "streamGenerateContent" || verb == "generateContent":
		v.generate(w, r, verb == "streamGenerateContent")
	case verb == "predictLongRunning":
		answer(w, map[string]any{"name": "models/veo/operations/op1"})
	case strings.HasSuffix(r.URL.Path, "/operations/op1"):
		answer(w, map[string]any{"name": "models/veo/operations/op1", "done": true, "response": map[string]any{
			"generateVideoResponse": map[string]any{"generatedSamples": []any{
				map[string]any{"video": map[string]any{"uri": v.url + "/v1beta/files/film:download?alt=media"}},
			}},
		}})
	case verb == "download":
		film, err := os.ReadFile("../../internal/ai/sandboxai/films/16x9-8s.mp4")
		if err != nil {
			http.Error(w, "no film", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "video/mp4")
		_, _ = w.Write(film)
	default:
		answer(w, map[string]any{"models": []any{}})
	}
}

// generate is a text or an image of Gemini.
func (v *vendors) generate(w http.ResponseWriter, r *http.Request, streams bool) {
	var parts []any
	if strings.Contains(r.URL.Path, "image") || strings.Contains(r.URL.Path, "banana") {
		parts = []any{map[string]any{"inlineData": map[string]any{"mimeType": "image/png", "data": base64.StdEncoding.EncodeToString(pixels())}}}
	} else {
		parts = []any{map[string]any{"text": "Hello from the second vendor."}}
	}
	chunk := map[string]any{
		"candidates":    []any{map[string]any{"index": 0, "finishReason": "STOP", "content": map[string]any{"role": "model", "parts": parts}}},
		"usageMetadata": map[string]any{"promptTokenCount": 7, "candidatesTokenCount": 9, "totalTokenCount": 16}, "modelVersion": "gemini-of-the-test",
	}
	_, _ = io.Copy(io.Discard, r.Body)
	if !streams {
		answer(w, chunk)
		return
	}
	s := stream(w)
	s.event("", chunk)
}

// sse writes an event stream.
type sse struct{ w http.ResponseWriter }

func stream(w http.ResponseWriter) sse {
	w.Header().Set("Content-Type", "text/event-stream")
	return sse{w}
}

func (s sse) event(name string, v any) {
	raw, _ := json.Marshal(v)
	if name != "" {
		_, _ = fmt.Fprintf(s.w, "event: %s\n", name)
	}
	_, _ = fmt.Fprintf(s.w, "data: %s\n\n", raw)
	s.w.(http.Flusher).Flush()
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// pixels is a small real PNG.
func pixels() []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, stdimage.NewGray(stdimage.Rect(0, 0, 64, 64)))
	return b.Bytes()
}
