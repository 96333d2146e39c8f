package sandboxpay_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/pay"
)

var hidden = regexp.MustCompile(`name="token" value="([0-9a-f]{64})"`)

func TestPage(t *testing.T) {
	t.Parallel()
	s := open(t)
	o, other := s.order(t), s.order(t)
	rec := httptest.NewRecorder()
	s.Handler().ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/"+o.ID, nil))
	page := rec.Body.String()
	if !strings.Contains(page, "9900 KRW") || !strings.Contains(page, "&lt;b&gt;30일") || strings.Contains(page, "<script") {
		t.Errorf("the page is %s", page)
	}
	if csp := rec.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("the policy is %q", csp)
	}
	token := hidden.FindStringSubmatch(page)[1]
	form := func(id, token string) *http.Response {
		body := url.Values{"token": {token}, "outcome": {"paid"}}.Encode()
		return send(t, http.MethodPost, s.url+"/"+id, "application/x-www-form-urlencoded", body)
	}
	if got := form(other.ID, token).StatusCode; got != http.StatusBadRequest {
		t.Errorf("another page's token: %d", got)
	}
	if got := form(o.ID, "").StatusCode; got != http.StatusBadRequest {
		t.Errorf("no token: %d", got)
	}
	res := form(o.ID, token)
	back, err := res.Location()
	if err != nil || res.StatusCode != http.StatusSeeOther || back.String() != s.url+"/"+o.ID {
		t.Errorf("answered %d, back to %v, %v", res.StatusCode, back, err)
	}
	if p, err := s.Payment(t.Context(), pay.Ref{ID: o.ID}); err != nil || p.Status != pay.Paid {
		t.Errorf("it is %+v, %v", p, err)
	}
}

func TestPageRefuses(t *testing.T) {
	t.Parallel()
	s := open(t)
	o := s.order(t)
	for name, c := range map[string]struct {
		method, id, kind, body string
		want                   int
	}{
		"nobody's payment":  {http.MethodGet, pay.NewID(), "", "", http.StatusNotFound},
		"nobody's outcome":  {http.MethodPost, pay.NewID(), "application/json", `{"outcome":"paid"}`, http.StatusNotFound},
		"no JSON":           {http.MethodPost, o.ID, "application/json", `outcome`, http.StatusBadRequest},
		"JSON as text":      {http.MethodPost, o.ID, "text/plain", `{"outcome":"paid"}`, http.StatusBadRequest},
		"too much":          {http.MethodPost, o.ID, "application/json", `{"outcome":"` + strings.Repeat("x", 5000) + `"}`, http.StatusBadRequest},
		"a method of other": {http.MethodDelete, o.ID, "", "", http.StatusMethodNotAllowed},
	} {
		if got := send(t, c.method, s.url+"/"+c.id, c.kind, c.body).StatusCode; got != c.want {
			t.Errorf("%s: answered %d, want %d", name, got, c.want)
		}
	}
	if p, err := s.Payment(t.Context(), pay.Ref{ID: o.ID}); err != nil || p.Status != pay.Ready {
		t.Errorf("it is %+v, %v", p, err)
	}
}
