package app

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// vendorAt answers for the lists of models of both wire formats, to one key.
func vendorAt(t *testing.T, key string) string {
	t.Helper()
	mux := http.NewServeMux()
	answer := func(list, refusal string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			body := list
			if r.Header.Get("Authorization") != "Bearer "+key && r.Header.Get("X-Goog-Api-Key") != key {
				w.WriteHeader(http.StatusUnauthorized)
				body = refusal
			}
			_, _ = io.WriteString(w, body)
		}
	}
	mux.HandleFunc("GET /v1beta/models", answer(
		`{"models":[{"name":"models/a"},{"name":"models/b"}]}`, `{"error":{"code":401,"status":"UNAUTHENTICATED","message":"no"}}`))
	mux.HandleFunc("GET /models", answer(
		`{"object":"list","data":[{"id":"a","object":"model"},{"id":"b","object":"model"}]}`, `{"error":{"code":"invalid_api_key","message":"no"}}`))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func TestChecklistAsksRealAdapters(t *testing.T) {
	t.Parallel()
	url := vendorAt(t, "good")
	silent := httptest.NewServer(nil)
	silent.Close()
	for name, c := range map[string]struct {
		address, key string
		verdict      Verdict
		note         string
	}{
		"its key":       {url, "good", Fine, "2 models"},
		"another's key": {url, "bad-hidden", Unreachable, "refuses the key"},
		"nobody there":  {silent.URL, "good", Unreachable, "check PROVIDER_P_BASE_URL"},
	} {
		for _, adapter := range []string{AdapterGoogle, AdapterOpenAI} {
			t.Run(adapter+", "+name, func(t *testing.T) {
				t.Parallel()
				vars := map[string]string{
					"DATA_DIR": t.TempDir(), "PROVIDERS": "p", "PROVIDER_P_ADAPTER": adapter, "PROVIDER_P_BASE_URL": c.address, "PROVIDER_P_API_KEY": c.key,
				}
				list := Checklist(t.Context(), func(name string) string { return vars[name] }, Part{Serves: true, Works: true})
				want(t, list[len(list)-1], c.verdict, c.note)
			})
		}
	}
}
