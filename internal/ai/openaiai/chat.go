package openaiai

import (
	"context"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/shared"

	"github.com/weav-ai/weav/internal/ai"
)

// chat requests a chat completion. The text is complete with a finish reason; the usage follows it, if the
// server reports any.
func (r *reply) chat(ctx context.Context, req ai.TextRequest) {
	stream := r.p.sdk.Chat.Completions.NewStreaming(ctx, chatParams(req), r.requireStream()...)
	defer func() { _ = stream.Close() }() // The connection is closed in any case.
	for stream.Next() {
		if ctx.Err() != nil {
			break
		}
		if !r.show(r.piece(stream.Current())) {
			return
		}
	}
	if r.finish == "" || ctx.Err() != nil {
		r.broken(ctx, stream.Err())
		return
	}
	r.end()
}

// piece records one chunk and returns its text. A chunk without text is a keep-alive: servers send the role,
// the finish, the usage and the model's thoughts in chunks of their own.
func (r *reply) piece(chunk openai.ChatCompletionChunk) string {
	r.id, r.answered = ai.Clip(orElse(chunk.ID, r.id), ai.MaxCode), orElse(chunk.Model, r.answered)
	if chunk.JSON.Usage.Valid() {
		u := chunk.Usage
		r.usage = ai.Usage{
			Known: true, Input: u.PromptTokens, Output: u.CompletionTokens,
			CachedInput: u.PromptTokensDetails.CachedTokens, Reasoning: u.CompletionTokensDetails.ReasoningTokens,
		}
	}
	if len(chunk.Choices) == 0 {
		return ""
	}
	choice := chunk.Choices[0]
	r.refusing = r.refusing || choice.Delta.Refusal != ""
	if choice.FinishReason != "" {
		r.finish, r.raw = finishOf(choice.FinishReason), ai.Clip(choice.FinishReason, ai.MaxCode)
		r.ended = true // The SDK closes the stream at the [DONE] that follows.
		if r.refusing {
			r.finish = ai.FinishRefusal
		}
	}
	return choice.Delta.Content + choice.Delta.Refusal
}

// finishOf reads a finish reason. Only known values are a stop.
func finishOf(reason string) ai.Finish {
	switch reason {
	case "stop":
		return ai.FinishStop
	case "length":
		return ai.FinishLength
	case "content_filter":
		return ai.FinishContentFilter
	case "refusal":
		return ai.FinishRefusal
	default:
		return ai.FinishOther
	}
}

// chatParams is a request in the older form. The token limit has its older name, which every server knows.
// The user's hash is omitted, because some servers refuse unknown fields.
func chatParams(req ai.TextRequest) openai.ChatCompletionNewParams {
	p := openai.ChatCompletionNewParams{
		Model: req.Model, StreamOptions: openai.ChatCompletionStreamOptionsParam{IncludeUsage: openai.Bool(true)},
	}
	if req.Instruction != "" {
		p.Messages = append(p.Messages, openai.SystemMessage(req.Instruction))
	}
	for _, t := range req.Turns {
		p.Messages = append(p.Messages, chatMessage(t))
	}
	if req.MaxOutputTokens > 0 {
		p.MaxTokens = openai.Int(int64(req.MaxOutputTokens))
	}
	if req.Temperature != nil {
		p.Temperature = openai.Float(*req.Temperature)
	}
	if req.Answer != nil {
		p.ResponseFormat = openai.ChatCompletionNewParamsResponseFormatUnion{OfJSONSchema: &shared.ResponseFormatJSONSchemaParam{
			JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{
				Name: req.Answer.Name, Schema: req.Answer.Schema, Strict: openai.Bool(true),
			},
		}}
	}
	return p
}

// chatMessage is one turn. Only a user's turn has images.
func chatMessage(t ai.Turn) openai.ChatCompletionMessageParamUnion {
	if t.Role == ai.RoleAssistant {
		return openai.AssistantMessage(t.Text)
	}
	if len(t.Images) == 0 {
		return openai.UserMessage(t.Text)
	}
	parts := []openai.ChatCompletionContentPartUnionParam{openai.TextContentPart(t.Text)}
	for _, f := range t.Images {
		parts = append(parts, openai.ImageContentPart(openai.ChatCompletionContentPartImageImageURLParam{URL: dataURL(f)}))
	}
	return openai.UserMessage(parts)
}
