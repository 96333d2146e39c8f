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

// partials is how many partial pictures are requested, as progress. Fewer may arrive.
const partials = 2

// MakeImage implements ai.ImageMaker. DALL-E has a request form of its own, all other models that of GPT
// image models. The request is sent once, and every failure after that is Accepted unless the API itself
// refuses.
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

// drawing is one picture in progress.
type drawing struct {
	call
	yield func(ai.ImageEvent, error) bool
}

// fail ends the call.
func (d *drawing) fail(e *ai.Error) { d.yield(ai.ImageEvent{}, e) }

// stream reads a picture with its partial ones, of which only the number is used.
func (d *drawing) stream(ctx context.Context, req ai.ImageRequest) {
	stream := d.p.sdk.Images.GenerateStreaming(ctx, gptParams(req), append(d.requireStream(), idempotencyHeader(req.JobKey))...)
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

// progressOf is the progress that a partial picture shows; any other event is a keep-alive.
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

// whole requests a picture that arrives in one piece. No tokens are reported, because its price is per
// picture.
func (d *drawing) whole(ctx context.Context, req ai.ImageRequest) {
	res, err := d.p.sdk.Images.Generate(ctx, dallEParams(req), d.noteHead(), idempotencyHeader(req.JobKey))
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

// orFirst returns the first text that is not empty.
func orFirst(first, second string) string {
	if first != "" {
		return first
	}
	return second
}

// fileOf reads a picture from an answer. Without a stated format it is a PNG, which was requested and which
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

// idempotencyHeader identifies the work, for servers that support idempotency keys. OpenAI documents no
// effect, so nothing depends on it.
func idempotencyHeader(jobKey string) option.RequestOption {
	if jobKey == "" {
		return option.WithHeaderDel("Idempotency-Key")
	}
	return option.WithHeader("Idempotency-Key", jobKey)
}

// isDallE recognizes models with the legacy form by their name.
func isDallE(model string) bool { return strings.HasPrefix(model, "dall-e") }
