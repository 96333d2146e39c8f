package geminiai_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/ai"
)

// only returns the one request that the vendor saw, with its body read.
func only(t *testing.T, v *vendor) (sent, object) {
	t.Helper()
	seen := v.requests()
	if len(seen) != 1 {
		t.Fatalf("%d requests, want 1", len(seen))
	}
	var body object
	if err := json.Unmarshal(seen[0].body, &body); err != nil {
		t.Fatalf("body %q: %v", seen[0].body, err)
	}
	return seen[0], body
}

// checkBody wants a body as it would be read from JSON.
func checkBody(t *testing.T, got object, want any) {
	t.Helper()
	var w object
	if err := json.Unmarshal(encode(want), &w); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, w) {
		t.Errorf("body = %s\nwant   %s", encode(got), encode(w))
	}
}

func TestTextRequest(t *testing.T) {
	t.Parallel()
	v := newVendor(t, func(w http.ResponseWriter, _ *http.Request) { sendEvents(w, answer("STOP", 0, 0)) })
	zero := 0.0
	schema := object{"type": "object", "properties": object{"a": object{"type": "string"}}, "required": []string{"a"}, "additionalProperties": false}
	receive(t.Context(), t, v, ai.TextRequest{
		Model: textModel, Instruction: "Be brief.", MaxOutputTokens: 800, Temperature: &zero,
		Answer:  &ai.Shape{Name: "draft", Schema: schema},
		EndUser: "hash", JobKey: "job",
		Turns: []ai.Turn{
			{Role: ai.RoleUser, Text: "What is it?", Images: []ai.File{{Bytes: []byte("png"), MIMEType: "image/png"}}},
			{Role: ai.RoleAssistant},
			{Role: ai.RoleAssistant, Text: "A cat."},
			{Role: ai.RoleUser, Text: "Sure?"},
		},
	})
	req, body := only(t, v)
	if req.method != http.MethodPost || req.path != "/v1beta/models/"+textModel+":streamGenerateContent" || req.query != "alt=sse" {
		t.Errorf("asked for %s %s?%s", req.method, req.path, req.query)
	}
	if req.header.Get("X-Goog-Api-Key") != apiKey {
		t.Error("no key")
	}
	checkBody(t, body, object{
		"systemInstruction": object{"parts": []object{{"text": "Be brief."}}, "role": "user"},
		"contents": []object{
			{"role": "user", "parts": []object{{"inlineData": object{"data": []byte("png"), "mimeType": "image/png"}}, {"text": "What is it?"}}},
			{"role": "model", "parts": []object{{"text": "A cat."}}},
			{"role": "user", "parts": []object{{"text": "Sure?"}}},
		},
		"generationConfig": object{
			"maxOutputTokens": 800, "temperature": 0, "responseMimeType": "application/json", "responseJsonSchema": schema,
		},
	})
}

// TestBareTextRequest sends no unset fields: newer models refuse some of them.
func TestBareTextRequest(t *testing.T) {
	t.Parallel()
	v := newVendor(t, func(w http.ResponseWriter, _ *http.Request) { sendEvents(w, answer("STOP", 0, 0)) })
	receive(t.Context(), t, v, textRequest("hi"))
	_, body := only(t, v)
	delete(body, "generationConfig") // It may be there, empty.
	checkBody(t, body, object{"contents": []object{{"role": "user", "parts": []object{{"text": "hi"}}}}})
}

// TestNoServerTimeout checks that the deadline is not sent to Google, which refuses short ones.
func TestNoServerTimeout(t *testing.T) {
	t.Parallel()
	v := newVendor(t, func(w http.ResponseWriter, _ *http.Request) { sendEvents(w, answer("STOP", 0, 0)) })
	ctx, cancel := contextWithTimeout(t, 5*time.Second)
	defer cancel()
	receive(ctx, t, v, textRequest("hi"))
	if req, _ := only(t, v); req.header.Get("X-Server-Timeout") != "" {
		t.Errorf("sent the server %q", req.header.Get("X-Server-Timeout"))
	}
}

// TestImageRequest goes through sizes: the ratio is the nearest by factor, the size by area, and
// the default unsaid.
func TestImageRequest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		width, height int
		want          any
	}{
		{1024, 1024, object{"aspectRatio": "1:1"}},
		{1, 1, object{"aspectRatio": "1:1"}},
		{1536, 1024, object{"aspectRatio": "3:2"}},
		{1024, 1536, object{"aspectRatio": "2:3"}},
		{1792, 1024, object{"aspectRatio": "16:9"}},
		{1024, 1792, object{"aspectRatio": "9:16"}},
		{1100, 1000, object{"aspectRatio": "1:1"}},
		{4000, 1000, object{"aspectRatio": "21:9", "imageSize": "2K"}},
		{2048, 2048, object{"aspectRatio": "1:1", "imageSize": "2K"}},
		{3840, 2160, object{"aspectRatio": "16:9", "imageSize": "2K"}},
		{4096, 4096, object{"aspectRatio": "1:1", "imageSize": "4K"}},
		{0, 1024, nil},
		{1024, -1, nil},
	}
	for _, tt := range tests {
		v := newVendor(t, func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, picture(pngFile())) })
		_, err := draw(t.Context(), t, v, ai.ImageRequest{Model: imageModel, Prompt: "a cat", Width: tt.width, Height: tt.height})
		if err != nil {
			t.Fatal(err)
		}
		req, body := only(t, v)
		if req.path != "/v1beta/models/"+imageModel+":generateContent" {
			t.Errorf("asked for %s", req.path)
		}
		config := object{"responseModalities": []string{"TEXT", "IMAGE"}}
		if tt.want != nil {
			config["imageConfig"] = tt.want
		}
		checkBody(t, body, object{
			"contents":         []object{{"role": "user", "parts": []object{{"text": "a cat"}}}},
			"generationConfig": config,
		})
	}
}

func TestVideoRequest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*ai.VideoRequest)
		prompt string
		params object
	}{
		{"plain", func(*ai.VideoRequest) {}, "waves", object{"aspectRatio": "16:9", "resolution": "720p", "durationSeconds": 8}},
		{"4K", func(r *ai.VideoRequest) { r.Resolution = "4K" }, "waves", object{"aspectRatio": "16:9", "resolution": "4k", "durationSeconds": 8}},
		{"upright", func(r *ai.VideoRequest) { r.Aspect = "9:16" }, "waves", object{"aspectRatio": "9:16", "resolution": "720p", "durationSeconds": 8}},
		{"anime", func(r *ai.VideoRequest) { r.Style = "anime" }, "waves\n\nStyle: hand-drawn Japanese anime.",
			object{"aspectRatio": "16:9", "resolution": "720p", "durationSeconds": 8}},
		{"model's own", func(r *ai.VideoRequest) { r.Resolution, r.Aspect = "", "" }, "waves", object{"durationSeconds": 8}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, object{"name": operation}) })
			req := videoRequest("waves")
			tt.change(&req)
			if ref, err := v.StartVideo(t.Context(), req); ref != operation || err != nil {
				t.Fatalf("started %q, %v", ref, err)
			}
			got, body := only(t, v)
			if got.path != "/v1beta/models/"+videoModel+":predictLongRunning" {
				t.Errorf("asked for %s", got.path)
			}
			checkBody(t, body, object{"instances": []object{{"prompt": tt.prompt}}, "parameters": tt.params})
		})
	}
}

// TestInvalidRequestsAreNotSent makes invalid requests, which must not be sent.
func TestInvalidRequestsAreNotSent(t *testing.T) {
	t.Parallel()
	v := newVendor(t, func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, object{}) })
	faults := map[string]*ai.Error{
		"no turns":    receive(t.Context(), t, v, ai.TextRequest{Model: textModel}).err,
		"empty turns": receive(t.Context(), t, v, textRequest("")).err,
	}
	for _, model := range []string{"", "../files", "a/../b", "a?key=b", "a b", "a:b", "models/", strings.Repeat("/", 3)} {
		text, picture := textRequest("hi"), imageRequest("hi")
		text.Model, picture.Model = model, model
		faults["text by "+model] = receive(t.Context(), t, v, text).err
		_, faults["picture by "+model] = draw(t.Context(), t, v, picture)
	}
	for name, change := range map[string]func(*ai.VideoRequest){
		"model":      func(r *ai.VideoRequest) { r.Model = "a/b" },
		"resolution": func(r *ai.VideoRequest) { r.Resolution = "480p" },
		"aspect":     func(r *ai.VideoRequest) { r.Aspect = "2:1" },
		"style":      func(r *ai.VideoRequest) { r.Style = strings.Repeat("noir", 250) },
		"no length":  func(r *ai.VideoRequest) { r.Seconds = 0 },
	} {
		req := videoRequest("waves")
		change(&req)
		_, err := v.StartVideo(t.Context(), req)
		faults["video: "+name] = asError(t, err)
	}
	for name, e := range faults {
		if e.Kind != ai.BadRequest || e.Accepted {
			t.Errorf("%s: %+v", name, e)
		}
	}
	if n := len(v.requests()); n > 0 {
		t.Errorf("%d requests were sent", n)
	}
}
