package geminiai

import (
	"context"
	"errors"
	"iter"

	"google.golang.org/genai"

	"github.com/weav-ai/weav/internal/ai"
)

// errNoPicture is the error of an answer that is complete but has no picture.
var errNoPicture = errors.New("the answer has no picture")

// MakeImage implements ai.ImageMaker. The answer arrives as a whole: there is neither progress nor a
// keep-alive. Gemini has no quality levels. Its text beside the pictures is dropped, because it is a comment
// and no revised prompt.
func (p *Provider) MakeImage(ctx context.Context, req ai.ImageRequest) iter.Seq2[ai.ImageEvent, error] {
	return func(yield func(ai.ImageEvent, error) bool) {
		c := &call{p: p, model: req.Model, private: []string{req.Prompt}}
		final, err := c.draw(ctx, req)
		if err != nil {
			yield(ai.ImageEvent{}, err)
			return
		}
		yield(ai.ImageEvent{Final: final}, nil)
	}
}

// draw sends the request once.
func (c *call) draw(ctx context.Context, req ai.ImageRequest) (*ai.ImageResult, error) {
	if err := checkModel(req.Model); err != nil {
		return nil, c.refuse(ai.BadRequest, err)
	}
	if e := c.stopped(ctx); e != nil {
		return nil, e
	}
	seen, x := observed(ctx)
	answer, err := guard(func() (*genai.GenerateContentResponse, error) {
		return c.p.sdk.Models.GenerateContent(seen, req.Model, genai.Text(req.Prompt), &genai.GenerateContentConfig{
			AutomaticContinuation: genai.Ptr(false),
			ResponseModalities:    []string{"TEXT", "IMAGE"},
			ImageConfig:           imageConfig(req.Width, req.Height),
		})
	})
	if err != nil {
		return nil, c.failed(ctx, x, err)
	}
	return c.readPicture(x, answer)
}

// readPicture reads the answer. Pictures count with every finish reason.
func (c *call) readPicture(x *exchange, answer *genai.GenerateContentResponse) (*ai.ImageResult, error) {
	candidate := firstCandidate(answer)
	images := picturesOf(candidate)
	if len(images) == 0 {
		e := c.withoutPicture(x, answer, candidate)
		e.Usage = usageOf(answer.UsageMetadata)
		return nil, e
	}
	result := &ai.ImageResult{
		Images: images, Finish: finishOf(candidate.FinishReason), RawFinish: ai.Clip(string(candidate.FinishReason), ai.MaxCode),
		Usage: usageOf(answer.UsageMetadata), Model: shortName(answer.ModelVersion), ResponseID: answer.ResponseID,
	}
	if !hasEnded(candidate.FinishReason) {
		e := c.failure(ai.Interrupted, errNoFinish)
		e.HTTP, e.Usage = x.status, result.Usage
		return nil, e
	}
	result.Usage.Images = int64(len(images))
	if result.Model == "" {
		result.Model = c.model
	}
	return result, nil
}

// withoutPicture is the error of an answer without a picture.
func (c *call) withoutPicture(x *exchange, answer *genai.GenerateContentResponse, candidate *genai.Candidate) *ai.Error {
	if block := blockOf(answer); block != "" {
		return c.blocked(x, block)
	}
	kind, cause, code := ai.Interrupted, errNoFinish, ""
	if candidate != nil && hasEnded(candidate.FinishReason) {
		if finishOf(candidate.FinishReason) == ai.FinishContentFilter {
			return c.blocked(x, string(candidate.FinishReason))
		}
		kind, cause, code = ai.NoOutput, errNoPicture, string(candidate.FinishReason)
	}
	e := c.failure(kind, cause)
	e.HTTP, e.Code = x.status, ai.Clip(code, ai.MaxCode)
	return e
}

// picturesOf are the pictures of a candidate, without drafts of the model's thoughts.
func picturesOf(candidate *genai.Candidate) []ai.File {
	var images []ai.File
	for _, part := range partsOf(candidate) {
		if part.InlineData != nil && len(part.InlineData.Data) > 0 {
			images = append(images, ai.File{Bytes: part.InlineData.Data, MIMEType: part.InlineData.MIMEType})
		}
	}
	return images
}
