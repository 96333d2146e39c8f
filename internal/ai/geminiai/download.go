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

// mp4Type is the type of Veo's videos.
const mp4Type = "video/mp4"

var (
	errNotDone  = errors.New("the video is not done")
	errNotVideo = errors.New("the file is no MP4")
	errShort    = errors.New("the file ends before its length")
)

// DownloadVideo implements ai.VideoMaker. Of several videos it is the first. Google reports neither the
// length nor the usage, and stores a file for two days.
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
	defer func() { _ = resp.Body.Close() }() // An error of the body was reported by its reading.
	if x.status != http.StatusOK && !answersRange(x.status, asked) {
		return ai.VideoResult{}, c.refused(ctx, x, resp.Body)
	}
	if err := to.Accept(resp); errors.Is(err, ai.ErrPart) {
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

// answersRange reports whether a status is an answer to a range request.
func answersRange(status int, asked bool) bool {
	return asked && (status == http.StatusPartialContent || status == http.StatusRequestedRangeNotSatisfiable)
}

// copyVideo writes the file as it arrives, after its first bytes have been checked.
func (c *call) copyVideo(ctx context.Context, x *exchange, resp *http.Response, to *ai.Part) error {
	if resp.ContentLength > c.p.maxVideo-to.Written() {
		return c.notVideo(x, errTooLarge)
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
		return c.incomplete(ctx, x)
	}
	return nil
}

// checkHead refuses a file that is no video by its type and, at the beginning of a file, by its first bytes.
func (c *call) checkHead(ctx context.Context, x *exchange, from *bufio.Reader, begins bool) error {
	head, err := from.Peek(12)
	switch {
	case !begins && isVideoType(x.mediaType()):
		return nil
	case err != nil:
		return c.incomplete(ctx, x)
	case !isVideoType(x.mediaType()) || string(head[4:8]) != "ftyp":
		return c.notVideo(x, errNotVideo)
	}
	return nil
}

// isVideoType reports whether t may be the type of a video: Google's storage declares some as plain bytes.
func isVideoType(t string) bool {
	return strings.HasPrefix(t, "video/") || t == "application/octet-stream" || t == "application/mp4" || t == ""
}

// notVideo is the error of a file that is no video, or too large.
func (c *call) notVideo(x *exchange, cause error) *ai.Error {
	e := c.failure(ai.Upstream, cause)
	e.HTTP = x.status
	return e
}

// incomplete is the error of a file that did not arrive completely.
func (c *call) incomplete(ctx context.Context, x *exchange) *ai.Error {
	if ctx.Err() != nil || x.broken != nil {
		return c.failed(ctx, x, x.broken)
	}
	e := c.failure(ai.Interrupted, errShort)
	e.HTTP = x.status
	return e
}

// sink is the caller's writer. It separates the writer's failures from those of the provider.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(b []byte) (int, error) {
	n, err := s.w.Write(b)
	s.err = err
	return n, err
}
