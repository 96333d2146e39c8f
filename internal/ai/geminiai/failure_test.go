package geminiai_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/ai"
)

// TestKinds reads every answer that is a failure. Accepted is about a paid call: only a refusal in
// the API's own form means that nothing was begun.
func TestKinds(t *testing.T) {
	t.Parallel()
	for kind, r := range refusals {
		t.Run("own "+string(kind), func(t *testing.T) {
			t.Parallel()
			checkAnswer(t, r.send, ai.Error{Kind: kind, HTTP: r.status, Accepted: kind == ai.Upstream})
		})
	}
	tests := []struct {
		name   string
		status int
		body   any
		want   ai.Error
	}{
		{"quota without details", 429, apiError(429, "RESOURCE_EXHAUSTED", "Quota."), ai.Error{Kind: ai.RateLimited}},
		{"expired key", 400, apiError(400, "INVALID_ARGUMENT", "API key expired. Please renew the API key."), ai.Error{Kind: ai.Auth}},
		{"key of another", 403, apiError(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers."), ai.Error{Kind: ai.Auth}},
		{"no key", 401, apiError(401, "UNAUTHENTICATED", "Missing credentials."), ai.Error{Kind: ai.Auth}},
		{"billing", 400, apiError(400, "FAILED_PRECONDITION", "Please enable billing."), ai.Error{Kind: ai.BadRequest}},
		{"free tier", 400, apiError(400, "FAILED_PRECONDITION", "The free tier is not available in your country."), ai.Error{Kind: ai.RegionBlocked}},
		{"too slow", 504, apiError(504, "DEADLINE_EXCEEDED", "Deadline expired."), ai.Error{Kind: ai.Upstream, Accepted: true}},
		{"called off", 499, apiError(499, "CANCELLED", "Cancelled."), ai.Error{Kind: ai.Upstream, Accepted: true}},
		{"new status", 418, apiError(418, "TEAPOT", "Short and stout."), ai.Error{Kind: ai.BadRequest}},
		{"new status of a server", 599, apiError(599, "MELTED", "Hot."), ai.Error{Kind: ai.Upstream, Accepted: true}},
		{"no status, 404", 404, object{"error": object{"code": 404, "message": "x"}}, ai.Error{Kind: ai.ModelGone}},
		{"no status, 429", 429, object{"error": object{"code": 429, "message": "x"}}, ai.Error{Kind: ai.RateLimited}},
		{"no status, 503", 503, object{"error": object{"code": 503, "message": "x"}}, ai.Error{Kind: ai.Overloaded}},
		{"no status, 400", 400, object{"error": object{"code": 400, "message": "token count exceeds the limit"}}, ai.Error{Kind: ai.ContextLength}},
		{"status of another", 429, apiError(429, "rate_limit_error", "x"), ai.Error{Kind: ai.RateLimited}},
		{"empty error", 429, object{"error": object{}}, ai.Error{Kind: ai.RateLimited, Accepted: true}},
		{"other JSON, 503", 503, object{"message": "secret"}, ai.Error{Kind: ai.Overloaded, Accepted: true}},
		{"a list, 500", 500, []string{"secret"}, ai.Error{Kind: ai.Upstream, Accepted: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.want.HTTP = tt.status
			checkAnswer(t, refusal{tt.status, tt.body}.send, tt.want)
		})
	}
}

// TestKindsOfAnswersFromProxies reads answers of proxies between the adapter and the API.
func TestKindsOfAnswersFromProxies(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status int
		want   ai.Kind
	}{
		{301, ai.Upstream}, {307, ai.Upstream}, {308, ai.Upstream}, {400, ai.Upstream}, {401, ai.Auth}, {403, ai.Auth},
		{404, ai.Upstream}, {407, ai.Auth}, {413, ai.BadRequest}, {429, ai.RateLimited}, {500, ai.Upstream},
		{502, ai.Upstream}, {503, ai.Overloaded}, {504, ai.Upstream},
	}
	for _, tt := range tests {
		for name, body := range map[string]string{"HTML": "<html>secret</html>", "empty": ""} {
			t.Run(http.StatusText(tt.status)+" "+name, func(t *testing.T) {
				t.Parallel()
				checkAnswer(t, func(w http.ResponseWriter) {
					w.Header().Set("Content-Type", "text/html")
					w.Header().Set("Retry-After", "7")
					w.WriteHeader(tt.status)
					_, _ = w.Write([]byte(body)) // A redirect may have none.
				}, ai.Error{Kind: tt.want, HTTP: tt.status, Accepted: true, RetryAfter: 7 * time.Second})
			})
		}
	}
}

// checkAnswer requests a text, a picture and a video from a vendor that always gives this answer. Each is
// requested once.
func checkAnswer(t *testing.T, answer func(http.ResponseWriter), want ai.Error) {
	t.Helper()
	v := newVendor(t, func(w http.ResponseWriter, _ *http.Request) { answer(w) })
	_, drawing := draw(t.Context(), t, v, imageRequest(secretPrompt))
	_, start := v.StartVideo(t.Context(), videoRequest(secretPrompt))
	faults := []*ai.Error{receive(t.Context(), t, v, textRequest(secretPrompt)).err, drawing, typed(t, start)}
	for i, got := range faults {
		if got.Kind != want.Kind || got.HTTP != want.HTTP || got.Accepted != want.Accepted {
			t.Errorf("call %d = %+v, want %+v", i, got, want)
		}
		if want.RetryAfter > 0 && got.RetryAfter != want.RetryAfter {
			t.Errorf("call %d: retry after %v, want %v", i, got.RetryAfter, want.RetryAfter)
		}
	}
	if n := len(v.requests()); n != len(faults) {
		t.Errorf("%d requests for %d calls", n, len(faults))
	}
}

// TestFailureCarriesCodeAndRetryDelay checks what one error contains for the log.
func TestFailureCarriesCodeAndRetryDelay(t *testing.T) {
	t.Parallel()
	v := newVendor(t, func(w http.ResponseWriter, _ *http.Request) { refusals[ai.RateLimited].send(w) })
	if e := receive(t.Context(), t, v, textRequest("hi")).err; e.RetryAfter != 19500*time.Millisecond || e.Code != "RESOURCE_EXHAUSTED" {
		t.Errorf("error = %+v, want the delay and the code of the body", e)
	}
	v = newVendor(t, func(w http.ResponseWriter, _ *http.Request) { refusals[ai.Auth].send(w) })
	if e := receive(t.Context(), t, v, textRequest("hi")).err; e.Code != "API_KEY_INVALID" {
		t.Errorf("code = %q, want the reason", e.Code)
	}
}

// TestFailureHoldsNoSecrets makes the vendor repeat the request and the key, whole and in part.
func TestFailureHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	messages := map[string]string{
		"prompt":        "cannot answer " + secretPrompt + " at all",
		"quoted":        `Invalid value at 'contents[0]' (TYPE_STRING), "my secret" is no good`,
		"quoted, cut":   `Invalid value: "my secret: the bu`,
		"key":           "the key " + apiKey + " is unknown",
		"address":       "see https://example.com/?key=" + apiKey,
		"long":          strings.Repeat("한", 5000),
		"several lines": "one\n\ttwo\x00three",
	}
	for name, message := range messages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, func(w http.ResponseWriter, _ *http.Request) {
				answerJSON(w, 400, apiError(400, "INVALID_ARGUMENT", message))
			})
			e := receive(t.Context(), t, v, textRequest(secretPrompt)).err
			if got := e.Cause.Error(); len(got) > 240 || strings.ContainsAny(got, "\n\t\x00") || len(got) < 10 {
				t.Errorf("cause of %d bytes: %q", len(got), got)
			}
		})
	}
}
