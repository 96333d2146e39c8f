package geminiai

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/genai"

	"github.com/weav-ai/weav/internal/ai"
)

var errSeconds = errors.New("a video has at least one second")

// resolutions maps the port's values to Google's.
var resolutions = map[string]string{"720p": "720p", "1080p": "1080p", "4K": "4k"}

// aspectsOfVideo are the port's values, which are Google's too.
var aspectsOfVideo = map[string]bool{"16:9": true, "9:16": true, "1:1": true, "3:4": true}

// styles are the port's values in words for the prompt, because Veo has no parameter for them.
var styles = map[string]string{
	"":          "",
	"realistic": "realistic live-action footage with natural light",
	"cinematic": "cinematic, with film-like light, depth and camera work",
	"animated":  "3D animation",
	"cartoon":   "2D cartoon with bold outlines and flat colours",
	"anime":     "hand-drawn Japanese anime",
}

// videoParams translates a request. A value outside of the port's set is refused, and so is a missing length.
// Every other value is sent as it is, not the nearest one: the values of each model differ, a video of
// another length has another price, and Google refuses invalid ones before anything is billed.
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

// styled appends the style to the prompt, where it does not replace the subject.
func styled(prompt, style string) string {
	if style == "" {
		return prompt
	}
	return prompt + "\n\nStyle: " + style + "."
}
