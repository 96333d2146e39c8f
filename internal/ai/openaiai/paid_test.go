package openaiai_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/openaiai"
)

// paid are the calls that cost money for their being sent.
var paid = map[string]func(context.Context, *testing.T, *openaiai.Provider) error{
	"image": func(ctx context.Context, t *testing.T, p *openaiai.Provider) error {
		return drawn(ctx, t, p, secretImage("gpt-image-2.6-flare"))
	},
	"dall-e-3": func(ctx context.Context, t *testing.T, p *openaiai.Provider) error {
		return drawn(ctx, t, p, secretImage("dall-e-3"))
	},
	"video": func(ctx context.Context, _ *testing.T, p *openaiai.Provider) error {
		req := videoRequest()
		req.Prompt, req.JobKey = secretPrompt, "job-1"
		_, err := p.StartVideo(ctx, req)
		return err
	},
}

func secretImage(model string) ai.ImageRequest {
	req := imageRequest(model)
	req.Prompt = secretPrompt
	return req
}

// TestPaidCallsAreSentOnce counts requests to a server that answers with errors or not at all.
func TestPaidCallsAreSentOnce(t *testing.T) {
	t.Parallel()
	answers := map[string]struct {
		answer   http.HandlerFunc
		accepted bool
	}{
		"drops the connection": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, true},
		"500":                  {refusals[ai.Upstream].answer, true},
		"a gateway's 503":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }, true},
		"its own 503":          {refusals[ai.Overloaded].answer, false},
		"429":                  {refusals[ai.RateLimited].answer, false},
		"a quota":              {refusals[ai.QuotaExhausted].answer, false},
		"a page":               {func(w http.ResponseWriter, _ *http.Request) { write(w, "<html>"+secretPrompt) }, true},
		"half an answer":       {halfAnswer, true},
		"a redirect":           {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x", http.StatusTemporaryRedirect) }, true},
	}
	for what, call := range paid {
		for how, tt := range answers {
			t.Run(what+" "+how, func(t *testing.T) {
				t.Parallel()
				v := newVendor(t, "", tt.answer)
				var e *ai.Error
				if err := call(t.Context(), t, v.Provider); !errors.As(err, &e) {
					t.Fatalf("got %v", err)
				}
				if e.Accepted != tt.accepted || e.Shown {
					t.Errorf("got %+v, want accepted %t", e, tt.accepted)
				}
				checkSecrets(t, e)
				if n := len(v.requests()); n != 1 {
					t.Errorf("sent %d times", n)
				}
			})
		}
	}
}

func (r refusal) answer(w http.ResponseWriter, _ *http.Request) { r.send(w) }

// halfAnswer promises more than it sends.
func halfAnswer(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", "1000")
	write(w, `{"id": "vid`)
}

// TestPaidCallsNotSent are not Accepted: the server was unreachable, or the caller had cancelled.
func TestPaidCallsNotSent(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // It is closed at once.
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close() // The address has no listener now.
	unreachable := newProvider(t, "http://"+closed.Addr().String(), "")
	v := newVendor(t, "", refusals[ai.Upstream].answer)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for what, call := range paid {
		var e *ai.Error
		if err := call(t.Context(), t, unreachable); !errors.As(err, &e) || e.Accepted || e.Kind != ai.Upstream || !e.MayRepeatPaid() {
			t.Errorf("%s without a listener: %+v", what, err)
		}
		if err := call(over, t, v.Provider); !errors.As(err, &e) || e.Accepted || e.Kind != ai.Canceled {
			t.Errorf("%s of a canceled call: %+v", what, err)
		}
	}
	for _, err := range v.StreamText(over, textRequest("hello")) {
		var e *ai.Error
		if !errors.As(err, &e) || e.Accepted || e.Kind != ai.Canceled {
			t.Errorf("a text of a canceled call: %+v", err)
		}
	}
	if n := len(v.requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// TestPictureCutAnywhere ends a stream of a picture within each of its events.
func TestPictureCutAnywhere(t *testing.T) {
	t.Parallel()
	stream := drafts(pngFile()) + finished(pngFile())
	var upTo int
	v := newVendor(t, "", func(w http.ResponseWriter, _ *http.Request) {
		startStream(w)
		write(w, stream[:upTo])
	})
	for upTo = range len(stream) {
		var e *ai.Error
		err := drawn(t.Context(), t, v.Provider, secretImage("gpt-image-2.6-flare"))
		switch {
		case err == nil && upTo < len(stream)-1:
			t.Fatalf("cut at %d of %d passed for an end", upTo, len(stream))
		case err != nil && (!errors.As(err, &e) || !e.Accepted || e.Kind != ai.Interrupted && e.Kind != ai.Upstream):
			t.Errorf("cut at %d: %+v", upTo, err)
		}
	}
}

// TestErrorsOfAPicture come within its stream.
func TestErrorsOfAPicture(t *testing.T) {
	t.Parallel()
	for event, kind := range map[string]ai.Kind{
		`{"type":"error","error":{"type":"image_generation_user_error","code":"moderation_blocked","message":"m"}}`: ai.ContentBlocked,
		`{"type":"error","code":"server_error","message":"m"}`:                                                      ai.Upstream,
		`{"type":"image_generation.completed","b64_json":"%%%"}`:                                                    ai.NoOutput,
	} {
		v := newVendor(t, "", func(w http.ResponseWriter, _ *http.Request) {
			startStream(w)
			write(w, drafts(pngFile())+"event: error\ndata: "+event+"\n\n")
		})
		var e *ai.Error
		if err := drawn(t.Context(), t, v.Provider, secretImage("gpt-image-2.6-flare")); !errors.As(err, &e) || e.Kind != kind || !e.Accepted {
			t.Errorf("%s: %+v, want %s", event, err, kind)
		}
	}
}

// TestRequestOfAVideo tests the shapes: the API has few, and no field for a style.
func TestRequestOfAVideo(t *testing.T) {
	t.Parallel()
	base := map[string]string{"model": "sora-2", "prompt": "waves", "seconds": "8", "size": "1280x720"}
	for name, tt := range map[string]struct {
		change func(*ai.VideoRequest)
		want   map[string]string
	}{
		"wide":        {func(*ai.VideoRequest) {}, nil},
		"tall":        {func(r *ai.VideoRequest) { r.Aspect = "9:16" }, map[string]string{"size": "720x1280"}},
		"less tall":   {func(r *ai.VideoRequest) { r.Aspect, r.Resolution = "3:4", "1080p" }, map[string]string{"size": "1024x1792"}},
		"large":       {func(r *ai.VideoRequest) { r.Resolution = "4K" }, map[string]string{"size": "1792x1024"}},
		"nothing set": {func(r *ai.VideoRequest) { r.Aspect, r.Resolution = "", "" }, nil},
		"a style":     {func(r *ai.VideoRequest) { r.Style = "anime" }, map[string]string{"prompt": "waves\nStyle: anime."}},
		"no length":   {func(r *ai.VideoRequest) { r.Seconds = 0 }, map[string]string{"seconds": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, "", func(w http.ResponseWriter, _ *http.Request) {
				answerJSON(w, http.StatusOK, video("video_1", "queued", 0))
			})
			req := ai.VideoRequest{Model: "sora-2", Prompt: "waves", Seconds: 8, Resolution: "720p", Aspect: "16:9", JobKey: "job-1"}
			tt.change(&req)
			if _, err := v.StartVideo(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			want := maps.Clone(base)
			maps.Copy(want, tt.want)
			maps.DeleteFunc(want, func(_, value string) bool { return value == "" })
			if got := formOf(t, v.requests()[0]); !maps.Equal(got, want) {
				t.Errorf("sent %v, want %v", got, want)
			}
			if key := v.requests()[0].header.Get("Idempotency-Key"); key != "job-1" {
				t.Errorf("idempotency key %q", key)
			}
		})
	}
}

// formOf reads a multipart body.
func formOf(t *testing.T, s sent) map[string]string {
	t.Helper()
	_, params, err := mime.ParseMediaType(s.header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{}
	parts := multipart.NewReader(strings.NewReader(string(s.body)), params["boundary"])
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return fields
		}
		if err != nil {
			t.Fatal(err)
		}
		value, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		fields[part.FormName()] = string(value)
	}
}
