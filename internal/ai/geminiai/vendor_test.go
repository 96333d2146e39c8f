package geminiai_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/geminiai"
)

const (
	// providerName is not the default, so that a test sees that it was set.
	providerName = "google"
	apiKey       = "AIzaSecretOfTheTests"
	textModel    = "gemini-3.8-flash"
	imageModel   = "gemini-3.1-flash-image"
	videoModel   = "veo-3.1-generate-preview"
)

// sent is a request as the vendor saw it.
type sent struct {
	method, path, query string
	header              http.Header
	body                []byte
}

// vendor is a server that speaks the wire format of the Gemini API, with a provider that calls it.
type vendor struct {
	*geminiai.Provider
	url string
	// closed receives a value when a client left before the end of the answer.
	closed chan struct{}

	mu   sync.Mutex
	seen []sent
}

// newVendor serves answer, after each request was read completely.
func newVendor(t *testing.T, answer http.HandlerFunc) *vendor {
	t.Helper()
	v := &vendor{closed: make(chan struct{}, 64)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.note(r)
		answer(w, r)
		if r.Context().Err() != nil {
			v.closed <- struct{}{}
		}
	}))
	v.url = server.URL
	v.Provider = newProvider(t, server.URL)
	t.Cleanup(server.Close)
	return v
}

// newProvider returns a provider that calls base over connections of its own.
func newProvider(t *testing.T, base string) *geminiai.Provider {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return newProviderOver(t, base, transport)
}

func newProviderOver(tb testing.TB, base string, rt http.RoundTripper) *geminiai.Provider {
	tb.Helper()
	p, err := geminiai.New(tb.Context(), geminiai.Config{Name: providerName, APIKey: apiKey, BaseURL: base, Transport: rt})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func (v *vendor) note(r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		body = []byte(err.Error())
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seen = append(v.seen, sent{r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Clone(), body})
}

// requests are those seen so far.
func (v *vendor) requests() []sent {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]sent(nil), v.seen...)
}

// object is a JSON object.
type object = map[string]any

func encode(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // Tests build it from literals.
	}
	return raw
}

// answerJSON sends one JSON answer.
func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(encode(v)) // A client may have left.
}

// sendEvents sends events of a stream, each at once.
func sendEvents(w http.ResponseWriter, events ...any) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	for _, event := range events {
		_, _ = fmt.Fprintf(w, "data: %s\r\n\r\n", encode(event)) // A client may have left.
		flush(w)
	}
	flush(w)
}

func flush(w http.ResponseWriter) {
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}

// apiError is an error in the API's form.
func apiError(code int, status, message string, details ...object) object {
	return object{"error": object{"code": code, "status": status, "message": message, "details": details}}
}

// refusal is how the vendor refuses a request.
type refusal struct {
	status int
	body   any
}

// refusals has one of each kind, in Google's form.
var refusals = map[ai.Kind]refusal{
	ai.RateLimited: {429, apiError(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.",
		object{"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": []object{
			{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel"}}},
		object{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "19.5s"})},
	ai.QuotaExhausted: {429, apiError(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.",
		object{"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": []object{
			{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}}})},
	ai.Overloaded: {503, apiError(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")},
	ai.Upstream:   {500, apiError(500, "INTERNAL", "An internal error has occurred.")},
	ai.Auth: {400, apiError(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.",
		object{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"})},
	ai.RegionBlocked: {400, apiError(400, "FAILED_PRECONDITION", "User location is not supported for the API use.")},
	ai.ModelGone:     {404, apiError(404, "NOT_FOUND", "models/x is not found for API version v1beta.")},
	ai.ContextLength: {400, apiError(400, "INVALID_ARGUMENT",
		"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).")},
	ai.ContentBlocked: {400, apiError(400, "INVALID_ARGUMENT",
		"The prompt contains words that violate Google's Responsible AI practices.")},
	ai.BadRequest:  {400, apiError(400, "INVALID_ARGUMENT", "Invalid value at 'generation_config'.")},
	ai.Unsupported: {501, apiError(501, "UNIMPLEMENTED", "Operation is not implemented.")},
}

// send plays the refusal.
func (r refusal) send(w http.ResponseWriter) { answerJSON(w, r.status, r.body) }
