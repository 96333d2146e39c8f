package openaiai_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/openaiai"
)

// received is what the reader of a text received.
type received struct {
	text  string
	final *ai.TextResult
	err   *ai.Error
}

// receive reads one text to its end, of which there must be exactly one.
func receive(t *testing.T, s ai.TextStreamer, req ai.TextRequest) received {
	t.Helper()
	var h received
	for event, err := range s.StreamText(t.Context(), req) {
		switch {
		case h.final != nil || h.err != nil:
			t.Fatal("something follows the end")
		case err != nil && !errors.As(err, &h.err):
			t.Fatalf("%T is no *ai.Error", err)
		case event.Final != nil:
			h.final = event.Final
		}
		h.text += event.Delta
	}
	if h.final == nil && h.err == nil {
		t.Fatal("the text has no end")
	}
	return h
}

// TestKinds reads answers that are failures. Accepted is about a paid call: only a refusal in the API's own form means that
// nothing was begun.
func TestKinds(t *testing.T) {
	t.Parallel()
	type c struct {
		r        refusal
		kind     ai.Kind
		accepted bool
	}
	cases := map[string]c{
		"a policy that is new":      {refusal{400, "weather_policy_violation", "x", "no"}, ai.ContentBlocked, false},
		"invalid prompt":            {refusal{400, "invalid_prompt", "invalid_request_error", "no"}, ai.ContentBlocked, false},
		"too long, without a code":  {refusal{400, "", "BadRequestError", "This model's maximum context length is 4096 tokens."}, ai.ContextLength, false},
		"429 without a code":        {refusal{429, "", "", "Too many requests"}, ai.RateLimited, false},
		"403 without a code":        {refusal{403, "", "", "no"}, ai.Auth, false},
		"404 without a code":        {refusal{404, "", "", "model not found"}, ai.ModelGone, false},
		"409":                       {refusal{409, "", "conflict", "again"}, ai.Upstream, true},
		"408":                       {refusal{408, "", "", "slow"}, ai.Upstream, true},
		"418":                       {refusal{418, "", "teapot", "short"}, ai.BadRequest, false},
		"502 of the API":            {refusal{502, "", "server_error", "bad gateway"}, ai.Upstream, true},
		"529":                       {refusal{529, "", "", "hot"}, ai.Upstream, true},
		"a quota by its type alone": {refusal{429, "", "insufficient_quota", "no"}, ai.QuotaExhausted, false},
	}
	for kind, r := range refusals {
		cases["own "+string(kind)] = c{r, kind, kind == ai.Upstream}
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, "", func(w http.ResponseWriter, _ *http.Request) { tt.r.send(w) })
			h := receive(t, v, textRequest(secretPrompt))
			if h.err == nil || h.err.Kind != tt.kind || h.err.Accepted != tt.accepted || h.err.HTTP != tt.r.status {
				t.Fatalf("got %+v, want %s, accepted %t", h.err, tt.kind, tt.accepted)
			}
			if h.err.RetryAfter != 1500*time.Millisecond || h.err.RequestID != "req_1" || h.err.Provider != providerName {
				t.Errorf("got %+v", h.err)
			}
			checkSecrets(t, h.err)
			if n := len(v.requests()); n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

// checkSecrets requires that an error contains neither the key nor the prompt.
func checkSecrets(t *testing.T, err error) {
	t.Helper()
	for _, message := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
		for _, secret := range []string{apiKey, "sk-secre", secretPrompt, "Authorization"} {
			if strings.Contains(message, secret) {
				t.Errorf("%q is in the error", secret)
			}
		}
	}
}

// TestKindsOfAnswersFromProxies reads answers of proxies between the adapter and the API.
func TestKindsOfAnswersFromProxies(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status    int
		typ, body string
		want      ai.Kind
	}{
		"a page":           {200, "text/html", "<html>log in</html>", ai.Upstream},
		"a document":       {200, "application/json", `{"id":"resp_1"}`, ai.Upstream},
		"nothing":          {200, "", "", ai.Upstream},
		"an empty stream":  {200, "text/event-stream", "", ai.Interrupted},
		"garbage":          {200, "text/event-stream", "data: {{{\n\n", ai.Upstream},
		"a redirect":       {307, "text/html", "", ai.Upstream},
		"a gateway's page": {502, "text/html", "<html>bad gateway</html>", ai.Upstream},
		"an empty 503":     {503, "", "", ai.Overloaded},
		"an empty 429":     {429, "", "", ai.RateLimited},
	} {
		for _, form := range []openaiai.Form{openaiai.FormResponses, openaiai.FormChat} {
			t.Run(name+" "+string(form), func(t *testing.T) {
				t.Parallel()
				v := newVendor(t, form, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", tt.typ)
					w.Header().Set("Location", "/elsewhere")
					w.WriteHeader(tt.status)
					write(w, tt.body)
				})
				h := receive(t, v, textRequest(secretPrompt))
				if h.err == nil || h.err.Kind != tt.want || !h.err.Accepted {
					t.Fatalf("got %+v, want %s, accepted", h.err, tt.want)
				}
				checkSecrets(t, h.err)
				if n := len(v.requests()); n != 1 {
					t.Errorf("asked %d times", n)
				}
			})
		}
	}
}

// TestErrorsInAStream come in two forms, before and after a word.
func TestErrorsInAStream(t *testing.T) {
	t.Parallel()
	delta := frame(object{"type": "response.output_text.delta", "delta": "Hello"})
	for name, tt := range map[string]struct {
		event string
		want  ai.Kind
	}{
		"a failed response": {frame(object{"type": "response.failed", "response": object{"status": "failed", "error": object{"code": "rate_limit_exceeded", "message": secretPrompt}}}), ai.RateLimited},
		"a flat error":      {frame(object{"type": "error", "code": "server_error", "message": "m"}), ai.Upstream},
		"a nested error":    {"event: error\ndata: " + string(encode(object{"type": "error", "error": object{"code": "insufficient_quota", "message": "m"}})) + "\n\n", ai.QuotaExhausted},
	} {
		for _, before := range []string{"", delta} {
			v := newVendor(t, "", func(w http.ResponseWriter, _ *http.Request) {
				startStream(w)
				write(w, before+tt.event)
			})
			h := receive(t, v, textRequest(secretPrompt))
			if h.err == nil || h.err.Kind != tt.want || h.err.Shown != (before != "") || !h.err.Accepted {
				t.Errorf("%s behind %q: %+v, want %s", name, before, h.err, tt.want)
			} else {
				checkSecrets(t, h.err)
			}
		}
	}
}

// TestUnreachableServerIsNotAccepted calls an address without a listener: the request is not Accepted, so a paid call may be repeated.
func TestUnreachableServerIsNotAccepted(t *testing.T) {
	t.Parallel()
	p := openaiai.New(openaiai.Config{Name: providerName, APIKey: apiKey, BaseURL: "http://127.0.0.1:1/v1"})
	h := receive(t, p, textRequest(secretPrompt))
	if h.err == nil || h.err.Kind != ai.Upstream || h.err.Accepted {
		t.Errorf("got %+v", h.err)
	}
	checkSecrets(t, h.err)
	_, err := p.StartVideo(t.Context(), videoRequest())
	var failed *ai.Error
	if !errors.As(err, &failed) || failed.Accepted || !failed.MayRepeatPaid() {
		t.Errorf("a video: %+v", err)
	}
}

// TestCutAnywhere ends a stream behind each of its bytes, in order and by a broken connection. Until its terminal event
// has come whole, no cut may pass for an end.
func TestCutAnywhere(t *testing.T) {
	t.Parallel()
	const whole = "안녕하세요"
	for form, stream := range map[openaiai.Form]string{openaiai.FormResponses: recorded(responseEvents), openaiai.FormChat: recorded(chatEvents)} {
		finish := strings.LastIndex(stream, "\"response.completed\"")
		if form == openaiai.FormChat {
			finish = strings.Index(stream, `"finish_reason":"stop"`)
		}
		for name, breaks := range map[string]bool{"ends in order": false, "breaks": true} {
			t.Run(string(form)+" "+name, func(t *testing.T) {
				t.Parallel()
				var upTo int
				v := newVendor(t, form, func(w http.ResponseWriter, _ *http.Request) {
					startStream(w)
					write(w, stream[:upTo])
					if breaks {
						panic(http.ErrAbortHandler) // The connection breaks without the last chunk.
					}
				})
				for upTo = range len(stream) {
					h := receive(t, v, textRequest(secretPrompt))
					switch {
					case h.err == nil && upTo < finish:
						t.Fatalf("cut at %d passed for an end: %q", upTo, h.text)
					case h.err == nil && h.text != whole:
						t.Errorf("cut at %d: %q", upTo, h.text)
					case h.err != nil && (h.err.Shown != (h.text != "") || !h.err.Accepted || !strings.HasPrefix(whole, h.text)):
						t.Errorf("cut at %d behind %q: %+v", upTo, h.text, h.err)
					case h.err != nil && h.err.Kind != ai.Interrupted && h.err.Kind != ai.Upstream:
						t.Errorf("cut at %d: %v", upTo, h.err)
					}
				}
			})
		}
	}
}
