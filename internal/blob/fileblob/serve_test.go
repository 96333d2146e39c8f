package fileblob

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
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

// do sends a request and reads the answer away.
func do(t *testing.T, method, address string, header http.Header, body io.Reader) *http.Response {
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
	return resp
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
	resp := do(t, http.MethodHead, signed(t, bucket, "a"), nil, nil)
	if resp.StatusCode != http.StatusOK || resp.ContentLength != 1000 {
		t.Errorf("status %d, length %d", resp.StatusCode, resp.ContentLength)
	}
}

func TestFilesRunNothing(t *testing.T) {
	t.Parallel()
	bucket := openAt(t, t.TempDir())
	blobtest.Put(t, bucket, "a", []byte("<script>alert(1)</script>"))
	h := do(t, http.MethodGet, signed(t, bucket, "a"), nil, nil).Header
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
	if got := do(t, http.MethodGet, address, nil, nil).StatusCode; got != http.StatusForbidden {
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
		if got := do(t, http.MethodGet, address, nil, nil).StatusCode; got != s.want {
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
		got := do(t, http.MethodGet, "http://"+u.Host+path+"?"+u.RawQuery, nil, nil).StatusCode
		if got != http.StatusForbidden {
			t.Errorf("%s: status %d, want 403", path, got)
		}
	}
	for _, query := range []string{"", "signature=", "signature=%zz", u.RawQuery + "&signature=x", u.RawQuery + "&expires=1"} {
		if got := do(t, http.MethodGet, "http://"+u.Host+"/blobs/a?"+query, nil, nil).StatusCode; got != http.StatusForbidden {
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
				resp := do(t, method, signed(t, bucket, "a"), header, nil)
				if got := resp.Header.Get("Access-Control-Allow-Origin"); got != c.want || resp.StatusCode >= 300 {
					t.Errorf("%s: status %d, allowed %q, want %q", method, resp.StatusCode, got, c.want)
				}
			}
		})
	}
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	bucket := openAt(t, t.TempDir(), func(o *Options) { o.Origins = []string{"*"} })
	h := do(t, http.MethodOptions, bucket.base.String()+"/a", nil, nil).Header
	for _, header := range []string{"Content-Type", "If-None-Match", "Range"} {
		if !strings.Contains(h.Get("Access-Control-Allow-Headers"), header) {
			t.Errorf("%s is not allowed", header)
		}
	}
	if !strings.Contains(h.Get("Access-Control-Allow-Methods"), "PUT") {
		t.Error("PUT is not allowed")
	}
}

// TestStandstill has clients that stop in the middle; the server must let go of them.
func TestStandstill(t *testing.T) {
	t.Parallel()
	bucket := openAt(t, t.TempDir(), func(o *Options) { o.IdleTimeout = 50 * time.Millisecond })
	upload, err := bucket.SignPut(t.Context(), "a", blob.UploadOptions{ContentType: "image/png", Size: 1000, Expires: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("upload", func(t *testing.T) {
		conn := begin(t, upload.Method, upload.URL, "Content-Type: image/png\r\nIf-None-Match: *\r\nContent-Length: 1000\r\n", "half")
		if _, err := io.Copy(io.Discard, conn); err != nil {
			t.Errorf("the server holds on: %v", err)
		}
		blobtest.Lacks(t, bucket, "a")
	})
}

// begin sends the head and a part of the body.
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
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n%s", method, u.RequestURI(), u.Host, header, part); err != nil {
		t.Fatal(err)
	}
	return conn
}

var _ = bufio.NewReader
var _ context.Context
