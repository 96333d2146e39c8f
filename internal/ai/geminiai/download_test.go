package geminiai_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
)

// shelf is a vendor whose operation is done with a video at uri; fetch answers everything except the poll.
// In uri, SELF stands for the vendor's address.
func shelf(t *testing.T, uri string, fetch http.HandlerFunc) *vendor {
	t.Helper()
	return newVendor(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/operations/") {
			answerJSON(w, 200, filmed(operation, strings.ReplaceAll(uri, "SELF", "http://"+r.Host)))
			return
		}
		fetch(w, r)
	})
}

const ownURI = "SELF/v1beta/files/f1:download?alt=media"

func sendVideo(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "video/mp4")
	_, _ = w.Write(mp4File()) // A client may have left.
}

func TestDownloadFails(t *testing.T) {
	t.Parallel()
	answers := map[string]struct {
		kind  ai.Kind
		fetch http.HandlerFunc
	}{
		"403":                  {ai.Auth, refuseWith(403, apiError(403, "PERMISSION_DENIED", "You do not have permission to access the File."))},
		"404":                  {ai.BadRequest, refuseWith(404, apiError(404, "NOT_FOUND", "No such file."))},
		"429":                  {ai.RateLimited, refuseWith(429, apiError(429, "RESOURCE_EXHAUSTED", "Quota."))},
		"500 HTML":             {ai.Upstream, refuseWith(500, "<html>secret")},
		"204":                  {ai.Upstream, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }},
		"206":                  {ai.Upstream, refuseWith(206, "ftyp")},
		"200 JSON":             {ai.Upstream, refuseWith(200, apiError(403, "PERMISSION_DENIED", "No."))},
		"200 HTML":             {ai.Upstream, sendAs("text/html", []byte("<!doctype html><title>secret</title>"))},
		"video as JSON":        {ai.Upstream, sendAs("application/json", mp4File())},
		"not MP4":              {ai.Upstream, sendAs("video/mp4", bytes.Repeat([]byte("x"), 500))},
		"empty":                {ai.Interrupted, sendAs("video/mp4", nil)},
		"short":                {ai.Interrupted, sendAs("video/mp4", mp4File()[:11])},
		"truncated":            {ai.Interrupted, sendTruncated("200000")},
		"truncated, chunks":    {ai.Interrupted, func(w http.ResponseWriter, r *http.Request) { sendVideo(w, r); flush(w); panic(http.ErrAbortHandler) }},
		"too large, announced": {ai.Upstream, sendTruncated(fmt.Sprint(1 << 40))},
		"redirect nowhere":     {ai.Upstream, redirect("")},
		"redirect in circle": {ai.Upstream, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.String(), http.StatusFound)
		}},
	}
	for name, tt := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, e := download(t.Context(), t, shelf(t, ownURI, tt.fetch).Provider)
			if e == nil || e.Kind != tt.kind || !e.Accepted || e.JobFailed {
				t.Errorf("%d bytes, %+v; want %s", len(file), e, tt.kind)
			}
			if tt.kind != ai.Interrupted && len(file) > 0 {
				t.Errorf("wrote %q", file[:min(len(file), 40)])
			}
		})
	}
}

func refuseWith(status int, body any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, status, body) }
}

func sendAs(mediaType string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaType)
		_, _ = w.Write(body) // A client may have left.
	}
}

func sendTruncated(length string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", length)
		sendVideo(w, r)
	}
}

func redirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	}
}

// TestDownloadTooLarge serves a large file without a length.
func TestDownloadTooLarge(t *testing.T) {
	t.Parallel()
	v := shelf(t, ownURI, func(w http.ResponseWriter, r *http.Request) { flush(w); sendVideo(w, r) })
	v.LimitVideo(int64(len(mp4File())) - 1)
	if file, e := download(t.Context(), t, v.Provider); e == nil || e.Kind != ai.Upstream {
		t.Errorf("%d bytes, %+v", len(file), e)
	}
	v.LimitVideo(int64(len(mp4File())))
	if file, e := download(t.Context(), t, v.Provider); e != nil || !bytes.Equal(file, mp4File()) {
		t.Errorf("%d bytes, %+v of a video that is not too large", len(file), e)
	}
}

// hostRouter is a transport on which each host is one that a test made up. It records which hosts were called,
// and which of them got the key.
type hostRouter struct {
	hosts map[string]http.HandlerFunc
	asked []string
	keyed []string
}

// RoundTrip answers as the host in hosts, in memory.
func (s *hostRouter) RoundTrip(req *http.Request) (*http.Response, error) {
	at := req.URL.Scheme + "://" + req.URL.Host + req.URL.RequestURI()
	s.asked = append(s.asked, at)
	if req.Header.Get("X-Goog-Api-Key") != "" || strings.Contains(fmt.Sprint(req.Header, req.URL), apiKey) {
		s.keyed = append(s.keyed, req.URL.Host)
	}
	serve, ok := s.hosts[req.URL.Host]
	if !ok {
		return nil, fmt.Errorf("no street to %s", req.URL.Host)
	}
	return record(serve, req), nil
}

// TestDownloadAddresses tests the addresses a file may have: the key goes only to the base address,
// and requests only to the base address or Google's storage.
func TestDownloadAddresses(t *testing.T) {
	t.Parallel()
	const google, gateway = "https://generativelanguage.googleapis.com", "https://gateway.example/google"
	tests := []struct {
		name, base, uri, to string
		// last is the last requested address; empty when there is no request.
		last string
	}{
		{"Google", "", google + "/v1beta/files/f:download?alt=media", "", google + "/v1beta/files/f:download?alt=media"},
		{"Google by HTTP", "", "http://generativelanguage.googleapis.com/f", "", google + "/f"},
		{"Google with its port", "", "https://generativelanguage.googleapis.com:443/f", "", google + "/f"},
		{"Google in capitals", "", "https://GenerativeLanguage.GoogleAPIs.com/f", "", google + "/f"},
		{"Google through the gateway", gateway, google + "/v1beta/files/f:download?alt=media", "", gateway + "/v1beta/files/f:download?alt=media"},
		{"gateway", gateway, gateway + "/f", "", gateway + "/f"},
		{"storage", "", "https://storage.googleapis.com/b/f?sig=1", "", "https://storage.googleapis.com/b/f?sig=1"},
		{"redirect to storage", "", google + "/f", "https://storage.googleapis.com/b/f?sig=1", "https://storage.googleapis.com/b/f?sig=1"},
		{"redirect to user content", "", google + "/f", "https://x.googleusercontent.com/g", "https://x.googleusercontent.com/g"},
		{"redirect at home", "", google + "/f", "/g", google + "/g"},
		{"foreign", "", "https://evil.example/f", "", ""},
		{"loopback", "", "http://127.0.0.1/f", "", ""},
		{"metadata", "", "http://metadata.google.internal/f", "", ""},
		{"other port", "", "https://generativelanguage.googleapis.com:8443/f", "", ""},
		{"looks like it", "", "https://generativelanguage.googleapis.com.evil.example/f", "", ""},
		{"looks like storage", "", "https://evilgoogleusercontent.com/f", "", ""},
		{"storage by HTTP", "", "http://storage.googleapis.com/f", "", ""},
		{"storage at another port", "", "https://storage.googleapis.com:8443/f", "", ""},
		{"with a user", "", "https://generativelanguage.googleapis.com@evil.example/f", "", ""},
		{"with a user at home", "", "https://u:p@generativelanguage.googleapis.com/f", "", ""},
		{"file", "", "file:///etc/passwd", "", ""},
		{"malformed", "", "https://%zz/", "", ""},
		{"redirect to foreign", "", google + "/f", "https://evil.example/f", google + "/f"},
		{"redirect from storage to foreign", "", "https://storage.googleapis.com/f", "//evil.example/f", "https://storage.googleapis.com/f"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			base := tt.base
			if base == "" {
				base = google
			}
			home, err := url.Parse(base)
			if err != nil {
				t.Fatal(err)
			}
			s := fileHosts(home.Host, tt.uri, tt.to)
			_, e := download(t.Context(), t, newProviderOver(t, tt.base, s))
			checkAsked(t, s, home.Host, tt.last)
			want := tt.last != "" && (tt.to == "" || strings.HasSuffix(tt.last, strings.TrimPrefix(tt.to, google)))
			if (e == nil) != want {
				t.Errorf("downloaded: %t (%v), want %t", e == nil, e, want)
			}
		})
	}
}

// fileHosts has the API at home, whose operation has a video at uri; a host that serves uri
// redirects to to, if set.
func fileHosts(home, uri, to string) *hostRouter {
	videos := func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.URL.Path, "/operations/"):
			answerJSON(w, 200, filmed(operation, uri))
		case to != "" && strings.HasSuffix(uri, r.URL.Path):
			redirect(to)(w, r)
		default:
			sendVideo(w, r)
		}
	}
	return &hostRouter{hosts: map[string]http.HandlerFunc{
		home: videos, "storage.googleapis.com": videos, "x.googleusercontent.com": videos, "evil.example": videos,
	}}
}

// checkAsked requires last to be the last request after the poll, and only home to get the key.
func checkAsked(t *testing.T, s *hostRouter, home, last string) {
	t.Helper()
	if len(s.asked) == 0 || (len(s.asked) == 1) != (last == "") {
		t.Fatalf("asked %q, want %q last", s.asked, last)
	}
	if got := s.asked[len(s.asked)-1]; last != "" && got != last {
		t.Errorf("asked %q, want %q last", s.asked, last)
	}
	for _, host := range s.keyed {
		if host != home {
			t.Errorf("the key went to %s", host)
		}
	}
	for _, at := range s.asked {
		if strings.HasPrefix(at, "https://"+home) && len(s.keyed) == 0 {
			t.Errorf("no key at home: %q", s.asked)
		}
	}
}

// TestDownloadCanceled cancels during the download.
func TestDownloadCanceled(t *testing.T) {
	t.Parallel()
	v := shelf(t, ownURI, func(w http.ResponseWriter, r *http.Request) {
		sendVideo(w, r)
		flush(w)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := v.DownloadVideo(ctx, videoModel, operation, writerFunc(func(b []byte) (int, error) {
		cancel()
		return len(b), nil
	}))
	if e := asError(t, err); e.Kind != ai.Canceled {
		t.Errorf("error = %v", e)
	}
	waitClosed(t, v)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
