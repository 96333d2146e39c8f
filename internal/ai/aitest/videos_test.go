package aitest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/aitest"
)

// webm is the beginning of a film, which is all of it here.
const webm = "\x1a\x45\xdf\xa3 a film"

// fakeVideoMaker is the smallest maker of videos that passes the suite, unless sabotaged.
type fakeVideoMaker struct {
	script   aitest.VideoScript
	sabotage string
	closed   chan struct{}
	polls    atomic.Int64
	starts   atomic.Int64
	memory   *atomic.Int64
}

// badVideoMakers are makers of videos gone wrong, and what the suite must say of each.
var badVideoMakers = map[string]string{
	"ignores cancel":         "still at it after",
	"keeps its connection":   "connection is still open",
	"leaks a goroutine":      "found unexpected goroutines",
	"long reference":         "reference of",
	"binary reference":       "not printable ASCII",
	"same reference":         "want a reference of its own",
	"remembers in process":   "the job failed",
	"progress falls":         "progress 0.5 after 1",
	"never done":             "not done after",
	"cuts the second":        "bytes, then",
	"swallows a cut":         "want an *ai.Error of kind interrupted",
	"miscounts":              "bytes, wrote",
	"lies about the type":    "under the type",
	"blames the provider":    "want the writer's own",
	"films too early":        "want an *ai.Error of kind bad_request",
	"knows any reference":    "want an *ai.Error of kind bad_request",
	"never fails a job":      "job failed false, repeatable true",
	"fails jobs by polls":    "job failed true, repeatable false of a poll",
	"never accepts":          "was surely not accepted",
	"always accepts":         "a request refused as rate_limited was accepted",
	"forgets it was started": "accepted false, may repeat the start",
	"claims to cancel":       "want an *ai.Error of kind unsupported",
}

func TestCorrectVideoMakerPasses(t *testing.T) {
	sabotage := os.Getenv(sabotageVar)
	aitest.RunVideos(t, aitest.VideoHarness{
		Provider:        "fake",
		Fails:           []ai.Kind{ai.RateLimited, ai.Upstream},
		JobFails:        []ai.Kind{ai.Overloaded, ai.ContentBlocked},
		ReportsProgress: true,
		Play: func(_ *testing.T, s aitest.VideoScript) aitest.VideoCall {
			closed := make(chan struct{}, 16)
			one := &fakeVideoMaker{script: s, sabotage: sabotage, closed: closed, memory: &atomic.Int64{}}
			two := &fakeVideoMaker{script: s, sabotage: sabotage, closed: closed, memory: &atomic.Int64{}}
			req := ai.VideoRequest{Model: "m", Prompt: "Hi", Seconds: 4}
			return aitest.VideoCall{Maker: one, Other: two, Request: req, Closed: closed}
		},
	})
}

func TestIncorrectVideoMakersFail(t *testing.T) {
	t.Parallel()
	findSabotages(t, "TestCorrectVideoMakerPasses", badVideoMakers)
}

func (f *fakeVideoMaker) is(sabotage string) bool { return f.sabotage == sabotage }

func (f *fakeVideoMaker) StartVideo(ctx context.Context, _ ai.VideoRequest) (string, error) {
	switch {
	case ctx.Err() != nil:
		return "", f.failure(ai.StopKind(ctx), false)
	case f.script.StartHangs:
		return "", f.hang(ctx)
	case f.script.Fail != "":
		e := f.failure(f.script.Fail, f.script.Fail == ai.Upstream && !f.is("never accepts") || f.is("always accepts"))
		e.RetryAfter = time.Second
		return "", e
	}
	if f.is("leaks a goroutine") {
		go func() { <-context.Background().Done() }()
	}
	f.memory.Add(1)
	return f.ref(f.starts.Add(1)), nil
}

func (f *fakeVideoMaker) hang(ctx context.Context) error {
	if f.is("ignores cancel") {
		_ = ai.Wait(context.WithoutCancel(ctx), time.Minute)
	}
	<-ctx.Done()
	if !f.is("keeps its connection") {
		f.closed <- struct{}{}
	}
	return f.failure(ai.StopKind(ctx), true)
}

func (f *fakeVideoMaker) ref(n int64) string {
	switch f.sabotage {
	case "long reference":
		return "job" + strings.Repeat("x", ai.MaxVideoRef) + fmt.Sprint(n)
	case "binary reference":
		return fmt.Sprint("job\x00", n)
	case "same reference":
		return "job"
	default:
		return fmt.Sprint("job", n)
	}
}

// open does what all calls about a job begin with.
func (f *fakeVideoMaker) open(ctx context.Context, ref string) error {
	known := strings.HasPrefix(ref, "job") || f.is("knows any reference")
	if f.is("remembers in process") {
		known = known && f.memory.Load() > 0
	}
	switch {
	case ctx.Err() != nil:
		return f.failure(ai.StopKind(ctx), true)
	case !known:
		return f.failure(ai.BadRequest, true)
	default:
		return nil
	}
}

func (f *fakeVideoMaker) PollVideo(ctx context.Context, _, ref string) (ai.VideoState, error) {
	if err := f.open(ctx, ref); err != nil {
		return ai.VideoState{}, err
	}
	if f.script.JobFails != "" {
		e := f.failure(f.script.JobFails, !f.is("forgets it was started"))
		e.JobFailed = !f.is("never fails a job")
		return ai.VideoState{}, e
	}
	if f.script.PollsFail != "" {
		e := f.failure(f.script.PollsFail, true)
		e.JobFailed = f.is("fails jobs by polls")
		return ai.VideoState{}, e
	}
	n := f.polls.Add(1)
	part := min(0.5*float64(n), 1)
	if f.is("progress falls") {
		part = 0.5 + 0.5*float64(n%2)
		return ai.VideoState{Done: n > 4, Progress: &part}, nil
	}
	return ai.VideoState{Done: n > 2 && !f.is("never done"), Progress: &part}, nil
}

func (f *fakeVideoMaker) DownloadVideo(ctx context.Context, _, ref string, w io.Writer) (ai.VideoResult, error) {
	if err := f.open(ctx, ref); err != nil {
		return ai.VideoResult{}, err
	}
	if f.script.NeverDone && !f.is("films too early") {
		return ai.VideoResult{}, f.failure(ai.BadRequest, true)
	}
	result := ai.VideoResult{MIMEType: "video/webm", Model: "m", Seconds: 4}
	file := []byte(webm)
	if f.is("cuts the second") && f.memory.Add(100) > 200 {
		file = file[:len(file)-1]
	}
	n, err := w.Write(file)
	if err != nil && f.is("blames the provider") {
		return result, f.failure(ai.Upstream, true)
	}
	if err != nil {
		return result, err
	}
	if result.Bytes = int64(n); f.is("miscounts") {
		result.Bytes++
	}
	if f.is("lies about the type") {
		result.MIMEType = "video/mp4"
	}
	if f.script.DownloadBreaks && !f.is("swallows a cut") {
		return result, f.failure(ai.Interrupted, true)
	}
	return result, nil
}

func (f *fakeVideoMaker) CancelVideo(ctx context.Context, _, ref string) error {
	if err := f.open(ctx, ref); err != nil || f.is("claims to cancel") {
		return err
	}
	return f.failure(ai.Unsupported, true)
}

func (f *fakeVideoMaker) failure(kind ai.Kind, accepted bool) *ai.Error {
	return &ai.Error{Kind: kind, Provider: "fake", Model: "m", Accepted: accepted, Cause: errors.New("as scripted")}
}
