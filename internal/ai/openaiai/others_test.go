package openaiai_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/openaiai"
	"github.com/weav-ai/weav/test/servicetest"
)

// wire is the npm project with servers that were not written for these tests.
const wire = "wire"

// TestServerOfOthers reads texts in both forms from a server that imitates OpenAI.
func TestServerOfOthers(t *testing.T) {
	t.Parallel()
	url := servicetest.NodeServer(t, wire, "@copilotkit/aimock", "dist/cli.js", regexp.MustCompile(`listening on (http://127\.0\.0\.1:\d+)`),
		"--port", "0", "--fixtures", "testdata/aimock.json", "--chunk-size", "5", "--latency", "2")
	for _, form := range []openaiai.Form{openaiai.FormResponses, openaiai.FormChat} {
		t.Run(string(form), func(t *testing.T) {
			t.Parallel()
			p := newProvider(t, url, form)
			h := receive(t, p, textRequest("hello"))
			if h.final == nil || h.final.Finish != ai.FinishStop || h.text != "안녕하세요! Hello from a server of others." || h.final.Usage.Output != 9 {
				t.Errorf("received %q, %+v, %+v", h.text, h.final, h.err)
			}
			if h := receive(t, p, textRequest("limited")); h.final == nil || h.final.Finish == ai.FinishStop {
				t.Errorf("limited: %+v, %+v", h.final, h.err)
			}
			if h := receive(t, p, textRequest("cut")); h.err == nil || h.err.Kind != ai.Interrupted || h.err.Shown != (h.text != "") {
				t.Errorf("cut: %q, %+v, %+v", h.text, h.final, h.err)
			}
			if h := receive(t, p, textRequest("too many")); h.err == nil || h.err.Kind != ai.RateLimited || h.err.Accepted {
				t.Errorf("too many: %+v, %+v", h.final, h.err)
			}
		})
	}
}

// TestRequestsAreValidByOpenAIsDescription sends every kind of request to a server that holds it to OpenAI's published
// description and refuses what is not valid with 400. What it answers is made up and of no matter here.
func TestRequestsAreValidByOpenAIsDescription(t *testing.T) {
	t.Parallel()
	url := servicetest.NodeServer(t, wire, "@stdy/cli", "steady.js", regexp.MustCompile(`Ready to accept requests on (http://\S+)`),
		"--port", servicetest.FreePort(t), "--host", "127.0.0.1", "--no-color", "--log-format", "text", "--quiet", "testdata/openai.json") // In CI it would log in another format.
	p := openaiai.New(openaiai.Config{Name: providerName, APIKey: apiKey, BaseURL: url})
	for name, send := range map[string]func() error{
		"text": func() error { return receive(t, p, described()).failure() },
		"image": func() error {
			req := imageRequest("gpt-image-1.5")
			req.EndUser = ""
			return drawn(t.Context(), t, p, req)
		},
		"an older image": func() error { return drawn(t.Context(), t, p, imageRequest("dall-e-3")) },
		"a video": func() error {
			req := videoRequest()
			_, err := p.StartVideo(t.Context(), req)
			return err
		},
		"a poll":   func() error { _, err := p.PollVideo(t.Context(), "sora-2", "video_123"); return err },
		"a list":   func() error { _, err := p.ListModels(t.Context()); return err },
		"download": func() error { _, err := p.DownloadVideo(t.Context(), "sora-2", "video_123", io.Discard); return err },
	} {
		var refused *ai.Error
		if err := send(); errors.As(err, &refused) && refused.HTTP >= http.StatusBadRequest && refused.HTTP < http.StatusInternalServerError {
			t.Errorf("%s is refused with %d: %v", name, refused.HTTP, err)
		}
	}
	res, err := http.Post(url+"/responses", "application/json", strings.NewReader(`{"model": 3, "input": 4}`)) //nolint:noctx // A control.
	if err != nil || res.StatusCode != http.StatusBadRequest {
		t.Fatalf("the server holds nothing to the description: %v %v", res, err)
	}
	_ = res.Body.Close()
}

// described is a text without what is newer than the description.
func described() ai.TextRequest {
	req := whole()
	req.Model = "gpt-4o-mini"
	return req
}

func (h received) failure() error {
	if h.err == nil {
		return nil
	}
	return h.err
}

// drawn makes a picture, which must have exactly one end.
func drawn(ctx context.Context, t *testing.T, p *openaiai.Provider, req ai.ImageRequest) error {
	t.Helper()
	var end error
	ends := 0
	for event, err := range p.MakeImage(ctx, req) {
		if err != nil || event.Final != nil {
			end = err
			ends++
		}
	}
	if ends != 1 {
		t.Errorf("the picture has %d ends", ends)
	}
	return end
}
