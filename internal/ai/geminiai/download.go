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
	to := ai.PartOf(w)
	asked := to.Written() > 0
	resp, x, fault := c.follow(ctx, videosOf(op)[0], to)
	if fault != nil {
		return ai.VideoResult{}, fault
	}
	defer func() { _ = resp.Body.Close() }() // A body that was not read whole cannot fail in a new way.
	if x.status != http.StatusOK && !answersRange(x.status, asked) {
		return ai.VideoResult{}, c.refused(ctx, x, resp.Body)
	}
	if err := to.Take(resp); errors.Is(err, ai.ErrPart) {
		e := c.failure(ai.Interrupted, err)
		e.HTTP = x.status
		return ai.VideoResult{}, e
	} else if err != nil {
		return ai.VideoResult{}, fmt.Errorf("write the video: %w", err)
	}
	if err := c.copyVideo(ctx, x, resp, to); err != nil {
		return ai.VideoResult{}, err
	}
	return ai.VideoResult{MIMEType: mp4Type, Bytes: to.Written(), Model: model}, nil
}

// answersRange says whether a status is one of the answers to a request for the rest of a file.
func answersRange(status int, asked bool) bool {
	return asked && (status == http.StatusPartialContent || status == http.StatusRequestedRangeNotSatisfiable)
}

// copyVideo writes the file as it arrives, once its first bytes have shown what it is.
func (c *call) copyVideo(ctx context.Context, x *exchange, resp *http.Response, to *ai.Part) error {
	if resp.ContentLength > c.p.maxVideo-to.Written() {
		return c.unfit(x, errTooLarge)
	}
	from := bufio.NewReaderSize(resp.Body, 64<<10)
	if err := c.checkHead(ctx, x, from, to.Written() == 0); err != nil {
		return err
	}
	out := &sink{w: to}
	_, err := io.Copy(out, from)
	switch {
	case out.err != nil:
		return fmt.Errorf("write the video: %w", out.err)
	case err != nil || x.broken != nil || ctx.Err() != nil || !to.IsWhole():
		return c.cut(ctx, x)
	}
	return nil
}

// checkHead refuses what is no video by its type and, at the beginning of a file, by its first bytes.
func (c *call) checkHead(ctx context.Context, x *exchange, from *bufio.Reader, begins bool) error {
	head, err := from.Peek(12)
	switch {
	case !begins && isVideoType(x.mediaType()):
		return nil
	case err != nil:
		return c.cut(ctx, x)
	case !isVideoType(x.mediaType()) || string(head[4:8]) != "ftyp":
		return c.unfit(x, errNotVideo)
	}
	return nil
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
	err error
}

func (s *sink) Write(b []byte) (int, error) {
	n, err := s.w.Write(b)
	s.err = err
	return n, err
}
