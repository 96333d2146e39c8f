package openaiai

import (
	"fmt"
	"math"
	"strings"

	"github.com/openai/openai-go/v3"

	"github.com/weav-ai/weav/internal/ai"
)

// pixels is a size that a model knows.
type pixels struct{ width, height int }

// The sizes of models that know only some.
var (
	dallESizes = []pixels{{1024, 1024}, {1792, 1024}, {1024, 1792}}
	gptSizes   = []pixels{{1024, 1024}, {1536, 1024}, {1024, 1536}}
)

// gptParams asks a GPT image model. Standard quality is its medium, HD its high.
func gptParams(req ai.ImageRequest) openai.ImageGenerateParams {
	p := openai.ImageGenerateParams{
		Model: req.Model, Prompt: req.Prompt, N: openai.Int(1), PartialImages: openai.Int(partials),
		Size: openai.ImageGenerateParamsSize(gptSize(req)), Quality: openai.ImageGenerateParamsQualityMedium,
		OutputFormat: openai.ImageGenerateParamsOutputFormatPNG,
	}
	if req.Quality == ai.QualityHD {
		p.Quality = openai.ImageGenerateParamsQualityHigh
	}
	if req.EndUser != "" {
		p.SafetyIdentifier = openai.String(req.EndUser)
	}
	return p
}

// gptSize is the size as it is for models that take any whose sides are multiples of 16, and the nearest shape for the
// first of them, which know three.
func gptSize(req ai.ImageRequest) string {
	const unit = 16
	if strings.HasPrefix(req.Model, "gpt-image-1") || req.Width%unit != 0 || req.Height%unit != 0 {
		return nearest(req.Width, req.Height, gptSizes).String()
	}
	return pixels{req.Width, req.Height}.String()
}

// dallEParams asks DALL-E 3, which is told to send the picture and no address of it.
func dallEParams(req ai.ImageRequest) openai.ImageGenerateParams {
	p := openai.ImageGenerateParams{
		Model: req.Model, Prompt: req.Prompt, N: openai.Int(1),
		Size:    openai.ImageGenerateParamsSize(nearest(req.Width, req.Height, dallESizes).String()),
		Quality: openai.ImageGenerateParamsQualityStandard, ResponseFormat: openai.ImageGenerateParamsResponseFormatB64JSON, //nolint:staticcheck // Only DALL-E is asked so.
	}
	if req.Quality == ai.QualityHD {
		p.Quality = openai.ImageGenerateParamsQualityHD //nolint:staticcheck // Only DALL-E is asked so.
	}
	if req.EndUser != "" {
		p.User = openai.String(req.EndUser) //nolint:staticcheck // Only DALL-E is asked so.
	}
	return p
}

func (p pixels) String() string { return fmt.Sprintf("%dx%d", p.width, p.height) }

// nearest is the size whose shape is closest. One without pixels is a square.
func nearest(width, height int, sizes []pixels) pixels {
	if width <= 0 || height <= 0 {
		return sizes[0]
	}
	best, apart := sizes[0], math.Inf(1)
	for _, s := range sizes {
		d := math.Abs(math.Log(float64(width) / float64(height) * float64(s.height) / float64(s.width)))
		if d < apart {
			best, apart = s, d
		}
	}
	return best
}
