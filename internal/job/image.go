package job

import (
	"context"
	"strings"

	entartifact "github.com/weav-ai/weav/ent/artifact"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/run"
)

// image makes an image: one paid call, then the files.
func (w *worker) image(ctx context.Context) error {
	req, maker, err := w.imageCall(ctx)
	if err != nil {
		return w.failed(ctx, err, (*ai.Error).MayRepeatPaid)
	}
	// From here on the provider may have been paid.
	if err := w.Mark(ctx); err != nil {
		return w.failed(ctx, err, (*ai.Error).MayRepeatPaid)
	}
	keeper := w.keeper(entartifact.KindImage)
	made, err := runCall(ctx, w, func(ctx context.Context, report func(run.Update)) (pictures, error) {
		final, err := makeImage(ctx, maker, req, report)
		if err != nil {
			return pictures{}, err
		}
		report(run.Update{Phase: phaseSaving})
		kept, err := keeper.images(ctx, final)
		return pictures{final, kept}, err
	})
	// A picture that came behind a cancel is thrown away: its user was not shown it and pays nothing.
	if err == nil && !w.IsStopped {
		err = w.end(ctx, w.drawn(req, made))
	} else {
		err = w.failed(ctx, err, (*ai.Error).MayRepeatPaid)
	}
	w.s.files.Discard(ctx, made.kept...) // What became an artifact is left alone.
	return err
}

// pictures are what came of the call: the provider's answer, and its files as they were stored.
type pictures struct {
	final *ai.ImageResult
	kept  []*file.Stored
}

func (w *worker) imageCall(ctx context.Context) (ai.ImageRequest, ai.ImageMaker, error) {
	args, err := read[ImageArguments](w.job)
	if err != nil {
		return ai.ImageRequest{}, nil, err
	}
	model, ok := w.s.catalog.Get(w.job.Model)
	if !ok {
		return ai.ImageRequest{}, nil, errModelGone(w.job.Provider)
	}
	width, height, _ := catalog.ParseSize(args.Size)
	router, err := w.router(ctx, model)
	if err != nil {
		return ai.ImageRequest{}, nil, err
	}
	maker, err := router.Image(model.Provider)
	return ai.ImageRequest{
		Model: model.ProviderModel, Prompt: args.Prompt, Width: width, Height: height,
		Quality: ai.Quality(strings.ToLower(string(args.Quality))),
		EndUser: chat.EndUser(w.job.UserID), JobKey: w.job.ID.String(),
	}, maker, err
}

// makeImage reads the provider's stream to its end.
func makeImage(ctx context.Context, maker ai.ImageMaker, req ai.ImageRequest, report func(run.Update)) (*ai.ImageResult, error) {
	for event, err := range maker.MakeImage(ctx, req) {
		switch {
		case err != nil:
			return nil, err
		case event.Final != nil && len(event.Final.Images) == 0:
			return nil, &ai.Error{Kind: ai.NoOutput, Accepted: true}
		case event.Final != nil:
			return event.Final, nil
		}
		report(run.Update{Progress: event.Progress, Phase: phaseText(event.Phase)})
	}
	return nil, &ai.Error{Kind: ai.Interrupted, Accepted: true, Cause: run.ErrNoResult}
}

// drawn is the end of an image job whose files are stored.
func (w *worker) drawn(req ai.ImageRequest, made pictures) ending {
	e := ending{
		status: entjob.StatusCompleted, revised: made.final.RevisedPrompt, finish: made.final.Finish,
		model: made.final.Model, usage: made.final.Usage, images: int64(len(made.kept)),
	}
	for _, k := range made.kept {
		e.made = append(e.made, w.artifact(entartifact.KindImage, req.Prompt, made.final.Model, k))
	}
	return e
}
