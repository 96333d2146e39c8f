package openaiai

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/openai/openai-go/v3"

	"github.com/weav-ai/weav/internal/ai"
)

// maxVideo is the greatest size of a video, in bytes.
const maxVideo = 2 << 30

// retention is how long OpenAI stores the file of a video. Compatible servers do not all report it.
const retention = time.Hour

// reference is the form of a video's id. The id becomes part of a path, so nothing else is sent.
var reference = regexp.MustCompile(`^[A-Za-z0-9_-]{1,200}$`)

// StartVideo implements ai.VideoMaker. The reference is the video's id, which is all that the API needs.
func (p *Provider) StartVideo(ctx context.Context, req ai.VideoRequest) (string, error) {
	c := call{p: p, model: req.Model, private: []string{req.Prompt}}
	if ctx.Err() != nil {
		return "", c.refuse(ai.StopKind(ctx), context.Cause(ctx))
	}
	video, err := p.sdk.Videos.New(ctx, videoParams(req), c.noteHead(), idempotencyHeader(req.JobKey)) //nolint:staticcheck // OpenAI closed it; resellers keep it.
	if err != nil || ctx.Err() != nil {
		return "", c.failed(ctx, err)
	}
	if !reference.MatchString(video.ID) {
		return "", c.failure(ai.Upstream, errors.New("the video has no id"))
	}
	return video.ID, nil
}

// PollVideo implements ai.VideoMaker. An unknown status counts as running: if it is not, the caller's
// deadline ends the job.
func (p *Provider) PollVideo(ctx context.Context, model, ref string) (ai.VideoState, error) {
	c := &call{p: p, model: model}
	video, failed := c.video(ctx, ref)
	if failed != nil {
		return ai.VideoState{}, failed
	}
	state := ai.VideoState{Done: video.Status == openai.VideoStatusCompleted, Phase: ai.PhaseGenerating, PollAfter: c.pollAfter()}
	if video.Status == openai.VideoStatusQueued {
		state.Phase = ai.PhaseQueued
	}
	if video.ExpiresAt > 0 {
		state.KeptUntil = time.Unix(video.ExpiresAt, 0)
	} else {
		state.KeptFor = retention
	}
	if video.JSON.Progress.Valid() {
		share := min(1, max(0, float64(video.Progress)/100))
		state.Progress = &share
	}
	return state, nil
}

// video reads a job. A failed job is a failure at every call.
func (c *call) video(ctx context.Context, ref string) (*openai.Video, *ai.Error) {
	switch {
	case ctx.Err() != nil:
		return nil, c.failure(ai.StopKind(ctx), context.Cause(ctx))
	case !reference.MatchString(ref):
		return nil, c.failure(ai.BadRequest, errors.New("this is no reference of a video"))
	}
	video, err := c.p.sdk.Videos.Get(ctx, ref, c.noteHead()) //nolint:staticcheck // OpenAI closed it; resellers keep it.
	if err != nil || ctx.Err() != nil {
		return nil, c.aboutJob(c.failed(ctx, err))
	}
	if video.Status == openai.VideoStatusFailed {
		failed := c.fault(fault{code: video.Error.Code, message: video.Error.Message})
		failed.JobFailed = true
		return nil, failed
	}
	return video, nil
}

// aboutJob adapts an error for the methods that take a reference: the job was accepted, and a 404 means the
// reference and not the model.
func (c *call) aboutJob(e *ai.Error) *ai.Error {
	e.Accepted = true
	if e.Kind == ai.ModelGone && e.HTTP == http.StatusNotFound {
		e.Kind = ai.BadRequest
	}
	return e
}

// pollAfter is the provider's request for the time until the next poll.
func (c *call) pollAfter() time.Duration {
	if c.res == nil {
		return 0
	}
	ms, err := strconv.ParseUint(c.res.Header.Get("Openai-Poll-After-Ms"), 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(ms) * time.Millisecond
}

// CancelVideo implements ai.VideoMaker: the API has no such call. Deleting a video does not cancel it, and
// would lose what may already be billed.
func (p *Provider) CancelVideo(ctx context.Context, model, _ string) error {
	c := call{p: p, model: model}
	if ctx.Err() != nil {
		return c.failure(ai.StopKind(ctx), context.Cause(ctx))
	}
	return c.failure(ai.Unsupported, errors.New("the Videos API cannot stop a job"))
}

// videoSizes are the API's sizes by resolution.
var videoSizes = map[string][]pixels{
	"720p":  {{1280, 720}, {720, 1280}},
	"1080p": {{1792, 1024}, {1024, 1792}},
	"4K":    {{1792, 1024}, {1024, 1792}},
}

// shapes are the aspects as sizes in arbitrary units.
var shapes = map[string]pixels{"16:9": {16, 9}, "9:16": {9, 16}, "1:1": {1, 1}, "3:4": {3, 4}}

// videoParams is the request for a video. The API has two shapes in two resolutions: the nearest is taken. A
// style becomes part of the prompt, because there is no field for it.
func videoParams(req ai.VideoRequest) openai.VideoNewParams {
	sizes, ok := videoSizes[req.Resolution]
	if !ok {
		sizes = videoSizes["720p"]
	}
	prompt, shape := req.Prompt, shapes[req.Aspect]
	if req.Style != "" {
		prompt += "\nStyle: " + req.Style + "."
	}
	p := openai.VideoNewParams{
		Model: openai.VideoModel(req.Model), Prompt: prompt, Size: openai.VideoSize(nearest(shape.width, shape.height, sizes).String()),
	}
	if req.Seconds > 0 {
		p.Seconds = openai.VideoSeconds(strconv.Itoa(req.Seconds))
	}
	return p
}
