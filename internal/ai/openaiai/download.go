package openaiai

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/openai/openai-go/v3"

	"github.com/weav-ai/weav/internal/ai"
)

// maxPoster is the greatest size of a poster, in bytes.
const maxPoster = 16 << 20

// DownloadVideo implements ai.VideoMaker. The job is asked for first, so that one which failed or is not done is told
// from a file that cannot be had.
func (p *Provider) DownloadVideo(ctx context.Context, model, ref string, w io.Writer) (ai.VideoResult, error) {
	c := &call{p: p, model: model}
	video, failed := c.video(ctx, ref)
	if failed != nil {
		return ai.VideoResult{}, failed
	}
	if video.Status != openai.VideoStatusCompleted {
		return ai.VideoResult{}, c.failure(ai.BadRequest, errors.New("the video is not done"))
	}
	result, err := c.fetch(ctx, ref, w)
	if err != nil {
		return ai.VideoResult{}, err
	}
	result.Model, result.RequestID, result.Poster = orElse(string(video.Model), model), c.requestID(), c.poster(ctx, ref)
	if seconds, err := strconv.ParseFloat(string(video.Seconds), 64); err == nil {
		result.Seconds = seconds
		result.Usage = ai.Usage{Known: true, Seconds: seconds}
	}
	return result, nil
}

// fetch writes the file of a video. One that is larger than its limit has been written up to it: the caller throws away
// what an error follows.
func (c *call) fetch(ctx context.Context, ref string, w io.Writer) (ai.VideoResult, error) {
	res, err := c.p.sdk.Videos.DownloadContent(ctx, ref, openai.VideoDownloadContentParams{Variant: openai.VideoDownloadContentParamsVariantVideo}, c.noted()) //nolint:staticcheck // OpenAI closed it; resellers keep it.
	if err != nil {
		return ai.VideoResult{}, c.aboutJob(c.failed(ctx, err))
	}
	defer func() { _ = res.Body.Close() }() // It was read, or is given up.
	typ, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if !strings.HasPrefix(typ, "video/") && typ != "application/octet-stream" {
		return ai.VideoResult{}, c.failure(ai.Upstream, fmt.Errorf("the file is of the type %q", ai.Clip(typ, ai.MaxCode)))
	}
	out := &meter{w: w}
	n, err := io.Copy(out, io.LimitReader(res.Body, c.p.maxVideo+1))
	switch {
	case out.err != nil:
		return ai.VideoResult{}, fmt.Errorf("openaiai: write the video: %w", out.err)
	case ctx.Err() != nil:
		return ai.VideoResult{}, c.failure(ai.StopKind(ctx), context.Cause(ctx))
	case err != nil:
		return ai.VideoResult{}, c.failure(ai.Interrupted, errors.New(c.words(err)))
	case n > c.p.maxVideo:
		return ai.VideoResult{}, c.failure(ai.Upstream, errTooLarge)
	case n == 0:
		return ai.VideoResult{}, c.failure(ai.Interrupted, io.ErrUnexpectedEOF)
	}
	if typ == "application/octet-stream" {
		typ = "video/mp4"
	}
	return ai.VideoResult{MIMEType: typ, Bytes: n}, nil
}

// meter keeps the writer's failure apart from the reader's.
type meter struct {
	w   io.Writer
	err error
}

func (m *meter) Write(b []byte) (int, error) {
	n, err := m.w.Write(b)
	if err != nil {
		m.err = err
	}
	return n, err
}

// poster is the video's thumbnail; nil when there is none, since nobody must go without a video for it.
func (c *call) poster(ctx context.Context, ref string) *ai.File {
	apart := &call{p: c.p, model: c.model}
	res, err := c.p.sdk.Videos.DownloadContent(ctx, ref, openai.VideoDownloadContentParams{Variant: openai.VideoDownloadContentParamsVariantThumbnail}, apart.noted()) //nolint:staticcheck // OpenAI closed it; resellers keep it.
	if err != nil {
		return nil
	}
	defer func() { _ = res.Body.Close() }() // It was read, or is given up.
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxPoster+1))
	typ := http.DetectContentType(raw)
	if err != nil || len(raw) > maxPoster || !strings.HasPrefix(typ, "image/") {
		return nil
	}
	return &ai.File{Bytes: raw, MIMEType: typ}
}
