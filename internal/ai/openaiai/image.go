package openaiai

import (
	"context"
	"encoding/base64"
	"iter"
	"strings"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"github.com/weav-ai/weav/internal/ai"
)

// partials is how many unfinished pictures are asked for, as signs of progress. Fewer may come.
const partials = 2

// MakeImage implements ai.ImageMaker. DALL-E is asked in its own form, all else in that of GPT image models. The request
// is sent once, and what follows it is Accepted unless the API itself refuses.
func (p *Provider) MakeImage(ctx context.Context, req ai.ImageRequest) iter.Seq2[ai.ImageEvent, error] {
	return func(yield func(ai.ImageEvent, error) bool) {
		d := &drawing{call: call{p: p, model: req.Model, private: []string{req.Prompt}}, yield: yield}
		switch {
		case ctx.Err() != nil:
			d.fail(d.refuse(ai.StopKind(ctx), context.Cause(ctx)))
		case isDallE(req.Model):
			d.whole(ctx, req)
		default:
			d.stream(ctx, req)
		}
	}
}

// drawing is one picture being made.
type drawing struct {
	call
	yield func(ai.ImageEvent, error) bool
}

// fail ends the call. A picture shows nothing before its end, so there is no more to tell.
func (d *drawing) fail(e *ai.Error) { d.yield(ai.ImageEvent{}, e) }

// stream reads a picture with its drafts, of which only the count matters.
func (d *drawing) stream(ctx context.Context, req ai.ImageRequest) {
	stream := d.p.sdk.Images.GenerateStreaming(ctx, gptParams(req), append(d.streamed(), keyed(req.JobKey))...)
	defer func() { _ = stream.Close() }() // The connection is given up either way.
	for stream.Next() {
		if ctx.Err() != nil {
			break
		}
		event := stream.Current()
		switch event.Type {
		case "image_generation.completed":
			d.ended = true
			d.done(event.AsImageGenerationCompleted(), req.Model)
			return
		case "error":
			d.fail(d.fault(readFault(0, []byte(event.RawJSON()))))
			return
		}
		if !d.yield(progressOf(event), nil) {
			return
		}
	}
	if err := stream.Err(); err != nil || ctx.Err() != nil {
		d.fail(d.failed(ctx, err))
		return
	}
	d.fail(d.failure(ai.Interrupted, errNoEnd))
}

// progressOf is what a draft tells; of any other event, that the provider lives.
func progressOf(event openai.ImageGenStreamEventUnion) ai.ImageEvent {
	if event.Type != "image_generation.partial_image" {
		return ai.ImageEvent{}
	}
	share := min(1, float64(event.PartialImageIndex+1)/(partials+1))
	return ai.ImageEvent{Progress: &share, Phase: ai.PhaseGenerating}
}

// done yields the picture of the last event.
func (d *drawing) done(event openai.ImageGenCompletedEvent, model string) {
	f, ok := fileOf(event.B64JSON, string(event.OutputFormat))
	if !ok {
		d.fail(d.failure(ai.NoOutput, errNoPicture))
		return
	}
	d.yield(ai.ImageEvent{Final: &ai.ImageResult{
		Images: []ai.File{f}, Finish: ai.FinishStop, RawFinish: "completed", Model: model, RequestID: d.requestID(),
		Usage: ai.Usage{
			Known: event.JSON.Usage.Valid(), Input: event.Usage.InputTokens, ImageInput: event.Usage.InputTokensDetails.ImageTokens,
			Output: event.Usage.OutputTokens, ImageOutput: event.Usage.OutputTokens, Images: 1,
		},
	}}, nil)
}

// whole asks for a picture that comes in one piece. No tokens are told, since its price is by the picture.
func (d *drawing) whole(ctx context.Context, req ai.ImageRequest) {
	res, err := d.p.sdk.Images.Generate(ctx, dallEParams(req), d.noted(), keyed(req.JobKey))
	if err != nil || ctx.Err() != nil {
		d.fail(d.failed(ctx, err))
		return
	}
	result := &ai.ImageResult{Finish: ai.FinishStop, RawFinish: "created", Model: req.Model, RequestID: d.requestID()}
	for _, one := range res.Data {
		if f, ok := fileOf(one.B64JSON, string(res.OutputFormat)); ok {
			result.Images = append(result.Images, f)
		}
		result.RevisedPrompt = ai.CleanText(orFirst(result.RevisedPrompt, one.RevisedPrompt))
	}
	if len(result.Images) == 0 {
		d.fail(d.failure(ai.NoOutput, errNoPicture))
		return
	}
	result.Usage = ai.Usage{Known: true, Images: int64(len(result.Images))}
	d.yield(ai.ImageEvent{Final: result}, nil)
}

// orFirst keeps the first text that there is.
func orFirst(first, second string) string {
	if first != "" {
		return first
	}
	return second
}

// fileOf reads a picture out of an answer. Without a word of its format it is a PNG, which is what was asked for and what
// DALL-E makes.
func fileOf(encoded, format string) (ai.File, bool) {
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(raw) == 0 {
		return ai.File{}, false
	}
	if format == "" {
		format = "png"
	}
	return ai.File{Bytes: raw, MIMEType: "image/" + ai.Clip(format, ai.MaxCode)}, true
}

// keyed names the piece of work, for servers that know idempotency keys. OpenAI promises nothing for it, so nothing
// relies on it.
func keyed(jobKey string) option.RequestOption {
	if jobKey == "" {
		return option.WithHeaderDel("Idempotency-Key")
	}
	return option.WithHeader("Idempotency-Key", jobKey)
}

// isDallE tells models of the legacy form by their name.
func isDallE(model string) bool { return strings.HasPrefix(model, "dall-e") }
