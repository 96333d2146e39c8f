package blobtest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/blob"
)

// outside is a client like a user's, without connection reuse.
var outside = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// answer is a response that was read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// sized is a body whose length the HTTP client cannot determine.
type sized struct {
	io.Reader
	size int64
}

// send sends a request as a client and reads the answer.
func send(t *testing.T, method, address string, header http.Header, body io.Reader) answer {
	t.Helper()
	got, err := try(t, method, address, header, body)
	if err != nil {
		t.Errorf("%s: %v", method, err)
	}
	return got
}

// try is send that returns the error.
func try(t *testing.T, method, address string, header http.Header, body io.Reader) (answer, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		return answer{}, err
	}
	if header != nil {
		req.Header = header.Clone()
	}
	if s, ok := body.(sized); ok {
		req.ContentLength = s.size
	}
	resp, err := outside.Do(req)
	if err != nil {
		return answer{}, err
	}
	got, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, got}, errors.Join(err, resp.Body.Close())
}

// signGet signs for an hour unless opt says otherwise.
func signGet(t *testing.T, bucket blob.Bucket, key string, opt blob.GetOptions) string {
	t.Helper()
	if opt.Expires == 0 {
		opt.Expires = time.Hour
	}
	address, err := bucket.SignGet(t.Context(), key, opt)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// signedGet checks the headers that keep a browser from running a stored file as a page.
func signedGet(t *testing.T, bucket blob.Bucket) {
	content := Content(300_000, 1)
	Put(t, bucket, "u/1/a.png", content)
	for range 2 {
		got := send(t, http.MethodGet, signGet(t, bucket, "u/1/a.png", blob.GetOptions{}), nil, nil)
		if got.status != http.StatusOK || !bytes.Equal(got.body, content) {
			t.Fatalf("status %d, %d bytes", got.status, len(got.body))
		}
		for name, want := range map[string]string{
			"Content-Type": "image/png", "Content-Length": "300000", "Content-Disposition": "attachment",
			"X-Content-Type-Options": "nosniff", "Accept-Ranges": "bytes",
		} {
			if got.header.Get(name) != want {
				t.Errorf("%s: %q, want %q", name, got.header.Get(name), want)
			}
		}
	}
}

// signedRange reads parts, as a video player does.
func signedRange(t *testing.T, bucket blob.Bucket) {
	content := Content(1000, 1)
	Put(t, bucket, "a", content)
	address := signGet(t, bucket, "a", blob.GetOptions{})
	cases := []struct {
		span, contentRange string
		status             int
		want               []byte
	}{
		{"bytes=10-19", "bytes 10-19/1000", http.StatusPartialContent, content[10:20]},
		{"bytes=990-", "bytes 990-999/1000", http.StatusPartialContent, content[990:]},
		{"bytes=-5", "bytes 995-999/1000", http.StatusPartialContent, content[995:]},
		{"bytes=1000-", "", http.StatusRequestedRangeNotSatisfiable, nil},
	}
	for _, c := range cases {
		got := send(t, http.MethodGet, address, http.Header{"Range": {c.span}}, nil)
		if got.status != c.status || c.want != nil && got.header.Get("Content-Range") != c.contentRange {
			t.Errorf("%s: status %d, %q", c.span, got.status, got.header.Get("Content-Range"))
		}
		if c.want != nil && !bytes.Equal(got.body, c.want) {
			t.Errorf("%s: %d bytes, want %d", c.span, len(got.body), len(c.want))
		}
	}
}

func signedGetMissing(t *testing.T, bucket blob.Bucket) {
	if got := send(t, http.MethodGet, signGet(t, bucket, "a/b", blob.GetOptions{}), nil, nil); got.status != http.StatusNotFound {
		t.Errorf("status %d, want 404", got.status)
	}
}

// signedGetShapes signs file names and types. A name in quotes must not end them, nor add a header.
func signedGetShapes(t *testing.T, bucket blob.Bucket) {
	Put(t, bucket, "a", []byte("x"))
	cases := []struct {
		opt                    blob.GetOptions
		disposition, mediaType string
	}{
		{blob.GetOptions{Inline: true}, "inline", "image/png"},
		{blob.GetOptions{Filename: "cat 1.png"}, `attachment; filename="cat 1.png"`, "image/png"},
		{blob.GetOptions{Filename: "고양이.png", Inline: true},
			`inline; filename="___.png"; filename*=UTF-8''%EA%B3%A0%EC%96%91%EC%9D%B4.png`, "image/png"},
		{blob.GetOptions{Filename: "a\"b\r\nX-Evil: 1.png"}, `attachment; filename="a_b__X-Evil_ 1.png"`, "image/png"},
		{blob.GetOptions{ContentType: "text/plain; charset=utf-8"}, "attachment", "text/plain; charset=utf-8"},
	}
	for _, c := range cases {
		got := send(t, http.MethodGet, signGet(t, bucket, "a", c.opt), nil, nil)
		if got.header.Get("Content-Disposition") != c.disposition || got.header.Get("Content-Type") != c.mediaType {
			t.Errorf("%+v: %q, %q", c.opt, got.header.Get("Content-Disposition"), got.header.Get("Content-Type"))
		}
		if got.header.Get("X-Evil") != "" || got.status != http.StatusOK {
			t.Errorf("%+v: status %d, headers %v", c.opt, got.status, got.header)
		}
	}
}

// signedGetChanged uses the signature for other methods, keys and parameters.
func signedGetChanged(t *testing.T, bucket blob.Bucket) {
	Put(t, bucket, "u/1/a", []byte("mine"))
	Put(t, bucket, "u/1/b", []byte("another's"))
	address := signGet(t, bucket, "u/1/a", blob.GetOptions{ContentType: "image/png", Filename: "a.png"})
	for _, method := range []string{http.MethodPut, http.MethodPost, http.MethodDelete} {
		refused(t, method, send(t, method, address, nil, strings.NewReader("overwritten")))
	}
	key := strings.Replace(address, "u/1/a?", "u/1/b?", 1)
	if got := send(t, http.MethodGet, key, nil, nil); got.status != http.StatusForbidden {
		t.Errorf("with another key: status %d, want 403", got.status)
	}
	for name, changed := range changes(t, address) {
		refused(t, name, send(t, http.MethodGet, changed, nil, nil))
	}
	Holds(t, bucket, "u/1/a", []byte("mine"))
}

// refused accepts the statuses of S3 for a missing part of a signature.
func refused(t *testing.T, name string, got answer) {
	t.Helper()
	switch got.status {
	case http.StatusForbidden, http.StatusBadRequest, http.StatusLengthRequired:
	default:
		t.Errorf("%s: status %d, want 403", name, got.status)
	}
}

// changes are the URL with each of its parameters changed, duplicated and removed, and with one added.
func changes(t *testing.T, address string) map[string]string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	add := func(name string, change func(url.Values)) {
		query := u.Query()
		change(query)
		changed := *u
		changed.RawQuery = query.Encode()
		all[name] = changed.String()
	}
	for name, values := range u.Query() {
		last := len(values[0]) - 1
		next := values[0][:last] + string(rune(values[0][last]^1))
		add(name+" changed", func(q url.Values) { q.Set(name, next) })
		add(name+" longer", func(q url.Values) { q.Set(name, values[0]+"0") })
		add(name+" overlaid", func(q url.Values) { q[name] = []string{next, values[0]} })
		add(name+" left out", func(q url.Values) { q.Del(name) })
	}
	add("a parameter more", func(q url.Values) { q.Set("response-cache-control", "public") })
	return all
}

// signedGetExpires checks the bounds too: whole seconds, as S3 signs, and at most MaxExpires.
func signedGetExpires(t *testing.T, bucket blob.Bucket) {
	Put(t, bucket, "a", []byte("x"))
	for _, d := range []time.Duration{0, -time.Second, 1500 * time.Millisecond, blob.MaxExpires + time.Second} {
		if _, err := bucket.SignGet(t.Context(), "a", blob.GetOptions{Expires: d}); err == nil {
			t.Errorf("signed for %v", d)
		}
	}
	address := signGet(t, bucket, "a", blob.GetOptions{Expires: time.Second})
	becomes(t, http.StatusForbidden, func() int { return send(t, http.MethodGet, address, nil, nil).status })
}

// becomes waits until the status of a request is the expected one, which takes a few seconds at most.
func becomes(t *testing.T, want int, status func() int) {
	t.Helper()
	ticks := time.NewTicker(100 * time.Millisecond)
	defer ticks.Stop()
	for range 100 {
		if status() == want {
			return
		}
		<-ticks.C
	}
	t.Errorf("the status never becomes %d", want)
}
