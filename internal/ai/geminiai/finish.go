package geminiai

import (
	"strings"

	"google.golang.org/genai"

	"github.com/weav-ai/weav/internal/ai"
)

// hasEnded reports whether reason is a finish reason: between two parts of a text there is none.
func hasEnded(reason genai.FinishReason) bool {
	return reason != "" && reason != genai.FinishReasonUnspecified
}

// finishOf translates a finish reason. An unknown one is FinishOther, unless its name states a refusal: at
// present Gemini has no such reason and refuses in its text.
func finishOf(reason genai.FinishReason) ai.Finish {
	switch reason {
	case genai.FinishReasonStop:
		return ai.FinishStop
	case genai.FinishReasonMaxTokens:
		return ai.FinishLength
	case genai.FinishReasonSafety, genai.FinishReasonRecitation, genai.FinishReasonBlocklist,
		genai.FinishReasonProhibitedContent, genai.FinishReasonSPII, genai.FinishReasonImageSafety,
		genai.FinishReasonImageProhibitedContent, genai.FinishReasonImageRecitation:
		return ai.FinishContentFilter
	}
	if strings.Contains(string(reason), "REFUSAL") {
		return ai.FinishRefusal
	}
	return ai.FinishOther
}

// blockOf is why a prompt was not answered; empty when it was answered. The provider returns it in place of
// candidates.
func blockOf(answer *genai.GenerateContentResponse) string {
	if answer.PromptFeedback == nil || answer.PromptFeedback.BlockReason == genai.BlockedReasonUnspecified {
		return ""
	}
	return string(answer.PromptFeedback.BlockReason)
}

// firstCandidate is the requested candidate; nil when there is none.
func firstCandidate(answer *genai.GenerateContentResponse) *genai.Candidate {
	if len(answer.Candidates) == 0 {
		return nil
	}
	return answer.Candidates[0]
}

// partsOf are the parts of a candidate, without thoughts.
func partsOf(c *genai.Candidate) []*genai.Part {
	if c == nil || c.Content == nil {
		return nil
	}
	parts := make([]*genai.Part, 0, len(c.Content.Parts))
	for _, part := range c.Content.Parts {
		if part != nil && !part.Thought {
			parts = append(parts, part)
		}
	}
	return parts
}
