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
	"github.com/openai/openai-go/v3/option"

	"github.com/weav-ai/weav/internal/ai"
)

// maxPoster is the greatest size of a poster, in bytes.
const maxPoster = 16 << 20

// DownloadVideo implements ai.VideoMaker. The job is requested first, so that a failed or unfinished job is
// distinguished from a file that cannot be read.
func (p *Provider) DownloadVideo(ctx context.Context, model, ref string, w io.Writer) (ai.VideoResult, error) {
	c := &call{p: p, model: model}
	video, failed := c.video(ctx, ref)
	if failed != nil {
		return ai.VideoResult{}, failed
	}
	if video.Status != openai.VideoStatusCompleted {
		return ai.VideoResult{}, c.failure(ai.BadRequest, errors.New("the video is not done"))
	}
	result, err := c.fetch(ctx, ref, ai.PartOf(w))
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

// fetch writes the file of a video, or the rest of it. A file that exceeds its limit has been written up to
// it: the caller discards the file after such an error.
func (c *call) fetch(ctx context.Context, ref string, to *ai.Part) (ai.VideoResult, error) {
	res, err := c.p.sdk.Videos.DownloadContent(ctx, ref, openai.VideoDownloadContentParams{Variant: openai.VideoDownloadContentParamsVariantVideo}, append(rangeOptions(to), c.noteHead())...) //nolint:staticcheck // OpenAI closed it; resellers keep it.
	if err != nil {
		return ai.VideoResult{}, c.restartOnBadRange(to, c.aboutJob(c.failed(ctx, err)))
	}
	defer func() { _ = res.Body.Close() }() // Its error was reported by the reading.
	typ, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if !strings.HasPrefix(typ, "video/") && typ != "application/octet-stream" {
		return ai.VideoResult{}, c.failure(ai.Upstream, fmt.Errorf("the file is of the type %q", ai.Clip(typ, ai.MaxCode)))
	}
	if err := to.Accept(res); errors.Is(err, ai.ErrPart) {
		return ai.VideoResult{}, c.failure(ai.Interrupted, err)
	} else if err != nil {
		return ai.VideoResult{}, fmt.Errorf("openaiai: write the video: %w", err)
	}
	if err := c.copy(ctx, to, res.Body); err != nil {
		return ai.VideoResult{}, err
	}
	if typ == "application/octet-stream" {
		typ = "video/mp4"
	}
	return ai.VideoResult{MIMEType: typ, Bytes: to.Written()}, nil
}

// rangeOptions are the options of a request for a file. Compression is off: a compressed file would have
// other bytes and another length.
func rangeOptions(to *ai.Part) []option.RequestOption {
	h := http.Header{"Accept-Encoding": {"identity"}}
	to.SetRange(h)
	var opts []option.RequestOption
	for name := range h {
		opts = append(opts, option.WithHeader(name, h.Get(name)))
	}
	return opts
}

// restartOnBadRange makes the next call request the whole file, when the server does not have the requested
// range.
func (c *call) restartOnBadRange(to *ai.Part, failed *ai.Error) error {
	if failed.HTTP != http.StatusRequestedRangeNotSatisfiable {
		return failed
	}
	if err := to.Restart(); err != nil {
		return fmt.Errorf("openaiai: write the video: %w", err)
	}
	failed.Kind = ai.Interrupted
	return failed
}

// copy writes a body after what is there.
func (c *call) copy(ctx context.Context, to *ai.Part, body io.Reader) error {
	out := &errWriter{w: to}
	_, err := io.Copy(out, io.LimitReader(body, c.p.maxVideo+1-to.Written()))
	switch {
	case out.err != nil:
		return fmt.Errorf("openaiai: write the video: %w", out.err)
	case ctx.Err() != nil:
		return c.failure(ai.StopKind(ctx), context.Cause(ctx))
	case err != nil:
		return c.failure(ai.Interrupted, errors.New(c.redactError(err)))
	case to.Written() > c.p.maxVideo:
		return c.failure(ai.Upstream, errTooLarge)
	case !to.IsWhole():
		return c.failure(ai.Interrupted, io.ErrUnexpectedEOF)
	}
	return nil
}

// errWriter separates the writer's failure from the reader's.
type errWriter struct {
	w   io.Writer
	err error
}

func (m *errWriter) Write(b []byte) (int, error) {
	n, err := m.w.Write(b)
	if err != nil {
		m.err = err
	}
	return n, err
}

// poster is the video's thumbnail; nil when there is none, because a video without one is still usable.
func (c *call) poster(ctx context.Context, ref string) *ai.File {
	separate := &call{p: c.p, model: c.model}
	res, err := c.p.sdk.Videos.DownloadContent(ctx, ref, openai.VideoDownloadContentParams{Variant: openai.VideoDownloadContentParamsVariantThumbnail}, separate.noteHead()) //nolint:staticcheck // OpenAI closed it; resellers keep it.
	if err != nil {
		return nil
	}
	defer func() { _ = res.Body.Close() }() // Its error was reported by the reading.
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxPoster+1))
	typ := http.DetectContentType(raw)
	if err != nil || len(raw) > maxPoster || !strings.HasPrefix(typ, "image/") {
		return nil
	}
	return &ai.File{Bytes: raw, MIMEType: typ}
}
