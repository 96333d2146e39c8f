package geminiai_test

import (
	"bytes"
	"context"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/geminiai"
)

// record serves req in memory.
func record(serve http.HandlerFunc, req *http.Request) *http.Response {
	w := httptest.NewRecorder()
	serve(w, req)
	resp := w.Result()
	resp.Request = req
	return resp
}

// waitClosed requires that the vendor sees a connection close within a second.
func waitClosed(t *testing.T, v *vendor) {
	t.Helper()
	select {
	case <-v.closed:
	case <-time.After(time.Second):
		t.Error("the connection is still open after a second")
	}
}

// TestDropped breaks the connection of every call before it is answered. The vendor may have taken
// it, so it is sent once and is Accepted.
func TestDropped(t *testing.T) {
	t.Parallel()
	v := newVendor(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, drawing := draw(t.Context(), t, v, imageRequest(secretPrompt))
	_, start := v.StartVideo(t.Context(), videoRequest(secretPrompt))
	faults := []*ai.Error{drawing, asError(t, start), receive(t.Context(), t, v, textRequest(secretPrompt)).err}
	for i, e := range faults {
		if e.Kind != ai.Upstream || !e.Accepted || e.MayRepeatPaid() || e.HTTP != 0 {
			t.Errorf("call %d = %+v", i, e)
		}
	}
	if n := len(v.requests()); n != len(faults) {
		t.Errorf("%d requests for %d calls", n, len(faults))
	}
}

// TestUnreachable calls an address without a listener. The request was not accepted.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	p := newProvider(t, "http://"+l.Addr().String())
	_, drawing := draw(t.Context(), t, p, imageRequest(secretPrompt))
	_, start := p.StartVideo(t.Context(), videoRequest(secretPrompt))
	for i, e := range []*ai.Error{drawing, asError(t, start), receive(t.Context(), t, p, textRequest(secretPrompt)).err} {
		if e.Kind != ai.Upstream || e.Accepted {
			t.Errorf("call %d = %+v", i, e)
		}
	}
}

// TestStalled cancels every call while the vendor is silent behind a part of its answer.
func TestStalled(t *testing.T) {
	t.Parallel()
	calls := map[string]func(context.Context, *vendor) *ai.Error{
		"text":    func(ctx context.Context, v *vendor) *ai.Error { return receive(ctx, t, v, textRequest("hi")).err },
		"picture": func(ctx context.Context, v *vendor) *ai.Error { _, e := draw(ctx, t, v, imageRequest("hi")); return e },
		"start": func(ctx context.Context, v *vendor) *ai.Error {
			_, err := v.StartVideo(ctx, videoRequest("hi"))
			return asError(t, err)
		},
		"poll": func(ctx context.Context, v *vendor) *ai.Error {
			_, err := v.PollVideo(ctx, videoModel, operation)
			return asError(t, err)
		},
		"models": func(ctx context.Context, v *vendor) *ai.Error { _, err := v.ListModels(ctx); return asError(t, err) },
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = w.Write([]byte(`{"name":"`)) // The client is there.
				flush(w)
				cancel()
				<-r.Context().Done()
			})
			if e := call(ctx, v); e.Kind != ai.Canceled || !e.Accepted {
				t.Errorf("error = %+v", e)
			}
			waitClosed(t, v)
		})
	}
}

// TestRedirectedCall sends calls on to another host, which must see neither them nor the key.
func TestRedirectedCall(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		other := newVendor(t, func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, object{"name": operation}) })
		v := newVendor(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.url+r.URL.Path, status) })
		_, start := v.StartVideo(t.Context(), videoRequest("waves"))
		_, poll := v.PollVideo(t.Context(), videoModel, operation)
		_, list := v.ListModels(t.Context())
		_, drawing := draw(t.Context(), t, v, imageRequest("waves"))
		for i, e := range []*ai.Error{asError(t, start), asError(t, poll), asError(t, list), drawing} {
			if e.Kind != ai.Upstream || !e.Accepted {
				t.Errorf("%d, call %d: %+v", status, i, e)
			}
		}
		if n := len(other.requests()); n > 0 {
			t.Errorf("%d: %d requests went elsewhere", status, n)
		}
	}
}

// TestNothingIsLoggedByTheSDK captures the standard logger, which is global: the test cannot be parallel.
func TestNothingIsLoggedByTheSDK(t *testing.T) {
	var logged bytes.Buffer
	before := log.Writer()
	log.SetOutput(&logged)
	t.Cleanup(func() { log.SetOutput(before) })
	stream, _ := recorded()
	for _, upTo := range []int{0, 3, 100, len(stream) - 50, len(stream)} {
		v := newVendor(t, func(w http.ResponseWriter, _ *http.Request) { sendCut(w, stream[:upTo], true) })
		receive(t.Context(), t, v, textRequest("hi"))
	}
	ctx, cancel := context.WithCancel(t.Context())
	v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
		sendEvents(w, part(object{"functionCall": object{"name": "f"}}, 1, 0))
		cancel()
		<-r.Context().Done()
	})
	receive(ctx, t, v, textRequest("hi"))
	v = newVendor(t, func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, object{}) })
	if _, err := v.ListModels(t.Context()); err != nil {
		t.Error(err)
	}
	if logged.Len() > 0 {
		t.Errorf("the SDK said: %s", &logged)
	}
}

// TestEnvironment sets all that the SDK reads. None of it may reach a provider.
func TestEnvironment(t *testing.T) {
	for _, name := range []string{"GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_ENTERPRISE"} {
		t.Setenv(name, "true")
	}
	for _, name := range []string{
		"GOOGLE_API_KEY", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION", "GOOGLE_CLOUD_REGION",
		"GOOGLE_GEMINI_BASE_URL", "GOOGLE_VERTEX_BASE_URL",
	} {
		t.Setenv(name, "http://127.0.0.1:1")
	}
	s := &hostRouter{hosts: map[string]http.HandlerFunc{
		"generativelanguage.googleapis.com": func(w http.ResponseWriter, _ *http.Request) { sendEvents(w, answer("STOP", 0, 0)) },
	}}
	if h := receive(t.Context(), t, newProviderOver(t, "", s), textRequest("hi")); h.err != nil {
		t.Error(h.err)
	}
	if len(s.keyed) != 1 || !strings.HasPrefix(s.asked[0], "https://generativelanguage.googleapis.com/v1beta/models/") {
		t.Errorf("asked %q, with the key %q", s.asked, s.keyed)
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	for _, base := range []string{
		"gemini.example", "ftp://gemini.example", "https://", "https://u:secret@gemini.example", "https://gemini.example?key=secret",
		"https://gemini.example#x", "https://%zzsecret",
	} {
		_, err := geminiai.New(t.Context(), geminiai.Config{APIKey: apiKey, BaseURL: base})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("base %q: %v", base, err)
		}
	}
	if _, err := geminiai.New(t.Context(), geminiai.Config{}); err == nil {
		t.Error("no key is needed")
	}
	p, err := geminiai.New(t.Context(), geminiai.Config{APIKey: apiKey})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.CancelVideo(t.Context(), videoModel, operation); ai.KindOf(err) != ai.Unsupported || !strings.Contains(err.Error(), "gemini") {
		t.Errorf("error = %v, want one of the default name", err)
	}
}

// TestCanceledBehindBuffer cancels at the first delta of a stream that has arrived whole.
func TestCanceledBehindBuffer(t *testing.T) {
	t.Parallel()
	stream, _ := recorded()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for ev, err := range newProviderOver(t, "", replay(stream)).StreamText(ctx, textRequest("hi")) {
		switch {
		case err != nil:
			if e := typed(t, err); e.Kind != ai.Canceled || !e.Shown || e.Usage.Output == 0 {
				t.Errorf("error = %+v", e)
			}
		case ev.Final != nil:
			t.Error("a canceled stream came to its end")
		case ev.Delta != "":
			cancel()
		}
	}
}
