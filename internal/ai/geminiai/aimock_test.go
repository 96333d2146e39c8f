package geminiai_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/geminiai"
	"github.com/weav-ai/weav/test/servicetest"
)

// wire is the npm project with aimock, a server of others that speaks the wire format. It belongs to the tests of the
// adapter to OpenAI, which use it as well.
const wire = "../openaiai/wire"

var listensAt = regexp.MustCompile(`listening on (http://127\.0\.0\.1:\d+)`)

// TestServerOfOthers calls an independent implementation of the API.
func TestServerOfOthers(t *testing.T) {
	t.Parallel()
	p := newProvider(t, servicetest.NodeServer(t, wire, "@copilotkit/aimock", "dist/cli.js", listensAt,
		"--port", "0", "--fixtures", "testdata/aimock.json", "--chunk-size", "5", "--latency", "2"))
	t.Run("text", func(t *testing.T) { checkTextsOfOthers(t, p) })
	t.Run("video", func(t *testing.T) { checkVideosOfOthers(t, p) })
}

func checkTextsOfOthers(t *testing.T, p *geminiai.Provider) {
	t.Helper()
	h := receive(t.Context(), t, p, textRequest("hello"))
	usage := ai.Usage{Known: true, Input: 7, Output: 9}
	if h.final == nil || h.final.Finish != ai.FinishStop || h.final.Usage != usage || h.text != "안녕하세요! Hello from a server of others." {
		t.Errorf("received %q, %+v, %v", h.text, h.final, h.err)
	}
	for prompt, finish := range map[string]ai.Finish{"filtered": ai.FinishContentFilter, "limited": ai.FinishLength} {
		if h := receive(t.Context(), t, p, textRequest(prompt)); h.final == nil || h.final.Finish != finish {
			t.Errorf("%s: %+v, %v", prompt, h.final, h.err)
		}
	}
	if h := receive(t.Context(), t, p, textRequest("cut")); h.err == nil || h.err.Kind != ai.Interrupted || h.err.Shown != (h.text != "") {
		t.Errorf("cut: %q, %+v, %v", h.text, h.final, h.err)
	}
	if h := receive(t.Context(), t, p, textRequest("too many")); h.err == nil || h.err.Kind != ai.RateLimited || h.err.Accepted || h.err.RetryAfter <= 0 {
		t.Errorf("too many: %+v, %+v", h.final, h.err)
	}
	if h := receive(t.Context(), t, p, textRequest("unknown")); h.err == nil || h.err.Accepted {
		t.Errorf("unknown: %+v, %+v", h.final, h.err)
	}
}

func checkVideosOfOthers(t *testing.T, p *geminiai.Provider) {
	t.Helper()
	ref, err := p.StartVideo(t.Context(), videoRequest("waves"))
	if err != nil {
		t.Fatal(err)
	}
	if err := pollToEnd(t, p, ref); err != nil {
		t.Fatal(err)
	}
	_, err = p.DownloadVideo(t.Context(), videoModel, ref, writerFunc(func(b []byte) (int, error) { return len(b), nil }))
	if e := asError(t, err); e.Kind != ai.Upstream {
		t.Errorf("a file elsewhere: %v", e)
	}
	ref, err = p.StartVideo(t.Context(), videoRequest("storm"))
	if err != nil {
		t.Fatal(err)
	}
	if e := asError(t, pollToEnd(t, p, ref)); !e.JobFailed {
		t.Errorf("a job that failed: %+v", e)
	}
}

// pollToEnd polls until a job is done or fails.
func pollToEnd(t *testing.T, p *geminiai.Provider, ref string) error {
	t.Helper()
	ctx, cancel := contextWithTimeout(t, 10*time.Second)
	defer cancel()
	for {
		state, err := p.PollVideo(ctx, videoModel, ref)
		if err != nil || state.Done {
			return err
		}
		if err := ai.Wait(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
}
