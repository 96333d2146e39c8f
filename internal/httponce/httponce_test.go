package httponce_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/httponce"
	"github.com/weav-ai/weav/internal/httponce/httponcetest"
)

// rounds are how often each case runs, each with connections of its own.
const rounds = 5

// TestUsedConnectionBreaks sends requests over a connection that was used before. What may cost something is sent once,
// whatever it carries.
func TestUsedConnectionBreaks(t *testing.T) {
	t.Parallel()
	for _, moment := range httponcetest.Moments {
		for name, tt := range map[string]struct{ method, header string }{
			"a plain POST":             {http.MethodPost, "X-Other"},
			"an idempotency key":       {http.MethodPost, "Idempotency-Key"},
			"the key in other letters": {http.MethodPost, "IDEMPOTENCY-key"},
			"the key of an older name": {http.MethodPost, "X-Idempotency-Key"},
			"a PUT with a key":         {http.MethodPut, "Idempotency-Key"},
		} {
			t.Run(string(moment)+" "+name, func(t *testing.T) {
				t.Parallel()
				for range rounds {
					s := httponcetest.New(t, moment, http.StatusOK, "{}")
					client := &http.Client{Transport: httponce.Transport(&http.Transport{})}
					send(t, client, http.MethodGet, s.URL, "")
					if send(t, client, tt.method, s.URL, tt.header) == nil {
						t.Error("the broken connection gave an answer")
					}
					s.Check(t, 2)
					client.CloseIdleConnections()
				}
			})
		}
	}
}

// TestReadingIsRepeated preserves what net/http does well: a GET survives a connection that broke.
func TestReadingIsRepeated(t *testing.T) {
	t.Parallel()
	var calls []string
	rt := httponce.Transport(roundTripper(func(req *http.Request) (*http.Response, error) {
		calls = append(calls, req.Header.Get("Idempotency-Key"))
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	}))
	client := &http.Client{Transport: rt}
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
		if err := send(t, client, method, "http://example.com", "Idempotency-Key"); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(calls, []string{"key-1", "key-1", "key-1"}) {
		t.Errorf("passed on with the keys %q", calls)
	}
}

// TestRequestIsLeftAlone holds that the caller's request is not changed, and that the server gets the header.
func TestRequestIsLeftAlone(t *testing.T) {
	t.Parallel()
	var seen *http.Request
	rt := httponce.Transport(roundTripper(func(req *http.Request) (*http.Response, error) {
		seen = req
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	}))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://example.com", strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Idempotency-Key", "key-1")
	res, err := rt.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if req.Header.Get("Idempotency-Key") != "key-1" || req.GetBody == nil {
		t.Error("the caller's request was changed")
	}
	if got := seen.Header["idempotency-key"]; len(got) != 1 || got[0] != "key-1" || seen.GetBody != nil { //nolint:staticcheck // The lower case is what hides it from net/http.
		t.Errorf("passed on: %v, with GetBody %t", seen.Header, seen.GetBody != nil)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// send makes a request with a header, and a body where its method has one.
func send(t *testing.T, client *http.Client, method, url, header string) error {
	t.Helper()
	var body io.Reader
	if method == http.MethodPost || method == http.MethodPut {
		body = strings.NewReader(`{"prompt":"a lighthouse"}`)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	if header != "" {
		req.Header.Set(header, "key-1")
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return err
}
