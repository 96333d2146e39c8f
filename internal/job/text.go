package job

import (
	"context"
	"errors"

	"github.com/weav-ai/weav/ent"
	entartifact "github.com/weav-ai/weav/ent/artifact"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/usage"
)

// write makes a text.
func (w *worker) write(ctx context.Context) error {
	req, streamer, err := w.textCall(ctx)
	if err != nil {
		return w.failed(ctx, err, (*ai.Error).Repeatable)
	}
	w.asked = &req // From here on a failure is estimated by the prompt.
	final, err := runCall(ctx, w, run.StreamText(streamer, req))
	if err == nil && w.IsStopped {
		return w.end(ctx, w.late(req, final))
	}
	w.Text.Publish(ctx) // What was gathered is shown before the end, which also a failure keeps.
	if err != nil {
		return w.failed(ctx, err, (*ai.Error).Repeatable)
	}
	return w.end(ctx, w.written(req, final))
}

// late is the end of a text that became whole behind a cancel: what came meanwhile was not shown, but the provider counted it.
func (w *worker) late(req ai.TextRequest, final *ai.TextResult) ending {
	e := ending{status: entjob.StatusCancelled, text: w.Text.String(), model: final.Model}
	if spent := usage.Of(final.Usage, req, e.text); !usage.IsRefused(final.Finish) {
		e.spent = &spent
	}
	return e
}

// cut is the end of a job that its person cancelled. Of a text, what was shown of it stays and is paid for; nothing else was made.
func (w *worker) cut(err error) ending {
	e := ending{status: entjob.StatusCancelled}
	if w.asked == nil {
		return e
	}
	e.text = w.Text.String()
	if spent := usage.Cut(err, *w.asked, e.text); spent != usage.NoTokens() {
		e.spent = &spent
	}
	return e
}

// broken is the end of a job that a fault ended. What was shown of a text stays; it is recorded, and not charged.
func (w *worker) broken(code FailureCode, err error) ending {
	e := ending{status: entjob.StatusFailed, failure: code}
	var fault *ai.Error
	var spent *Spent
	switch {
	case errors.As(err, &spent):
		e.usage, e.model = spent.Usage, spent.Model
	case errors.As(err, &fault):
		e.usage = fault.Usage
	}
	if w.asked != nil && w.Text.Len() > 0 {
		e.text, e.request = w.Text.String(), w.asked
	}
	return e
}

// addShown adds to the end of a text job what was shown of it, where its run does not report. One that is cancelled costs
// that; what a lost run wrote is recorded and not charged.
func (s *Service) addShown(ctx context.Context, j *ent.Job, e *ending) error {
	if j.Kind != entjob.KindText {
		return nil
	}
	var err error
	if e.text, err = s.CurrentText(ctx, j); err != nil || e.text == "" {
		return err
	}
	asked, err := textAsked(j)
	if err != nil {
		return err
	}
	if e.status != entjob.StatusCancelled {
		e.request = &asked
		return nil
	}
	spent := usage.Of(ai.Usage{}, asked, e.text)
	e.spent = &spent
	return nil
}

// textAsked is the request of a text job.
func textAsked(j *ent.Job) (ai.TextRequest, error) {
	args, err := read[TextArguments](j)
	if err != nil {
		return ai.TextRequest{}, err
	}
	return ai.TextRequest{
		Instruction: args.SystemPrompt, Turns: []ai.Turn{{Role: ai.RoleUser, Text: args.Prompt}},
		MaxOutputTokens: args.MaxOutputTokens, Temperature: args.Temperature,
		Purpose: ai.PurposeReply, EndUser: chat.EndUser(j.UserID), JobKey: j.ID.String(),
	}, nil
}

// textCall is what the provider is asked.
func (w *worker) textCall(ctx context.Context) (ai.TextRequest, ai.TextStreamer, error) {
	req, err := textAsked(w.job)
	if err != nil {
		return req, nil, err
	}
	model, ok := w.s.catalog.Get(w.job.Model)
	if !ok {
		return req, nil, errModelGone(w.job.Provider)
	}
	req.Model = model.ProviderModel
	router, err := w.router(ctx, model)
	if err != nil {
		return req, nil, err
	}
	streamer, err := router.Text(model.Provider)
	return req, streamer, err
}

// router finds who makes it: the house's account at the provider, or the person's own.
func (w *worker) router(ctx context.Context, m catalog.Model) (*ai.Router, error) {
	return w.s.router.For(ctx, w.job.UserID, m.Provider, w.job.IsOwnKey)
}

// errModelGone is the failure of a job whose model the catalogue dropped since it was ordered.
func errModelGone(provider string) error { return &ai.Error{Kind: ai.ModelGone, Provider: provider} }

// written is the end of a text that is whole.
func (w *worker) written(req ai.TextRequest, final *ai.TextResult) ending {
	text := w.Text.String()
	if run.IsBlank(text) {
		return ending{status: entjob.StatusFailed, failure: silence(final.Finish), text: text, finish: final.Finish, model: final.Model, usage: final.Usage}
	}
	return ending{
		status: entjob.StatusCompleted, text: text, finish: final.Finish, model: final.Model,
		usage: final.Usage, request: &req,
		made: []file.NewArtifact{{
			ID: oid.New[oid.Artifact](), User: w.job.UserID, Job: w.job.ID, Chat: w.job.ChatID, Kind: entartifact.KindText,
			Text: &text, Prompt: req.Turns[0].Text, Model: w.job.Model, Provider: w.job.Provider, AnsweredBy: final.Model,
		}},
	}
}
