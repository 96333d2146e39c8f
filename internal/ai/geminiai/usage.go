package geminiai

import (
	"google.golang.org/genai"

	"github.com/weav-ai/weav/internal/ai"
)

// usageOf translates what the provider tells. Each telling is of the whole call so far, and
// thoughts are paid like any other output.
func usageOf(told *genai.GenerateContentResponseUsageMetadata) ai.Usage {
	if told == nil {
		return ai.Usage{}
	}
	u := ai.Usage{
		Known:     true,
		Input:     atLeast0(told.PromptTokenCount) + atLeast0(told.ToolUsePromptTokenCount),
		Reasoning: atLeast0(told.ThoughtsTokenCount),
	}
	u.Output = atLeast0(told.CandidatesTokenCount) + u.Reasoning
	u.CachedInput = min(atLeast0(told.CachedContentTokenCount), u.Input)
	for _, d := range told.CandidatesTokensDetails {
		if d != nil && d.Modality == genai.MediaModalityImage {
			u.ImageOutput += atLeast0(d.TokenCount)
		}
	}
	u.ImageOutput = min(u.ImageOutput, u.Output)
	return u
}

func atLeast0(n int32) int64 { return int64(max(n, 0)) }
