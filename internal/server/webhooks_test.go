package server

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/errs"
)

// TestNoticesThatAreNotSignedAreLimited: anyone can send them, so they are not logged and are limited. Signed ones are
// accepted in any case, from the same address.
func TestNoticesThatAreNotSignedAreLimited(t *testing.T) {
	t.Parallel()
	const allowed = 3
	var log bytes.Buffer
	counted := 0
	p := Payments{
		Gateways: []string{"a", "b"}, Log: slog.New(slog.NewTextHandler(&log, nil)), OnForged: func(string) { counted++ },
		Notice: func(_ context.Context, gateway string, header http.Header, _ []byte) error {
			if header.Get("Signature") != gateway {
				return errs.New(errs.Forbidden, "not signed")
			}
			return nil
		},
		Limit: func(context.Context) error {
			if counted > allowed {
				return errs.New(errs.RateLimited, "slow down").Retry(1500 * time.Millisecond)
			}
			return nil
		},
	}
	mux := http.NewServeMux()
	p.mount(mux)
	post := func(path, signature string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader("{}"))
		r.Header.Set("Signature", signature)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
	for i := range 2 * allowed {
		want := http.StatusUnauthorized
		if i >= allowed {
			want = http.StatusTooManyRequests
		}
		w := post("/webhooks/a", "b") // Each gateway has its own address.
		if w.Code != want || (w.Header().Get("Retry-After") == "2") != (i >= allowed) {
			t.Errorf("delivery %d is answered with %d after %s", i, w.Code, w.Header().Get("Retry-After"))
		}
	}
	for _, gateway := range []string{"a", "b"} {
		if w := post("/webhooks/"+gateway, gateway); w.Code != http.StatusNoContent {
			t.Errorf("what %s signed is answered with %d", gateway, w.Code)
		}
	}
	if counted != 2*allowed || log.Len() > 0 {
		t.Errorf("%d were counted; the log has %s", counted, log.String())
	}
}
