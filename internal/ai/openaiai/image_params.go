package openaiai

import (
	"fmt"
	"math"
	"strings"

	"github.com/openai/openai-go/v3"

	"github.com/weav-ai/weav/internal/ai"
)

// pixels is a size in pixels.
type pixels struct{ width, height int }

// The sizes of models with a fixed set.
var (
	dallESizes = []pixels{{1024, 1024}, {1792, 1024}, {1024, 1792}}
	gptSizes   = []pixels{{1024, 1024}, {1536, 1024}, {1024, 1536}}
)

// gptParams is the request for a GPT image model. Standard quality is its medium, HD its high.
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

// gptSize is the requested size for models that accept all multiples of 16, and the nearest of three for the
// first models.
func gptSize(req ai.ImageRequest) string {
	const unit = 16
	if strings.HasPrefix(req.Model, "gpt-image-1") || req.Width%unit != 0 || req.Height%unit != 0 {
		return nearest(req.Width, req.Height, gptSizes).String()
	}
	return pixels{req.Width, req.Height}.String()
}

// dallEParams is the request for DALL-E 3. It requests the picture itself and not a URL, which would have to
// be fetched.
func dallEParams(req ai.ImageRequest) openai.ImageGenerateParams {
	p := openai.ImageGenerateParams{
		Model: req.Model, Prompt: req.Prompt, N: openai.Int(1),
		Size:    openai.ImageGenerateParamsSize(nearest(req.Width, req.Height, dallESizes).String()),
		Quality: openai.ImageGenerateParamsQualityStandard, ResponseFormat: openai.ImageGenerateParamsResponseFormatB64JSON, //nolint:staticcheck // Only DALL-E has this form.
	}
	if req.Quality == ai.QualityHD {
		p.Quality = openai.ImageGenerateParamsQualityHD //nolint:staticcheck // Only DALL-E has this form.
	}
	if req.EndUser != "" {
		p.User = openai.String(req.EndUser) //nolint:staticcheck // Only DALL-E has this form.
	}
	return p
}

func (p pixels) String() string { return fmt.Sprintf("%dx%d", p.width, p.height) }

// nearest is the size with the closest ratio. Without a size it is the square.
func nearest(width, height int, sizes []pixels) pixels {
	if width <= 0 || height <= 0 {
		return sizes[0]
	}
	best, distance := sizes[0], math.Inf(1)
	for _, s := range sizes {
		d := math.Abs(math.Log(float64(width) / float64(height) * float64(s.height) / float64(s.width)))
		if d < distance {
			best, distance = s, d
		}
	}
	return best
}
