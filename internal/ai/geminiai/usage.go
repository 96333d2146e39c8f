package geminiai

import (
	"google.golang.org/genai"

	"github.com/weav-ai/weav/internal/ai"
)

// usageOf translates the reported usage. Each report covers the whole call so far, and thoughts are billed as
// output.
func usageOf(reported *genai.GenerateContentResponseUsageMetadata) ai.Usage {
	if reported == nil {
		return ai.Usage{}
	}
	u := ai.Usage{
		Known:     true,
		Input:     atLeast0(reported.PromptTokenCount) + atLeast0(reported.ToolUsePromptTokenCount),
		Reasoning: atLeast0(reported.ThoughtsTokenCount),
	}
	u.Output = atLeast0(reported.CandidatesTokenCount) + u.Reasoning
	u.CachedInput = min(atLeast0(reported.CachedContentTokenCount), u.Input)
	for _, d := range reported.CandidatesTokensDetails {
		if d != nil && d.Modality == genai.MediaModalityImage {
			u.ImageOutput += atLeast0(d.TokenCount)
		}
	}
	u.ImageOutput = min(u.ImageOutput, u.Output)
	return u
}

func atLeast0(n int32) int64 { return int64(max(n, 0)) }
