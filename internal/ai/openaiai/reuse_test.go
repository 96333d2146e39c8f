package openaiai_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/ai/aitest"
	"github.com/weav-ai/weav/internal/ai/openaiai"
)

// TestStreamsReuseTheirConnection requests a few streams one after another, each of which ends only when its terminal
// event was read. Each connection is reused by the next.
func TestStreamsReuseTheirConnection(t *testing.T) {
	t.Parallel()
	done := aitest.Script{Text: "A short text."}
	for name, tt := range map[string]struct {
		form openaiai.Form
		play http.HandlerFunc
		call func(t *testing.T, p *openaiai.Provider, ended func())
	}{
		"responses": {openaiai.FormResponses, func(w http.ResponseWriter, r *http.Request) { playResponse(w, r, done) }, awaitEnd},
		"chat":      {openaiai.FormChat, func(w http.ResponseWriter, r *http.Request) { playChat(w, r, done) }, awaitBegin},
		"image":     {"", func(w http.ResponseWriter, r *http.Request) { playDrafts(w, r, aitest.ImageScript{}) }, drawEnd},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read := make(chan struct{})
			v := newVendor(t, tt.form, func(w http.ResponseWriter, r *http.Request) {
				tt.play(w, r)
				flush(w)
				select {
				case <-read:
				case <-r.Context().Done():
				}
			})
			transport := &counting{Transport: &http.Transport{}}
			t.Cleanup(transport.CloseIdleConnections)
			p := openaiai.New(openaiai.Config{Name: providerName, APIKey: apiKey, BaseURL: v.url + "/v1", Form: tt.form, Transport: transport})
			p.WaitForTails(time.Minute)
			const streams = 4
			for range streams {
				tt.call(t, p, func() {
					select {
					case read <- struct{}{}:
					case <-v.closed:
						t.Error("a stream was closed at its terminal event")
					}
				})
			}
			if transport.fresh != 1 {
				t.Errorf("%d streams took %d connections", streams, transport.fresh)
			}
		})
	}
}

// awaitEnd reads a text and calls ended at its end.
func awaitEnd(t *testing.T, p *openaiai.Provider, ended func()) {
	t.Helper()
	for event, err := range p.StreamText(t.Context(), textRequest("hello")) {
		if err != nil {
			t.Fatal(err)
		}
		if event.Final != nil {
			ended()
		}
	}
}

// awaitBegin reads a text and calls began at its first event: the SDK closes a chat completion's stream before its end is known.
func awaitBegin(t *testing.T, p *openaiai.Provider, began func()) {
	t.Helper()
	first := true
	for _, err := range p.StreamText(t.Context(), textRequest("hello")) {
		if err != nil {
			t.Fatal(err)
		}
		if first {
			began()
		}
		first = false
	}
}

// drawEnd reads a picture and calls ended at its end.
func drawEnd(t *testing.T, p *openaiai.Provider, ended func()) {
	t.Helper()
	for event, err := range p.MakeImage(t.Context(), imageRequest("gpt-image-2.6-flare")) {
		if err != nil {
			t.Fatal(err)
		}
		if event.Final != nil {
			ended()
		}
	}
}

// TestStreamStaysOpenBehindItsEnd has a server that keeps a stream open behind its terminal event: the reply ends all
// the same, soon.
func TestStreamStaysOpenBehindItsEnd(t *testing.T) {
	t.Parallel()
	left := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		playResponse(w, r, aitest.Script{Text: "A short text."})
		flush(w)
		<-r.Context().Done()
		close(left)
	}))
	t.Cleanup(server.Close)
	if h := receive(t, newProvider(t, server.URL, openaiai.FormResponses), textRequest("hello")); h.err != nil {
		t.Fatal(h.err)
	}
	select {
	case <-left:
	case <-time.After(5 * time.Second):
		t.Error("the stream is still read")
	}
}

// counting counts fresh connections. Its requests come one after another.
type counting struct {
	*http.Transport

	fresh int
}

func (c *counting) RoundTrip(req *http.Request) (*http.Response, error) {
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if !info.Reused {
			c.fresh++
		}
	}}
	return c.Transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
}

// flush sends what was written.
func flush(w http.ResponseWriter) {
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}
