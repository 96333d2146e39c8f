package openaiai_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/openaiai"
)

// wireText is a request for text in either form.
type wireText struct {
	Model           string
	Temperature     *float64
	Instructions    string
	MaxOutputTokens int           `json:"max_output_tokens"`
	MaxTokens       int           `json:"max_tokens"`
	Input           []wireMessage // of the Responses API
	Messages        []wireMessage // of chat completions
	Text            struct{ Format *wireShape }
	ResponseFormat  struct {
		JSONSchema *wireShape `json:"json_schema"`
	} `json:"response_format"`
}

type wireShape struct {
	Name   string
	Schema object
	Strict bool
}

type wireMessage struct {
	Role    string
	Content json.RawMessage
}

// received translates requests for text back into the types of the port.
func (v *vendor) received(t *testing.T) []ai.TextRequest {
	t.Helper()
	var all []ai.TextRequest
	for _, s := range v.requests() {
		var w wireText
		if err := json.Unmarshal(s.body, &w); err != nil {
			t.Fatal(err)
		}
		all = append(all, w.read(t))
	}
	return all
}

func (w wireText) read(t *testing.T) ai.TextRequest {
	t.Helper()
	req := ai.TextRequest{Model: w.Model, Instruction: w.Instructions, Temperature: w.Temperature, MaxOutputTokens: w.MaxOutputTokens + w.MaxTokens}
	for _, s := range []*wireShape{w.Text.Format, w.ResponseFormat.JSONSchema} {
		if s != nil && s.Strict {
			req.Answer = &ai.Shape{Name: s.Name, Schema: s.Schema}
		}
	}
	for _, m := range append(w.Input, w.Messages...) {
		turn := m.read(t)
		if turn.Role == "system" {
			req.Instruction = turn.Text
			continue
		}
		req.Turns = append(req.Turns, turn)
	}
	return req
}

func (m wireMessage) read(t *testing.T) ai.Turn {
	t.Helper()
	turn := ai.Turn{Role: ai.Role(m.Role)}
	if json.Unmarshal(m.Content, &turn.Text) == nil {
		return turn
	}
	var parts []struct {
		Type, Text string
		ImageURL   json.RawMessage `json:"image_url"`
	}
	if err := json.Unmarshal(m.Content, &parts); err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		turn.Text += p.Text
		if len(p.ImageURL) > 0 {
			turn.Images = append(turn.Images, readURL(t, p.ImageURL))
		}
	}
	return turn
}

// readURL reads a picture out of a data URL, which chat completions put into an object.
func readURL(t *testing.T, raw json.RawMessage) ai.File {
	t.Helper()
	var at struct{ URL string }
	if json.Unmarshal(raw, &at.URL) != nil && json.Unmarshal(raw, &at) != nil {
		t.Fatalf("%s is no address", raw)
	}
	typ, encoded, ok := strings.Cut(strings.TrimPrefix(at.URL, "data:"), ";base64,")
	file, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || !ok {
		t.Fatalf("%s is no data URL", at.URL)
	}
	return ai.File{Bytes: file, MIMEType: typ}
}

// TestNothingFromTheEnvironment sends a request among variables that OpenAI's SDK reads.
func TestNothingFromTheEnvironment(t *testing.T) {
	for name, value := range map[string]string{
		"OPENAI_API_KEY": "sk-of-another", "OPENAI_ADMIN_KEY": "sk-of-an-admin", "OPENAI_ORG_ID": "org-of-another", "OPENAI_PROJECT_ID": "of-another",
		"OPENAI_BASE_URL": "http://127.0.0.1:1/of-another", "OPENAI_CUSTOM_HEADERS": "X-Of-Another: 1\nAuthorization: of-another",
	} {
		t.Setenv(name, value)
	}
	for key, want := range map[string]string{"": "", apiKey: "Bearer " + apiKey} {
		v := answering(t, openaiai.FormResponses)
		h := receive(t, openaiai.New(openaiai.Config{BaseURL: v.url + "/v1", APIKey: key}), textRequest("hello"))
		if h.final == nil {
			t.Fatal(h.err)
		}
		header := v.requests()[0].header
		for _, values := range header {
			if strings.Contains(strings.Join(values, ""), "of-an") || header.Get("X-Of-Another") != "" {
				t.Errorf("sent %v", header)
			}
		}
		if got := header.Get("Authorization"); got != want {
			t.Errorf("with the key %q sent %q", key, got)
		}
	}
}
