package geminiai

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/weav-ai/weav/internal/ai"
)

// mp4Type is what Veo's videos are.
const mp4Type = "video/mp4"

var (
	errNotDone  = errors.New("the video is not done")
	errNotVideo = errors.New("the file is no MP4")
	errShort    = errors.New("the file ends before its length")
)

// DownloadVideo implements ai.VideoMaker. Of several videos it is the first. Google tells neither
// the length nor what was consumed, and keeps a file for two days.
func (p *Provider) DownloadVideo(ctx context.Context, model, ref string, w io.Writer) (ai.VideoResult, error) {
	op, c, err := p.operation(ctx, model, ref)
	if err != nil {
		return ai.VideoResult{}, err
	}
	if !op.Done {
		return ai.VideoResult{}, c.failure(ai.BadRequest, errNotDone)
	}
	resp, x, fault := c.follow(ctx, videosOf(op)[0])
	if fault != nil {
		return ai.VideoResult{}, fault
	}
	defer func() { _ = resp.Body.Close() }() // A body that was not read whole cannot fail in a new way.
	if x.status != http.StatusOK {
		return ai.VideoResult{}, c.refused(ctx, x, resp.Body)
	}
	n, err := c.copyVideo(ctx, x, resp, w)
	if err != nil {
		return ai.VideoResult{}, err
	}
	return ai.VideoResult{MIMEType: mp4Type, Bytes: n, Model: model}, nil
}

// copyVideo writes the file as it arrives, once its first bytes have shown what it is.
func (c *call) copyVideo(ctx context.Context, x *exchange, resp *http.Response, w io.Writer) (int64, error) {
	if resp.ContentLength > c.p.maxVideo {
		return 0, c.unfit(x, errTooLarge)
	}
	from := bufio.NewReaderSize(resp.Body, 64<<10)
	head, err := from.Peek(12)
	if err != nil {
		return 0, c.cut(ctx, x)
	}
	if !isVideoType(x.mediaType()) || string(head[4:8]) != "ftyp" {
		return 0, c.unfit(x, errNotVideo)
	}
	to := &sink{w: w}
	_, err = io.Copy(to, from)
	switch {
	case to.err != nil:
		return 0, fmt.Errorf("write the video: %w", to.err)
	case err != nil || x.broken != nil || ctx.Err() != nil:
		return 0, c.cut(ctx, x)
	}
	return to.n, nil
}

// isVideoType says whether t may stand before a video: Google's storage knows some only as bytes.
func isVideoType(t string) bool {
	return strings.HasPrefix(t, "video/") || t == "application/octet-stream" || t == "application/mp4" || t == ""
}

// unfit is the error of a file that is no video to keep.
func (c *call) unfit(x *exchange, cause error) *ai.Error {
	e := c.failure(ai.Upstream, cause)
	e.HTTP = x.status
	return e
}

// cut is the error of a file that did not come whole.
func (c *call) cut(ctx context.Context, x *exchange) *ai.Error {
	if ctx.Err() != nil || x.broken != nil {
		return c.failed(ctx, x, x.broken)
	}
	e := c.failure(ai.Interrupted, errShort)
	e.HTTP = x.status
	return e
}

// sink is the caller's writer. It tells its failures from those of the provider.
type sink struct {
	w   io.Writer
	n   int64
	err error
}

func (s *sink) Write(b []byte) (int, error) {
	n, err := s.w.Write(b)
	s.n += int64(n)
	s.err = err
	return n, err
}
