package gqlhttp_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/weav-ai/weav/graph/gqlerr"
	"github.com/weav-ai/weav/graph/gqlhttp"
)

var origins = []string{"https://App.weav.ai/", "http://localhost:3000", "null", ""}

func TestCORS(t *testing.T) {
	t.Parallel()
	served := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	h := gqlhttp.CORS(origins)(served)
	for name, tc := range map[string]struct {
		method, origin, wants string // wants: Access-Control-Request-Method
		status                int
		allowed               bool
	}{
		"listed":              {"POST", "https://app.weav.ai", "", 418, true},
		"with a port":         {"POST", "http://localhost:3000", "", 418, true},
		"another port":        {"POST", "http://localhost:3001", "", 418, false},
		"another scheme":      {"POST", "http://app.weav.ai", "", 418, false},
		"longer name":         {"POST", "https://app.weav.ai.evil.example", "", 418, false},
		"null":                {"POST", "null", "", 418, false},
		"no origin":           {"POST", "", "", 418, false},
		"preflight":           {"OPTIONS", "https://app.weav.ai", "POST", 204, true},
		"preflight, unlisted": {"OPTIONS", "https://evil.example", "POST", 403, false},
		"plain OPTIONS":       {"OPTIONS", "https://app.weav.ai", "", 418, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(tc.method, "/graphql", nil)
			setIf(r.Header, "Origin", tc.origin)
			setIf(r.Header, "Access-Control-Request-Method", tc.wants)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			got := w.Header().Get("Access-Control-Allow-Origin")
			if w.Code != tc.status || (got == tc.origin) != (tc.allowed || tc.origin == "") {
				t.Errorf("got %d, allowed %q", w.Code, got)
			}
			if !strings.Contains(strings.Join(w.Header().Values("Vary"), ","), "Origin") {
				t.Error("a cache may give one origin's answer to another")
			}
			if tc.status == 204 && !strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), "authorization") {
				t.Error("the preflight does not allow to sign in")
			}
			if w.Header().Get("Access-Control-Allow-Credentials") != "" {
				t.Error("cookies are allowed")
			}
		})
	}
}

func setIf(h http.Header, name, value string) {
	if value != "" {
		h.Set(name, value)
	}
}

func TestOriginAllowed(t *testing.T) {
	t.Parallel()
	allowed := gqlhttp.OriginAllowed(origins)
	for name, tc := range map[string]struct {
		origin string
		want   bool
	}{
		"no browser":         {"", true},
		"listed":             {"https://app.weav.ai", true},
		"same origin":        {"https://API.weav.ai", true},
		"same, other port":   {"https://api.weav.ai:8443", false},
		"unlisted":           {"https://evil.example", false},
		"our name in theirs": {"https://api.weav.ai.evil.example", false},
		"null":               {"null", false},
		"nonsense":           {"::", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "http://api.weav.ai/graphql", nil)
			setIf(r.Header, "Origin", tc.origin)
			if got := allowed(r); got != tc.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	fresh := regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	for name, tc := range map[string]struct {
		sent string
		kept bool
	}{
		"none":      {"", false},
		"ours":      {"0198f3a2-aaaa.b_C", true},
		"64 long":   {strings.Repeat("a", 64), true},
		"65 long":   {strings.Repeat("a", 65), false},
		"line":      {"a\nb", false},
		"last line": {"a\n", false},
		"blank":     {"a b", false},
		"letters":   {"요청", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen string
			h := gqlhttp.RequestID(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = gqlerr.RequestID(r.Context()) }))
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("X-Request-Id", tc.sent)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if got := w.Header().Get("X-Request-Id"); got != seen || (got == tc.sent) != tc.kept {
				t.Errorf("sent %q, response %q, context %q", tc.sent, got, seen)
			}
			if !tc.kept && !fresh.MatchString(seen) {
				t.Errorf("made %q", seen)
			}
		})
	}
}
