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
)

// image makes an image: one paid call, then the files.
func (w *worker) image(ctx, work context.Context) error {
	req, maker, err := w.imageCall(work)
	if err != nil {
		return w.failed(work, err, (*ai.Error).MayRepeatPaid)
	}
	if err := w.mark(work); err != nil {
		return w.failed(work, err, (*ai.Error).MayRepeatPaid)
	}
	keeper := w.keeper(entartifact.KindImage)
	made, err := drive(ctx, work, w, func(ctx context.Context, tell func(sign)) (pictures, error) {
		final, err := makeImage(ctx, maker, req, tell)
		if err != nil {
			return pictures{}, err
		}
		tell(sign{phase: phaseSaving})
		kept, err := keeper.images(ctx, final)
		return pictures{final, kept}, err
	})
	if err == nil && !w.cancelled {
		err = w.end(work, w.drawn(req, made))
	} else {
		err = w.failed(work, err, (*ai.Error).MayRepeatPaid)
	}
	w.s.files.Discard(work, made.kept...) // What became an artifact is left alone.
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
func makeImage(ctx context.Context, maker ai.ImageMaker, req ai.ImageRequest, tell func(sign)) (*ai.ImageResult, error) {
	for event, err := range maker.MakeImage(ctx, req) {
		switch {
		case err != nil:
			return nil, err
		case event.Final != nil && len(event.Final.Images) == 0:
			return nil, &ai.Error{Kind: ai.NoOutput, Accepted: true}
		case event.Final != nil:
			return event.Final, nil
		}
		tell(sign{progress: event.Progress, phase: phaseText(event.Phase)})
	}
	return nil, &ai.Error{Kind: ai.Interrupted, Accepted: true, Cause: errNoEnd}
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
