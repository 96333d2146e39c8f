package fileblob

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/blob"
	"github.com/weav-ai/weav/internal/blob/blobtest"
)

var outside = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// answer is what came back, without the body.
type answer struct {
	status int
	length int64
	header http.Header
}

// do sends a request and reads the answer away.
func do(t *testing.T, method, address string, header http.Header, body io.Reader) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		req.Header = header
	}
	resp, err := outside.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.ContentLength, resp.Header}
}

func signed(t *testing.T, bucket *Bucket, key string) string {
	t.Helper()
	address, err := bucket.SignGet(t.Context(), key, blob.GetOptions{Expires: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return address
}

func TestHead(t *testing.T) {
	t.Parallel()
	bucket := openAt(t, t.TempDir())
	blobtest.Put(t, bucket, "a", blobtest.Content(1000, 1))
	got := do(t, http.MethodHead, signed(t, bucket, "a"), nil, nil)
	if got.status != http.StatusOK || got.length != 1000 {
		t.Errorf("status %d, length %d", got.status, got.length)
	}
}

func TestFilesRunNothing(t *testing.T) {
	t.Parallel()
	bucket := openAt(t, t.TempDir())
	blobtest.Put(t, bucket, "a", []byte("<script>alert(1)</script>"))
	h := do(t, http.MethodGet, signed(t, bucket, "a"), nil, nil).header
	if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "sandbox") {
		t.Errorf("policy %q", csp)
	}
	if cache := h.Get("Cache-Control"); cache != "private, max-age=3600" && cache != "private, max-age=3599" {
		t.Errorf("cache control %q", cache)
	}
}

func TestURLsOfAnotherSecret(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bucket := openAt(t, dir)
	other := openAt(t, dir, func(o *Options) { o.Secret = bytes.Repeat([]byte("o"), minSecretBytes) })
	blobtest.Put(t, bucket, "a", []byte("x"))
	address := strings.Replace(signed(t, other, "a"), other.base.Host, bucket.base.Host, 1)
	if got := do(t, http.MethodGet, address, nil, nil).status; got != http.StatusForbidden {
		t.Errorf("status %d, want 403", got)
	}
}

func TestURLsExpireByTheClock(t *testing.T) {
	t.Parallel()
	now := time.Now()
	bucket := openAt(t, t.TempDir(), func(o *Options) { o.Now = func() time.Time { return now } })
	blobtest.Put(t, bucket, "a", []byte("x"))
	address := signed(t, bucket, "a")
	steps := []struct {
		after time.Duration
		want  int
	}{{0, http.StatusOK}, {time.Hour - 2*time.Second, http.StatusOK}, {time.Hour, http.StatusForbidden}, {1000 * time.Hour, http.StatusForbidden}}
	began := now
	for _, s := range steps {
		now = began.Add(s.after)
		if got := do(t, http.MethodGet, address, nil, nil).status; got != s.want {
			t.Errorf("after %v: status %d, want %d", s.after, got, s.want)
		}
	}
}

func TestPathsThatAreNoKeys(t *testing.T) {
	t.Parallel()
	bucket := openAt(t, t.TempDir())
	blobtest.Put(t, bucket, "a", []byte("x"))
	u, err := url.Parse(signed(t, bucket, "a"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/blobs", "/blobs/", "/a", "/blobs/../blobs/a", "/blobs/./a", "/blobs//a", "/blobs/%2e%2e/a", "/blobs/a/", "/blobs/..%2fa", "/blobs/a%00"} {
		got := do(t, http.MethodGet, "http://"+u.Host+path+"?"+u.RawQuery, nil, nil).status
		if got != http.StatusForbidden {
			t.Errorf("%s: status %d, want 403", path, got)
		}
	}
	for _, query := range []string{"", "signature=", "signature=%zz", u.RawQuery + "&signature=x", u.RawQuery + "&expires=1"} {
		if got := do(t, http.MethodGet, "http://"+u.Host+"/blobs/a?"+query, nil, nil).status; got != http.StatusForbidden {
			t.Errorf("?%s: status %d, want 403", query, got)
		}
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	const app = "https://app.example.com"
	cases := []struct {
		name         string
		origins      []string
		origin, want string
	}{
		{"of no list", nil, app, ""},
		{"listed", []string{"https://other.example.com", app}, app, app},
		{"not listed", []string{"https://other.example.com"}, app, ""},
		{"a part of a listed one", []string{app + ".evil.example"}, app, ""},
		{"any", []string{"*"}, app, "*"},
		{"none asked", []string{app}, "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bucket := openAt(t, t.TempDir(), func(o *Options) { o.Origins = c.origins })
			blobtest.Put(t, bucket, "a", []byte("x"))
			for _, method := range []string{http.MethodOptions, http.MethodGet} {
				header := http.Header{"Access-Control-Request-Method": {"PUT"}}
				if c.origin != "" {
					header.Set("Origin", c.origin)
				}
				got := do(t, method, signed(t, bucket, "a"), header, nil)
				if allowed := got.header.Get("Access-Control-Allow-Origin"); allowed != c.want || got.status >= 300 {
					t.Errorf("%s: status %d, allowed %q, want %q", method, got.status, allowed, c.want)
				}
			}
		})
	}
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	bucket := openAt(t, t.TempDir(), func(o *Options) { o.Origins = []string{"*"} })
	h := do(t, http.MethodOptions, bucket.base.String()+"/a", nil, nil).header
	for _, header := range []string{"Content-Type", "If-None-Match", "Range"} {
		if !strings.Contains(h.Get("Access-Control-Allow-Headers"), header) {
			t.Errorf("%s is not allowed", header)
		}
	}
	if !strings.Contains(h.Get("Access-Control-Allow-Methods"), "PUT") {
		t.Error("PUT is not allowed")
	}
}

// TestStandstill has clients that stop in the middle; the server must close their connections.
func TestStandstill(t *testing.T) {
	t.Parallel()
	bucket := openAt(t, t.TempDir(), func(o *Options) { o.IdleTimeout = 50 * time.Millisecond })
	blobtest.Put(t, bucket, "big", make([]byte, 64<<20)) // Beyond what the connection takes in.
	upload, err := bucket.SignPut(t.Context(), "a", blob.UploadOptions{ContentType: "image/png", Size: 1000, Expires: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	const whole = "Content-Type: image/png\r\nIf-None-Match: *\r\nContent-Length: 1000\r\n"
	for name, header := range map[string]string{
		"upload":         whole,
		"refused upload": "Content-Type: text/html\r\nContent-Length: 1000\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := begin(t, upload.Method, upload.URL, header, "half")
			if _, err := io.Copy(io.Discard, conn); err != nil {
				t.Errorf("the server holds on: %v", err)
			}
			blobtest.Lacks(t, bucket, "a")
		})
	}
	t.Run("download", func(t *testing.T) {
		t.Parallel()
		served := make(chan struct{})
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(served)
			bucket.Handler().ServeHTTP(w, r)
		}))
		defer server.Close()
		address := strings.Replace(signed(t, bucket, "big"), bucket.base.Host, server.Listener.Addr().String(), 1)
		begin(t, http.MethodGet, address, "", "")
		select {
		case <-served:
		case <-time.After(patience):
			t.Error("the server holds on")
		}
	})
}

// TestSlowTransfers take longer in total than their idle time.
func TestSlowTransfers(t *testing.T) {
	t.Parallel()
	const idle, size = 2 * time.Second, 6
	bucket := openAt(t, t.TempDir(), func(o *Options) { o.IdleTimeout = idle })
	upload, err := bucket.SignPut(t.Context(), "a", blob.UploadOptions{ContentType: "image/png", Size: size, Expires: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	conn := begin(t, upload.Method, upload.URL, "Content-Type: image/png\r\nIf-None-Match: *\r\nContent-Length: 6\r\n", "")
	ticks := time.NewTicker(idle / 4)
	defer ticks.Stop()
	for range size {
		<-ticks.C
		if _, err := conn.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	answers := bufio.NewReader(conn)
	answered(t, answers, http.StatusOK)
	blobtest.Holds(t, bucket, "a", []byte("xxxxxx"))
	// The connection serves on, without the deadlines of what it has served.
	for _, next := range []struct {
		address string
		status  int
	}{{signed(t, bucket, "a"), http.StatusOK}, {bucket.base.String() + "/unsigned", http.StatusForbidden}} {
		for range 5 {
			<-ticks.C
		}
		ask(t, conn, http.MethodGet, next.address, "", "")
		answered(t, answers, next.status)
	}
}

func answered(t *testing.T, answers *bufio.Reader, status int) {
	t.Helper()
	resp, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != status {
		t.Errorf("status %d, want %d", resp.StatusCode, status)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Error(err)
	}
}

// patience bounds the wait for an event that happens at once.
const patience = 20 * time.Second

// begin dials, and sends the head of a request and a part of its body.
func begin(t *testing.T, method, address, header, part string) net.Conn {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	ask(t, conn, method, address, header, part)
	return conn
}

func ask(t *testing.T, conn net.Conn, method, address, header, part string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n%s", method, u.RequestURI(), u.Host, header, part); err != nil {
		t.Fatal(err)
	}
}
