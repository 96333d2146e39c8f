package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestRefusalsAreInTheLanguageOfTheRequest uses an answer outside of all routes: that to a wrong name of the server.
func TestRefusalsAreInTheLanguageOfTheRequest(t *testing.T) {
	t.Parallel()
	h := setLanguage(Hosts{"localhost"}.restrict(http.NotFoundHandler()))
	for field, want := range map[string]struct{ language, words string }{
		"":               {"en", "This server"},
		"ko-KR,ko;q=0.9": {"ko", "이 서버"},
		"fr":             {"en", "This server"},
		"ko;;q=what":     {"en", "This server"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://evil.example/graphql", http.NoBody)
		r.Header.Set("Accept-Language", field)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusMisdirectedRequest || w.Header().Get("Content-Language") != want.language || !strings.HasPrefix(w.Body.String(), want.words) {
			t.Errorf("%q: %d, %q, %q", field, w.Code, w.Header().Get("Content-Language"), w.Body)
		}
		if w.Header().Get("Vary") != "Accept-Language" || w.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%q: %v", field, w.Header())
		}
	}
}
