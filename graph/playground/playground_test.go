package playground_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/weav-ai/weav/graph/playground"
)

// ask answers what the playground says to one request.
func ask(t *testing.T, method, target string, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, http.NoBody)
	for name, values := range header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	playground.Handler("").ServeHTTP(w, r)
	return w
}

// built lists the files that the build made, by their path below dist.
func built(t *testing.T) []string {
	t.Helper()
	var names []string
	dist := os.DirFS("dist")
	err := fs.WalkDir(dist, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		method, target string
		status         int
		contentType    string
		cache          string
	}{
		"the page":               {"GET", "/", 200, "text/html; charset=utf-8", "no-cache"},
		"the page by its name":   {"GET", "/index.html", 200, "text/html; charset=utf-8", "no-cache"},
		"head":                   {"HEAD", "/", 200, "text/html; charset=utf-8", "no-cache"},
		"the licenses":           {"GET", "/LICENSES.md", 200, "text/plain; charset=utf-8", "no-cache"},
		"no listing":             {"GET", "/assets/", 404, "text/plain; charset=utf-8", ""},
		"an unknown file":        {"GET", "/assets/index-00000000.js", 404, "text/plain; charset=utf-8", ""},
		"a way out":              {"GET", "/../go.mod", 404, "text/plain; charset=utf-8", ""},
		"a path that is no file": {"GET", "/graphql", 404, "text/plain; charset=utf-8", ""},
		"post":                   {"POST", "/", 405, "text/plain; charset=utf-8", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := ask(t, tc.method, tc.target, nil)
			if w.Code != tc.status {
				t.Errorf("status %d, want %d", w.Code, tc.status)
			}
			if got := w.Header().Get("Content-Type"); got != tc.contentType {
				t.Errorf("Content-Type %q, want %q", got, tc.contentType)
			}
			if got := w.Header().Get("Cache-Control"); got != tc.cache {
				t.Errorf("Cache-Control %q, want %q", got, tc.cache)
			}
			if w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Error("sniffing is allowed")
			}
		})
	}
}

func TestUnchangedPageIsNotSentAgain(t *testing.T) {
	t.Parallel()
	etag := ask(t, "GET", "/", nil).Header().Get("ETag")
	if etag == "" {
		t.Fatal("the page has no ETag")
	}
	w := ask(t, "GET", "/", http.Header{"If-None-Match": {etag}})
	if w.Code != http.StatusNotModified {
		t.Errorf("status %d, want 304", w.Code)
	}
}

func TestANoteStandsAboveThePage(t *testing.T) {
	t.Parallel()
	read := func(note, etag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.Header.Set("If-None-Match", etag)
		w := httptest.NewRecorder()
		playground.Handler(note).ServeHTTP(w, r)
		return w
	}
	plain, noted := read("", ""), read("no <schema> here", "")
	if body := noted.Body.String(); !strings.Contains(body, "no &lt;schema&gt; here") || !strings.HasSuffix(strings.TrimSpace(body), "</html>") {
		t.Errorf("the page is %s", body)
	}
	if strings.Contains(plain.Body.String(), `role="note"`) {
		t.Error("a page without a note has one")
	}
	if w := read("no <schema> here", plain.Header().Get("ETag")); w.Code != http.StatusOK {
		t.Errorf("a browser that knows the page without its note is answered %d", w.Code)
	}
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	policy := ask(t, "GET", "/", nil).Header().Get("Content-Security-Policy")
	for _, want := range []string{
		"default-src 'none'", "script-src 'self'", "worker-src 'self'", "connect-src 'self'", "frame-ancestors 'none'",
	} {
		if !strings.Contains(policy+";", want+";") {
			t.Errorf("the policy lacks %s", want)
		}
	}
	for _, never := range []string{"http:", "https:", "*", "unsafe-eval"} {
		if strings.Contains(policy, never) {
			t.Errorf("the policy allows %s", never)
		}
	}
}

// What the page names is what was embedded with it, and stands on this server.
func TestPageLoadsOnlyItsOwnFiles(t *testing.T) {
	t.Parallel()
	html := ask(t, "GET", "/", nil).Body.String()
	if inline := regexp.MustCompile(`(?i)<script(?:[^>]*)>\s*[^<\s]`).FindString(html); inline != "" {
		t.Errorf("an inline script, which the policy refuses: %s", inline)
	}
	refs := regexp.MustCompile(`(?i)\s(?:src|href)=["']?([^"'\s>]+)`).FindAllStringSubmatch(html, -1)
	if len(refs) < 3 {
		t.Fatalf("the page names %d files, want a script, a style and an icon at least", len(refs))
	}
	for _, ref := range refs {
		if regexp.MustCompile(`^(?:[a-z]+:|/)`).MatchString(ref[1]) {
			t.Errorf("%s is not relative to the page", ref[1])
			continue
		}
		if w := ask(t, "GET", path.Join("/", ref[1]), nil); w.Code != http.StatusOK {
			t.Errorf("%s answers %d", ref[1], w.Code)
		}
	}
}

// The code asks for its chunks, workers and fonts itself, by names that only the build knows.
func TestCodeLoadsOnlyItsOwnFiles(t *testing.T) {
	t.Parallel()
	chunk := regexp.MustCompile("[\"'`(](?:\\./|assets/)?([A-Za-z0-9_.-]+-[A-Za-z0-9_-]{8}\\.(?:js|css|ttf|woff2))[\"'`)]")
	outside := regexp.MustCompile(`(?:import\(|importScripts\(|@import |url\(|new Worker\()\s*["']?https?://[^"')]+`)
	seen := 0
	for _, name := range built(t) {
		body, err := os.ReadFile(path.Join("dist", name))
		if err != nil {
			t.Fatal(err)
		}
		if found := outside.Find(body); found != nil {
			t.Errorf("%s loads from elsewhere: %s", name, found)
		}
		for _, match := range chunk.FindAllSubmatch(body, -1) {
			seen++
			if _, err := os.Stat(path.Join("dist/assets", string(match[1]))); err != nil {
				t.Errorf("%s loads %s, which the build did not make", name, match[1])
			}
		}
	}
	if seen < 20 {
		t.Errorf("found %d references between files; the pattern no longer fits the build", seen)
	}
}

func TestEveryFileIsServed(t *testing.T) {
	t.Parallel()
	for _, name := range built(t) {
		w := ask(t, "GET", "/"+name, nil)
		if w.Code != http.StatusOK {
			t.Errorf("%s answers %d", name, w.Code)
		}
		immutable := strings.Contains(w.Header().Get("Cache-Control"), "immutable")
		if immutable != strings.HasPrefix(name, "assets/") {
			t.Errorf("%s: immutable is %v", name, immutable)
		}
	}
}

// The files go into every binary and every clone.
func TestBuildStaysSmall(t *testing.T) {
	t.Parallel()
	const most = 8 << 20
	var total int64
	for _, name := range built(t) {
		if strings.HasSuffix(name, ".map") {
			t.Errorf("%s: source maps stay out", name)
		}
		file, err := os.Stat(path.Join("dist", name))
		if err != nil {
			t.Fatal(err)
		}
		total += file.Size()
	}
	if total > most {
		t.Errorf("the build has %d bytes, want at most %d", total, most)
	}
}
