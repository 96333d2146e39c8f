package openaiai_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/openaiai"
)

// refusedWith answers every request with a status and a body, and returns the failure of a text.
func refusedWith(t *testing.T, form openaiai.Form, status int, body string, header http.Header) *ai.Error {
	t.Helper()
	v := newVendor(t, form, func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range header {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		write(w, body)
	})
	h := receive(t, v, textRequest(secretPrompt))
	if h.err == nil {
		t.Fatalf("%d with %.200s is no failure", status, body)
	}
	checkSecrets(t, h.err)
	return h.err
}

// TestErrorsOfCompatibleServers have forms that OpenAI's own errors never have.
func TestErrorsOfCompatibleServers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		status  int
		body    string
		kind    ai.Kind
		code    string
		message string
	}{
		{"a code that is a number", 400, `{"error":{"message":"bad","type":"BadRequestError","code":400}}`, ai.BadRequest, "BadRequestError", "bad"},
		{"no object around", 404, `{"object":"error","message":"no model x","type":"NotFoundError","code":404}`, ai.ModelGone, "NotFoundError", "no model x"},
		{"a sentence", 429, `{"error":"slow down, please"}`, ai.RateLimited, "", "slow down, please"},
		{"another form", 422, `{"detail":[{"loc":["body"],"msg":"x"}]}`, ai.BadRequest, "", "no reason"},
		{"an error without an error", 503, `{"error":null}`, ai.Overloaded, "", "no reason"},
		{"too long, in a sentence", 400, `{"error":"the request exceeds the available context size, context window 4096"}`, ai.ContextLength, "", "exceeds"},
		{"OpenAI itself, overloaded", 503, `{"error":{"message":"overloaded","type":"server_error","code":null}}`, ai.Overloaded, "server_error", "overloaded"},
		{"a page that is not there", 404, `<html>404</html>`, ai.Upstream, "", "no reason"},
		{"half a body", 400, `{"error":{"message":"ba`, ai.BadRequest, "", "no reason"},
		{"a list", 400, `[1, 2]`, ai.BadRequest, "", "no reason"},
		{"an error with a good status", 200, `{"error":{"message":"pay first","code":"insufficient_quota"}}`, ai.QuotaExhausted, "insufficient_quota", "pay first"},
		{"a status of a good answer as code", 200, `{"error":{"message":"wait","code":429}}`, ai.RateLimited, "", "wait"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := refusedWith(t, openaiai.FormChat, tt.status, tt.body, nil)
			if e.Kind != tt.kind || e.Code != tt.code || !strings.Contains(e.Cause.Error(), tt.message) {
				t.Errorf("got %s, code %q: %v; want %s, %q, %q", e.Kind, e.Code, e.Cause, tt.kind, tt.code, tt.message)
			}
		})
	}
}

// TestFaultsWithinAnAnswer have no status, so only their names show whose fault it is.
func TestFaultsWithinAnAnswer(t *testing.T) {
	t.Parallel()
	for event, kind := range map[string]ai.Kind{
		`{"type":"error","code":"invalid_prompt","message":"m"}`:                                       ai.ContentBlocked,
		`{"type":"error","code":"context_length_exceeded","message":"m"}`:                              ai.ContextLength,
		`{"type":"error","message":"m","code":null}`:                                                   ai.Upstream,
		`{"error":{"message":"m","type":"BadRequestError","code":400}}`:                                ai.BadRequest,
		`{"error":{"message":"m","type":"overloaded_error"}}`:                                          ai.Overloaded,
		`{"error":{"message":"m","code":503}}`:                                                         ai.Overloaded,
		`{"error":"out of memory"}`:                                                                    ai.Upstream,
		`{"type":"response.failed","response":{"error":{"code":"invalid_image_format"}}}`:              ai.BadRequest,
		`{"type":"response.failed","response":{"error":{"code":"bio_policy"}}}`:                        ai.ContentBlocked,
		`{"type":"response.failed","response":{"error":null}}`:                                         ai.Upstream,
		`{"type":"response.completed","response":{"status":"failed","error":{"code":"server_error"}}}`: ai.Upstream,
	} {
		v := newVendor(t, "", func(w http.ResponseWriter, _ *http.Request) {
			startStream(w)
			write(w, "data: "+event+"\n\n")
		})
		h := receive(t, v, textRequest(secretPrompt))
		if h.err == nil || h.err.Kind != kind || !h.err.Accepted {
			t.Errorf("%s: %+v, want %s, accepted", event, h.err, kind)
		}
	}
}

// TestRetryAfter reads the requested delay in all its formats.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	const body = `{"error":{"message":"wait","code":"rate_limit_exceeded"}}`
	for name, tt := range map[string]struct {
		header   http.Header
		from, to time.Duration
	}{
		"none":         {nil, 0, 0},
		"milliseconds": {http.Header{"Retry-After-Ms": {"250"}, "Retry-After": {"9"}}, 250 * time.Millisecond, 250 * time.Millisecond},
		"seconds":      {http.Header{"Retry-After": {"9"}}, 9 * time.Second, 9 * time.Second},
		"part of one":  {http.Header{"Retry-After": {"0.5"}}, 500 * time.Millisecond, 500 * time.Millisecond},
		"a day":        {http.Header{"Retry-After": {time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)}}, 58 * time.Minute, time.Hour},
		"a day before": {http.Header{"Retry-After": {time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)}}, 0, 0},
		"words":        {http.Header{"Retry-After": {"soon"}}, 0, 0},
		"less than 0":  {http.Header{"Retry-After": {"-3"}}, 0, 0},
		"no number":    {http.Header{"Retry-After-Ms": {"NaN"}, "Retry-After": {"NaN"}}, 0, 0},
		"for ever":     {http.Header{"Retry-After": {"1e300"}}, 24 * time.Hour, 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if e := refusedWith(t, "", 429, body, tt.header); e.RetryAfter < tt.from || e.RetryAfter > tt.to {
				t.Errorf("wait %v, want %v to %v", e.RetryAfter, tt.from, tt.to)
			}
		})
	}
}

// TestMessagesHoldNoSecrets keeps the description of a fault, without the key and the prompt.
func TestMessagesHoldNoSecrets(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"This model's maximum is 4096 tokens.":                  "This model's maximum is 4096 tokens.",
		"Bad value: '" + secretPrompt + "'.":                    "Bad value: “…”.",
		"Rejected: " + secretPrompt + ", and more":              "Rejected: …, and more",
		"Rejected: " + secretPrompt[:len(secretPrompt)-4] + "…": "Rejected: ……",
		"It ends with " + secretPrompt[10:]:                     "It ends with …",
		"Incorrect API key provided: " + apiKey:                 "Incorrect API key provided: …",
		"Incorrect API key provided: sk-pro*******abcd.":        "Incorrect API key provided: ….",
		"two\n  lines\x00":                                      "two lines\uFFFD",
		"xx" + strings.Repeat("너무 긴 말 ", 200):                   "xx" + strings.Repeat("너무 긴 말 ", 15) + "너무 긴 ",
	} {
		e := refusedWith(t, "", 400, string(encode(object{"error": object{"message": message}})), nil)
		if got := e.Cause.Error(); got != want {
			t.Errorf("%.60q became %q, want %q", message, got, want)
		}
	}
}

// TestEndlessError stops reading an error that has no end.
func TestEndlessError(t *testing.T) {
	t.Parallel()
	v := newVendor(t, "", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		for r.Context().Err() == nil {
			write(w, strings.Repeat("x", 1<<10))
		}
	})
	if h := receive(t, v, textRequest("hello")); h.err == nil || h.err.Kind != ai.Upstream {
		t.Errorf("got %+v", h.err)
	}
	<-v.closed
}
