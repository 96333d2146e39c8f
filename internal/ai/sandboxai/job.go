package sandboxai

import (
	"context"

	"github.com/weav-ai/weav/internal/ai"
)

// PollVideo implements ai.VideoMaker.
func (p *Provider) PollVideo(ctx context.Context, model, ref string) (ai.VideoState, error) {
	j, err := p.job(ctx, model, ref)
	if err != nil {
		return ai.VideoState{}, err
	}
	if j.ticket.pollsFail() {
		return ai.VideoState{}, j.failed(j.ticket.PollsFailWith, errAsked)
	}
	p.journal(JournalEntry{Op: OpVideoPoll, Model: model, Ref: ref})
	if err := j.jobError(); err != nil {
		return ai.VideoState{}, err
	}
	return j.ticket.state(), nil
}

// CancelVideo implements ai.VideoMaker. It has no effect, because the provider has no state: a job that is
// polled afterwards continues.
func (p *Provider) CancelVideo(ctx context.Context, model, ref string) error {
	if _, err := p.job(ctx, model, ref); err != nil {
		return err
	}
	p.journal(JournalEntry{Op: OpVideoCancel, Model: model, Ref: ref})
	return nil
}

// job is a call about a video that was started before.
type job struct {
	media
	ticket ticket
}

// job reads the reference of a call.
func (p *Provider) job(ctx context.Context, model, ref string) (*job, error) {
	j := &job{media: media{provider: p, model: model, accepted: true}}
	if ctx.Err() != nil {
		return nil, j.stopped(ctx)
	}
	t, err := readTicket(ref)
	if err != nil {
		return nil, j.failed("bad_request", err)
	}
	j.ticket, j.seed = t, t.Seed
	j.d.truncated, j.d.wrongType = t.Truncated, t.WrongType
	return j, nil
}

// jobError is the failure the job ended with; nil for none.
func (j *job) jobError() error {
	if !j.ticket.fails() {
		return nil
	}
	e := j.failed(j.ticket.FailWith, errAsked)
	e.JobFailed = true
	return e
}
