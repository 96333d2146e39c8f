package contract

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/app"
	"github.com/weav-ai/weav/test/servicetest"
)

// browser is somebody's browser at the pages of operators.
type browser struct {
	http.Client
	base string
}

func (w *world) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	return &browser{Client: http.Client{Jar: jar}, base: strings.TrimSuffix(w.url, "/graphql")}
}

// fetch makes a request and returns its status and body.
func (b *browser) fetch(t *testing.T, method, path string, form url.Values, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, b.base+path, strings.NewReader(form.Encode()))
	must(t, err)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := b.Do(req)
	must(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(t, err)
	return res.StatusCode, string(body)
}

// TestPagesOfOperators: nobody is asked to sign in, a person finds nothing, an operator sees the queue.
func TestPagesOfOperators(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]func(t *testing.T) map[string]string{
		"embedded":           func(*testing.T) map[string]string { return map[string]string{} },
		"postgres and redis": services,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if servicetest.Race && name == "embedded" {
				t.Skip("SQLite is too slow under the race detector")
			}
			with := settings(t)
			with["ADMIN_EMAILS"] = "other@example.com, Boss@Example.com"
			w := start(t, app.Part{Serves: true, Works: true}, with)
			boss, person := w.person(t, "boss"), w.person(t, "person")
			boss.picture(t, "something in the queue")

			b := w.browser(t)
			if status, page := b.fetch(t, http.MethodGet, "/admin/", nil); status != 401 || !strings.Contains(page, "access token") {
				t.Errorf("nobody gets %d", status)
			}
			if status, _ := b.fetch(t, http.MethodPost, "/admin/session", url.Values{"token": {"nonsense"}}); status != 401 {
				t.Errorf("nonsense gets %d", status)
			}
			if status, _ := b.fetch(t, http.MethodPost, "/admin/session", url.Values{"token": {person.Token}}); status != 404 {
				t.Errorf("a person gets %d", status)
			}
			if status, _ := b.fetch(t, http.MethodGet, "/admin/jobs/", nil, "Authorization", "Bearer "+person.Token); status != 404 {
				t.Errorf("a person's script gets %d", status)
			}
			status, _ := b.fetch(t, http.MethodPost, "/admin/session", url.Values{"token": {boss.Token}}, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")
			if status != 403 {
				t.Errorf("a page of another origin gets %d", status)
			}
			if status, page := b.fetch(t, http.MethodPost, "/admin/session", url.Values{"token": {boss.Token}}); status != 200 || !strings.Contains(page, "River") || strings.Contains(page, boss.Token) {
				t.Errorf("an operator gets %d", status)
			}
			// The queue notes what is completed in batches.
			for deadline := time.After(30 * time.Second); ; {
				status, list := b.fetch(t, http.MethodGet, "/admin/jobs/api/jobs?state=completed", nil)
				if status == 200 && strings.Contains(list, "job_run") {
					break
				}
				select {
				case <-time.After(100 * time.Millisecond):
				case <-deadline:
					t.Fatalf("the list of jobs is %d %.200s", status, list)
				}
			}
			boss.change(t, "signOut", object{}, "endedSessionIds")
			if status, _ := b.fetch(t, http.MethodGet, "/admin/jobs/", nil); status != 401 {
				t.Errorf("who signed out gets %d", status)
			}
		})
	}
}

// TestThePageOverTheQueueLeavesEntries of all that may change something, before it is done; what only reads leaves none, and so
// does who may not.
func TestThePageOverTheQueueLeavesEntries(t *testing.T) {
	t.Parallel()
	withBoss(t, func(t *testing.T, w *world) {
		boss, ada := w.person(t, "boss"), w.person(t, "ada")
		b := w.browser(t)
		fetch := func(who *person, method, path, body string) int {
			t.Helper()
			req, err := http.NewRequestWithContext(t.Context(), method, b.base+"/admin/jobs/api/"+path, strings.NewReader(body))
			must(t, err)
			req.Header.Set("Authorization", "Bearer "+who.Token)
			req.Header.Set("Content-Type", "application/json")
			res, err := b.Do(req)
			must(t, err)
			must(t, res.Body.Close())
			return res.StatusCode
		}
		acts := []struct {
			method, path, body string
			status             int
		}{
			{http.MethodPost, "jobs/cancel", `{"ids":["987654"]}`, http.StatusNotFound},
			{http.MethodPost, "jobs/delete", `{"ids":["987654"]}`, http.StatusNotFound},
			{http.MethodPost, "jobs/retry", `{"ids":["987654"]}`, http.StatusNotFound},
			{http.MethodPut, "queues/control/pause", `{}`, http.StatusOK},
			{http.MethodPut, "queues/control/resume", `{}`, http.StatusOK},
		}
		want := []string{}
		for _, act := range acts {
			if status := fetch(ada, act.method, act.path, act.body); status != http.StatusNotFound {
				t.Errorf("%s by nobody of the administration: %d", act.path, status)
			}
			if status := fetch(boss, act.method, act.path, act.body); status != act.status {
				t.Errorf("%s: %d, want %d", act.path, status, act.status)
			}
			want = append(want, act.method+" /admin/jobs/api/"+act.path+" "+act.body)
		}
		if status := fetch(boss, http.MethodGet, "queues", ""); status != http.StatusOK {
			t.Errorf("the queues: %d", status)
		}
		if status := fetch(boss, http.MethodPost, "jobs/cancel", `{"ids":["`+strings.Repeat("1", 70000)+`"]}`); status != http.StatusRequestEntityTooLarge {
			t.Errorf("too much: %d", status)
		}
		var got []string
		for _, e := range boss.get(t, `{ administration { auditLog(first: 100) { nodes { `+auditFields+` } } } }`, nil).at("administration.auditLog.nodes").([]any) {
			if at(e, "action") != "QUEUE_CHANGED" || at(e, "actor") != address("boss") || at(e, "reason") != "" {
				t.Errorf("an entry is %v", e)
			}
			got = append(got, at(e, "subject").(string)+" "+at(e, "detail").(string))
		}
		slices.Reverse(got)
		if !slices.Equal(got, want) {
			t.Errorf("entries %q, want %q", got, want)
		}
	})
}

func TestWithoutOperatorsThereAreNoPages(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	if status, _ := w.browser(t).fetch(t, http.MethodGet, "/admin/jobs/", nil, "Authorization", "Bearer "+w.person(t, "boss").Token); status != 404 {
		t.Errorf("got %d, want 404", status)
	}
}
