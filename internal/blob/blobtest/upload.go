package blobtest

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/blob"
)

// signPut signs an upload of a PNG and checks the time it reports.
func signPut(t *testing.T, bucket blob.Bucket, key string, size int, expires time.Duration) blob.SignedRequest {
	t.Helper()
	signed, err := bucket.SignPut(t.Context(), key, blob.UploadOptions{ContentType: "image/png", Size: int64(size), Expires: expires})
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(signed.ExpiresAt); left > expires || left < expires-5*time.Second {
		t.Errorf("expires in %v, want %v", left, expires)
	}
	return signed
}

// signedPut uploads as a browser does, with the method and headers that were signed.
func signedPut(t *testing.T, bucket blob.Bucket) {
	content := Content(300_000, 1)
	signed := signPut(t, bucket, "u/1/a.png", len(content), time.Hour)
	got := send(t, signed.Method, signed.URL, signed.Header, bytes.NewReader(content))
	if got.status != http.StatusOK {
		t.Fatalf("status %d: %s", got.status, got.body)
	}
	Holds(t, bucket, "u/1/a.png", content)
	object, err := bucket.Stat(t.Context(), "u/1/a.png")
	if err != nil || object.ContentType != "image/png" || object.Size != int64(len(content)) {
		t.Errorf("stat reports %+v (%v)", object, err)
	}
}

// signedPutOnce uploads twice. A user could otherwise replace a file that was checked.
func signedPutOnce(t *testing.T, bucket blob.Bucket) {
	signed := signPut(t, bucket, "a", 4, time.Hour)
	if got := send(t, signed.Method, signed.URL, signed.Header, strings.NewReader("good")); got.status != http.StatusOK {
		t.Fatalf("status %d: %s", got.status, got.body)
	}
	if got := send(t, signed.Method, signed.URL, signed.Header, strings.NewReader("evil")); got.status != http.StatusPreconditionFailed {
		t.Errorf("the second time: status %d, want 412", got.status)
	}
	Holds(t, bucket, "a", []byte("good"))
}

// signedPutRace sends several uploads concurrently, none of which ends before all have begun: exactly one is
// stored.
func signedPutRace(t *testing.T, bucket blob.Bucket) {
	const size, senders = 200_000, 8
	signed := signPut(t, bucket, "u/1/a", size, time.Hour)
	won := make(chan int, senders)
	var begun, all sync.WaitGroup
	begun.Add(senders)
	for i := range senders {
		all.Go(func() {
			content := Content(size, byte(i))
			together := during(func() { begun.Done(); begun.Wait() })
			body := io.MultiReader(bytes.NewReader(content[:size/2]), together, bytes.NewReader(content[size/2:]))
			// A store that refuses may close the connection before it has read the rest, so an error is a refusal.
			got, err := try(t, signed.Method, signed.URL, signed.Header, sized{body, size})
			if err == nil && got.status == http.StatusOK {
				won <- i
			}
		})
	}
	all.Wait()
	if len(won) != 1 {
		t.Fatalf("%d of %d uploads were stored", len(won), senders)
	}
	Holds(t, bucket, "u/1/a", Content(size, byte(<-won)))
}

// signedPutMismatches changes each part of the signed request, and then shows that the request itself is still good.
func signedPutMismatches(t *testing.T, bucket blob.Bucket) {
	const size = 1000
	content := Content(size, 1)
	signed := signPut(t, bucket, "u/1/a", size, time.Hour)
	with := func(name, value string) http.Header {
		h := signed.Header.Clone()
		h.Del(name)
		if value != "" {
			h.Set(name, value)
		}
		return h
	}
	cases := []struct {
		name, method, url string
		header            http.Header
		body              io.Reader
	}{
		{"shorter", signed.Method, signed.URL, signed.Header, bytes.NewReader(content[1:])},
		{"longer", signed.Method, signed.URL, signed.Header, bytes.NewReader(append(content, 'x'))},
		{"empty", signed.Method, signed.URL, signed.Header, nil},
		{"another type", signed.Method, signed.URL, with("Content-Type", "text/html"), bytes.NewReader(content)},
		{"a longer type", signed.Method, signed.URL, with("Content-Type", "image/png; x=y"), bytes.NewReader(content)},
		{"over all but one version", signed.Method, signed.URL, with("If-None-Match", `"x"`), bytes.NewReader(content)},
		{"another key", signed.Method, strings.Replace(signed.URL, "u/1/a?", "u/1/b?", 1), signed.Header, bytes.NewReader(content)},
		{"another folder", signed.Method, strings.Replace(signed.URL, "u/1/a?", "u/2/a?", 1), signed.Header, bytes.NewReader(content)},
	}
	for _, c := range cases {
		if got := send(t, c.method, c.url, c.header, c.body); got.status != http.StatusForbidden {
			t.Errorf("%s: status %d, want 403", c.name, got.status)
		}
	}
	refused(t, "unknown length", send(t, signed.Method, signed.URL, signed.Header, io.NopCloser(bytes.NewReader(content))))
	for _, name := range []string{"Content-Type", "If-None-Match"} {
		refused(t, "no "+name, send(t, signed.Method, signed.URL, with(name, ""), bytes.NewReader(content)))
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete, http.MethodPost} {
		refused(t, method, send(t, method, signed.URL, signed.Header, bytes.NewReader(content)))
	}
	for name, changed := range changes(t, signed.URL) {
		refused(t, name, send(t, signed.Method, changed, signed.Header, bytes.NewReader(content)))
	}
	if got := keys(t, bucket, ""); len(got) > 0 {
		t.Errorf("stored %v", got)
	}
	if got := send(t, signed.Method, signed.URL, signed.Header, bytes.NewReader(content)); got.status != http.StatusOK {
		t.Errorf("as signed: status %d: %s", got.status, got.body)
	}
}

// signedPutCut interrupts uploads. The last upload shows that nothing was stored: it would be refused if an
// object existed.
func signedPutCut(t *testing.T, bucket blob.Bucket) {
	content := Content(500_000, 1)
	signed := signPut(t, bucket, "a", len(content), time.Hour)
	for _, sent := range []int{0, 1, 100_000, len(content) - 1} {
		sendPart(t, signed, content[:sent], len(content))
	}
	if got := send(t, signed.Method, signed.URL, signed.Header, bytes.NewReader(content)); got.status != http.StatusOK {
		t.Errorf("status %d: %s", got.status, got.body)
	}
	Holds(t, bucket, "a", content)
}

// sendPart announces size bytes, sends fewer, and returns when the server has closed the connection too.
func sendPart(t *testing.T, signed blob.SignedRequest, part []byte, size int) {
	t.Helper()
	u, err := url.Parse(signed.URL)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }() // Both ends have hung up.
	var head bytes.Buffer
	fmt.Fprintf(&head, "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", signed.Method, u.RequestURI(), u.Host, size)
	_ = signed.Header.Write(&head) // A buffer takes everything.
	head.WriteString("\r\n")
	if _, err := conn.Write(append(head.Bytes(), part...)); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil { //nolint:errcheck // Dialed as TCP.
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, conn) // Whatever it says, it ends.
}

// signedPutExpires checks the required options too: an upload of any size or type could fill the store.
func signedPutExpires(t *testing.T, bucket blob.Bucket) {
	for name, opt := range map[string]blob.UploadOptions{
		"no expiry": {ContentType: "image/png", Size: 1},
		"no size":   {ContentType: "image/png", Expires: time.Hour},
		"no type":   {Size: 1, Expires: time.Hour},
	} {
		if _, err := bucket.SignPut(t.Context(), "a", opt); err == nil {
			t.Errorf("signed an upload with %s", name)
		}
	}
	signed := signPut(t, bucket, "a", 1, time.Second)
	becomes(t, http.StatusForbidden, func() int {
		return send(t, signed.Method, signed.URL, signed.Header, strings.NewReader("x")).status
	})
}
