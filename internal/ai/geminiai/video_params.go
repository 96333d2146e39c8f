package geminiai

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/genai"

	"github.com/weav-ai/weav/internal/ai"
)

var errSeconds = errors.New("a video has at least one second")

// resolutions are the port's in Google's words.
var resolutions = map[string]string{"720p": "720p", "1080p": "1080p", "4K": "4k"}

// aspectsOfVideo are the port's, which are Google's too.
var aspectsOfVideo = map[string]bool{"16:9": true, "9:16": true, "1:1": true, "3:4": true}

// styles are the port's in words for the prompt: Veo has no parameter for them.
var styles = map[string]string{
	"":          "",
	"realistic": "realistic live-action footage with natural light",
	"cinematic": "cinematic, with film-like light, depth and camera work",
	"animated":  "3D animation",
	"cartoon":   "2D cartoon with bold outlines and flat colours",
	"anime":     "hand-drawn Japanese anime",
}

// videoParams translates a request. A value that is none of the port's is refused, and so is no length. Every
// value that is one goes to Google as it is, never the nearest: which of them a model has differs by model,
// a video of another length has another price, and Google refuses the rest before anything is paid.
func videoParams(req ai.VideoRequest) (*genai.GenerateVideosSource, *genai.GenerateVideosConfig, error) {
	if err := checkModel(req.Model); err != nil {
		return nil, nil, err
	}
	resolution, ok := resolutions[req.Resolution]
	if !ok && req.Resolution != "" {
		return nil, nil, fmt.Errorf("no resolution of a video: %q", ai.Clip(req.Resolution, ai.MaxCode))
	}
	if !aspectsOfVideo[req.Aspect] && req.Aspect != "" {
		return nil, nil, fmt.Errorf("no aspect of a video: %q", ai.Clip(req.Aspect, ai.MaxCode))
	}
	style, ok := styles[req.Style]
	if !ok {
		return nil, nil, fmt.Errorf("no style of a video: %q", ai.Clip(req.Style, ai.MaxCode))
	}
	if req.Seconds < 1 || req.Seconds > math.MaxInt32 {
		return nil, nil, errSeconds
	}
	return &genai.GenerateVideosSource{Prompt: styled(req.Prompt, style)}, &genai.GenerateVideosConfig{
		AspectRatio: req.Aspect, Resolution: resolution, DurationSeconds: genai.Ptr(int32(req.Seconds)),
	}, nil
}

// styled puts the style behind the prompt, where it does not take the subject's place.
func styled(prompt, style string) string {
	if style == "" {
		return prompt
	}
	return prompt + "\n\nStyle: " + style + "."
}
