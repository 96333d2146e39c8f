package sandboxai

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/weav-ai/weav/internal/ai"
)

// chunk is how much of a file is written at a time, in bytes.
const chunk = 4 << 10

// DownloadVideo implements ai.VideoMaker.
func (p *Provider) DownloadVideo(ctx context.Context, model, ref string, w io.Writer) (ai.VideoResult, error) {
	j, err := p.job(ctx, model, ref)
	if err != nil {
		return ai.VideoResult{}, err
	}
	if err := j.ready(); err != nil {
		return ai.VideoResult{}, err
	}
	p.journal(JournalEntry{Op: OpVideoDownload, Model: model, Ref: ref})
	whole, err := film(j.ticket.Aspect, j.ticket.Seconds)
	if err != nil {
		return ai.VideoResult{}, j.failure(ai.Upstream, err)
	}
	file := j.deliver(ai.File{Bytes: whole, MIMEType: mp4Type})
	to := ai.PartOf(w)
	if err := to.Restart(); err != nil { // The sandbox supports no ranges.
		return ai.VideoResult{}, fmt.Errorf("write the video: %w", err)
	}
	if err := j.send(ctx, to, file.Bytes); err != nil {
		return ai.VideoResult{}, err
	}
	return j.result(file)
}

// ready returns why the file cannot be downloaded; nil when it can.
func (j *job) ready() error {
	if err := j.jobError(); err != nil {
		return err
	}
	if j.ticket.progress() >= 1 {
		return nil
	}
	return j.failed("bad_request", errors.New("the video is not done"))
}

// send writes the file, or half of it while downloads fail.
func (j *job) send(ctx context.Context, w io.Writer, file []byte) error {
	breaks := j.ticket.downloadsFail()
	if breaks {
		file = file[:len(file)/2]
	}
	for len(file) > 0 {
		if ctx.Err() != nil {
			return j.stopped(ctx)
		}
		n := min(chunk, len(file))
		if _, err := w.Write(file[:n]); err != nil {
			return fmt.Errorf("write the video: %w", err)
		}
		file = file[n:]
	}
	if breaks {
		return j.failure(ai.Interrupted, errors.Join(errAsked, io.ErrUnexpectedEOF))
	}
	return nil
}

// result describes a file that was sent.
func (j *job) result(file ai.File) (ai.VideoResult, error) {
	size := frames[j.ticket.Aspect]
	poster, err := j.picture(size.X, size.Y, ai.QualityStandard)
	if err != nil {
		return ai.VideoResult{}, j.failure(ai.Upstream, err)
	}
	usage := ai.Usage{Known: true, Input: j.ticket.Tokens, Seconds: float64(j.ticket.Seconds)}
	if j.ticket.NoUsage {
		usage = ai.Usage{}
	}
	return ai.VideoResult{
		MIMEType:      file.MIMEType,
		Bytes:         int64(len(file.Bytes)),
		Poster:        &poster,
		Seconds:       float64(j.ticket.Seconds),
		RevisedPrompt: j.ticket.Revised,
		Usage:         usage,
		Model:         j.model,
		RequestID:     j.id("req"),
	}, nil
}
