package job

import (
	"context"
	"errors"

	entartifact "github.com/weav-ai/weav/ent/artifact"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/oid"
)

// write makes a text.
func (w *worker) write(ctx, work context.Context) error {
	req, streamer, err := w.textCall(work)
	if err != nil {
		return w.failed(work, err, (*ai.Error).Repeatable)
	}
	w.asked = &req
	provider := w.job.Provider
	final, err := drive(ctx, work, w, func(ctx context.Context, tell func(sign)) (*ai.TextResult, error) {
		for event, err := range streamer.StreamText(ctx, req) {
			if err != nil || event.Final != nil {
				return event.Final, err
			}
			tell(sign{delta: event.Delta})
		}
		return nil, &ai.Error{Kind: ai.Interrupted, Provider: provider, Accepted: true, Cause: errNoEnd}
	})
	if err != nil || w.cancelled {
		return w.failed(work, err, (*ai.Error).Repeatable)
	}
	w.text.Publish(work)
	return w.end(work, w.written(req, final))
}

// errNoEnd says that an adapter broke its port's word.
var errNoEnd = errors.New("the stream ended without a result")

// textCall is what the provider is asked.
func (w *worker) textCall(ctx context.Context) (ai.TextRequest, ai.TextStreamer, error) {
	args, err := read[TextArguments](w.job)
	if err != nil {
		return ai.TextRequest{}, nil, err
	}
	model, ok := w.s.catalog.Get(w.job.Model)
	if !ok {
		return ai.TextRequest{}, nil, errModelGone(w.job.Provider)
	}
	router, err := w.router(ctx, model)
	if err != nil {
		return ai.TextRequest{}, nil, err
	}
	streamer, err := router.Text(model.Provider)
	return ai.TextRequest{
		Model: model.ProviderModel, Instruction: args.SystemPrompt,
		Turns:           []ai.Turn{{Role: ai.RoleUser, Text: args.Prompt}},
		MaxOutputTokens: args.MaxOutputTokens, Temperature: args.Temperature,
		Purpose: ai.PurposeReply, EndUser: chat.EndUser(w.job.UserID), JobKey: w.job.ID.String(),
	}, streamer, err
}

// router finds who makes it: the house's account at the provider, or the person's own.
func (w *worker) router(ctx context.Context, m catalog.Model) (*ai.Router, error) {
	return w.s.router.For(ctx, w.job.UserID, m.Provider, w.job.IsOwnKey)
}

// errModelGone is the failure of a job whose model the catalogue dropped since it was ordered.
func errModelGone(provider string) error { return &ai.Error{Kind: ai.ModelGone, Provider: provider} }

// written is the end of a text that is whole.
func (w *worker) written(req ai.TextRequest, final *ai.TextResult) ending {
	text := w.text.String()
	if text == "" {
		return ending{status: entjob.StatusFailed, failure: FailureNoOutput, usage: final.Usage}
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
