package openaiai_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/openaiai"
)

const (
	// providerName is not the default, so that a test sees that it was set.
	providerName = "reseller"
	apiKey       = "sk-secret-of-the-tests"
	secretPrompt = "a secret that no log may hold"
)

// object is a JSON object.
type object = map[string]any

// sent is a request as the vendor saw it.
type sent struct {
	method, path string
	header       http.Header
	body         []byte
}

// vendor is a server that speaks the wire format of OpenAI, with a provider that calls it.
type vendor struct {
	*openaiai.Provider
	url string
	// closed receives a value when a client left before the end of the answer.
	closed chan struct{}

	mu   sync.Mutex
	seen []sent
}

// newVendor serves answer, after each request was read completely.
func newVendor(tb testing.TB, form openaiai.Form, answer http.HandlerFunc) *vendor {
	tb.Helper()
	v := &vendor{closed: make(chan struct{}, 64)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.note(r)
		answer(w, r)
		if r.Context().Err() != nil {
			v.closed <- struct{}{}
		}
	}))
	v.url = server.URL
	v.Provider = newProvider(tb, server.URL, form)
	tb.Cleanup(server.Close)
	return v
}

// ask returns a provider that calls base over connections of its own.
func newProvider(tb testing.TB, base string, form openaiai.Form) *openaiai.Provider {
	tb.Helper()
	transport := &http.Transport{}
	tb.Cleanup(transport.CloseIdleConnections)
	return openaiai.New(openaiai.Config{Name: providerName, APIKey: apiKey, BaseURL: base + "/v1", Form: form, Transport: transport})
}

func (v *vendor) note(r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		body = []byte(err.Error())
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seen = append(v.seen, sent{r.Method, r.URL.Path, r.Header.Clone(), body})
}

// requests are those seen so far.
func (v *vendor) requests() []sent {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]sent(nil), v.seen...)
}

// request is the body of the only request, or of the last.
func (v *vendor) request(t *testing.T) object {
	t.Helper()
	seen := v.requests()
	var body object
	if err := json.Unmarshal(seen[len(seen)-1].body, &body); err != nil {
		t.Fatal(err)
	}
	return body
}

func encode(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // Tests build it from literals.
	}
	return raw
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Request-Id", "req_1")
	w.WriteHeader(status)
	_, _ = w.Write(encode(v)) // A client may have left.
}

// frame is one event of a stream as OpenAI writes it.
func frame(event object) string {
	name, _ := event["type"].(string)
	if name == "" {
		return fmt.Sprintf("data: %s\n\n", encode(event))
	}
	return fmt.Sprintf("event: %s\ndata: %s\n\n", name, encode(event))
}

func startStream(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("X-Request-Id", "req_1")
	w.WriteHeader(http.StatusOK)
}

func write(w http.ResponseWriter, s string) {
	_, _ = io.WriteString(w, s) // A client may have left.
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}

// refusal is how the vendor refuses a request.
type refusal struct {
	status             int
	code, typ, message string
}

// refusals has one of each kind, in OpenAI's form.
var refusals = map[ai.Kind]refusal{
	ai.RateLimited:    {429, "rate_limit_exceeded", "requests", "Rate limit reached for the model."},
	ai.QuotaExhausted: {429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota, please check your plan."},
	ai.Overloaded:     {503, "server_overloaded", "server_error", "The engine is currently overloaded."},
	ai.Upstream:       {500, "", "server_error", "The server had an error."},
	ai.Auth:           {401, "invalid_api_key", "invalid_request_error", "Incorrect API key provided: sk-secre***tests."},
	ai.RegionBlocked:  {403, "unsupported_country_region_territory", "request_forbidden", "Country, region, or territory not supported"},
	ai.ModelGone:      {404, "model_not_found", "invalid_request_error", "The model 'x' does not exist or you do not have access to it."},
	ai.ContextLength:  {400, "context_length_exceeded", "invalid_request_error", "Your input exceeds the context window of this model."},
	ai.ContentBlocked: {400, "moderation_blocked", "image_generation_user_error", "Your request was rejected by the safety system."},
	ai.BadRequest:     {400, "unknown_parameter", "invalid_request_error", "Unknown parameter: '" + secretPrompt + "'."},
	ai.Unsupported:    {501, "", "invalid_request_error", "Not implemented."},
}

func (r refusal) send(w http.ResponseWriter) {
	w.Header().Set("Retry-After-Ms", "1500")
	answerJSON(w, r.status, object{"error": object{"code": r.code, "type": r.typ, "message": r.message, "param": nil}})
}
