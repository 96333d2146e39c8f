package sandboxai

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/weav-ai/weav/internal/ai"
)

// The accepted values of a video besides its length and aspect.
var (
	resolutions = []string{"720p", "1080p", "4K"}
	styles      = []string{"", "realistic", "cinematic", "animated", "cartoon", "anime"}
)

// StartVideo implements ai.VideoMaker.
func (p *Provider) StartVideo(ctx context.Context, req ai.VideoRequest) (string, error) {
	s := newVideoStart(p, req)
	ref, err := s.ticket().ref()
	if err != nil {
		return "", s.failure(ai.Upstream, err)
	}
	entry := JournalEntry{Op: OpVideoStart, Model: req.Model, JobKey: req.JobKey, Ref: ref}
	if err := s.submit(ctx, s.flaw(), entry, s.first); err != nil {
		return "", err
	}
	return ref, nil
}

// videoStart is one video being started.
type videoStart struct {
	media
	req         ai.VideoRequest
	first, took time.Duration
}

// newVideoStart reads the request and its directives.
func newVideoStart(p *Provider, req ai.VideoRequest) *videoStart {
	m := newMedia(p, req.Model, req.Prompt, fmt.Sprint(req.Seconds, "s", req.Aspect, req.Style))
	if m.d.fault != nil && m.d.fault.kind == ai.NoOutput {
		// Vendors report a missing output at the end of the job, not at its start.
		m.d.fault, m.d.failAt, m.d.failWith = nil, 100, "no_output"
	}
	rng := rand.New(rand.NewPCG(m.seed, 0))
	took := 3*time.Second + time.Duration(req.Seconds)*time.Second/4
	return &videoStart{
		media: m,
		req:   req,
		first: m.opening(rng),
		took:  time.Duration(float64(m.paced(took)) * p.cadence),
	}
}

// flaw returns what is wrong with the request; nil when it is valid.
func (s *videoStart) flaw() error {
	if err := filmFlaw(s.req.Aspect, s.req.Seconds); err != nil {
		return err
	}
	if !slices.Contains(resolutions, s.req.Resolution) {
		return fmt.Errorf("unknown resolution %q", s.req.Resolution)
	}
	if !slices.Contains(styles, s.req.Style) {
		return fmt.Errorf("unknown style %q", s.req.Style)
	}
	return s.media.flaw()
}

// ticket records all that polls and downloads need. The job runs from now on.
func (s *videoStart) ticket() ticket {
	return ticket{
		Version: ticketVersion,
		ID:      rand.Uint64(),
		Started: time.Now().UnixMilli(),
		Took:    s.took.Milliseconds(),
		Seconds: s.req.Seconds,
		Aspect:  s.req.Aspect,
		Seed:    s.seed,
		Revised: clip(s.revised(), maxRevised),
		Tokens:  ai.EstimateTokens(s.prompt),

		FailAt:        s.d.failAt,
		FailWith:      s.d.failWith,
		PollsFail:     s.d.pollFailsFor.Milliseconds(),
		PollsFailWith: s.d.pollFailsWith,
		DownloadsFail: s.d.downloadFailsFor.Milliseconds(),

		Stalls:     s.d.stallAfter != never,
		NoProgress: s.d.noProgress,
		NoUsage:    s.d.noUsage,
		Truncated:  s.d.truncated,
		WrongType:  s.d.wrongType,
	}
}
