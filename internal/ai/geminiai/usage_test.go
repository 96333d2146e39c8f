package geminiai

import (
	"testing"

	"google.golang.org/genai"

	"github.com/weav-ai/weav/internal/ai"
)

// TestUsageCountsPictureTokensSeparately checks usage with and without a split by Google; thoughts are output.
func TestUsageCountsPictureTokensSeparately(t *testing.T) {
	t.Parallel()
	image := &genai.ModalityTokenCount{Modality: genai.MediaModalityImage, TokenCount: 1120}
	text := &genai.ModalityTokenCount{Modality: genai.MediaModalityText, TokenCount: 30}
	for name, tt := range map[string]struct {
		reported genai.GenerateContentResponseUsageMetadata
		want     ai.Usage
	}{
		"separate": {
			genai.GenerateContentResponseUsageMetadata{PromptTokenCount: 9, CandidatesTokenCount: 1150, ThoughtsTokenCount: 200, CandidatesTokensDetails: []*genai.ModalityTokenCount{text, nil, image}},
			ai.Usage{Known: true, Input: 9, Output: 1350, Reasoning: 200, ImageOutput: 1120},
		},
		"not separate": {
			genai.GenerateContentResponseUsageMetadata{PromptTokenCount: 9, CandidatesTokenCount: 1150, ThoughtsTokenCount: 200},
			ai.Usage{Known: true, Input: 9, Output: 1350, Reasoning: 200},
		},
		"more of the picture than in all": {
			genai.GenerateContentResponseUsageMetadata{CandidatesTokenCount: 9, CandidatesTokensDetails: []*genai.ModalityTokenCount{image}},
			ai.Usage{Known: true, Output: 9, ImageOutput: 9},
		},
	} {
		if got := usageOf(&tt.reported); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}
