package sandboxai_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/aitest"
	"github.com/weav-ai/weav/internal/ai/sandboxai"
)

func TestImageSuite(t *testing.T) {
	aitest.RunImages(t, aitest.ImageHarness{
		Provider:        sandboxai.Name,
		Fails:           slices.Sorted(maps.Keys(faultOf)),
		ReportsProgress: true,
		Play: func(_ *testing.T, s aitest.ImageScript) aitest.ImageCall {
			prompt := "a lighthouse"
			switch {
			case s.Fail != "":
				prompt += fmt.Sprintf(" [sandbox:%s]", faultOf[s.Fail])
			case s.Ending == aitest.Hangs:
				prompt += " [sandbox:stall]"
			case s.Ending == aitest.Breaks:
				prompt += " [sandbox:drop_after=3]"
			}
			return aitest.ImageCall{Maker: sandboxai.New(sandboxai.Cadence(0)), Request: imageRequest(prompt)}
		},
	})
}

func TestVideoSuite(t *testing.T) {
	ends := slices.Sorted(maps.Keys(faultOf))
	starts := slices.DeleteFunc(slices.Clone(ends), func(k ai.Kind) bool { return k == ai.NoOutput })
	aitest.RunVideos(t, aitest.VideoHarness{
		Provider:        sandboxai.Name,
		Fails:           starts,
		JobFails:        ends,
		ReportsProgress: true,
		Cancels:         true,
		Play: func(_ *testing.T, s aitest.VideoScript) aitest.VideoCall {
			one, two := sandboxai.New(sandboxai.Cadence(0.02)), sandboxai.New(sandboxai.Cadence(7))
			return aitest.VideoCall{Maker: one, Other: two, Request: videoRequest(filmed(s))}
		},
	})
}

// filmed writes a script down in directives.
func filmed(s aitest.VideoScript) string {
	prompt := "waves at dusk"
	switch {
	case s.Fail != "":
		prompt += fmt.Sprintf(" [sandbox:%s]", faultOf[s.Fail])
	case s.StartHangs:
		prompt += " [sandbox:first_after=600000]"
	case s.JobFails != "":
		prompt += fmt.Sprintf(" [sandbox:fail_at=50:%s]", faultOf[s.JobFails])
	case s.NeverDone:
		prompt += " [sandbox:stall]"
	case s.PollsFail != "":
		prompt += fmt.Sprintf(" [sandbox:poll_fails_for=600000:%s]", faultOf[s.PollsFail])
	case s.DownloadBreaks:
		prompt += " [sandbox:download_fails_for=600000]"
	}
	return prompt
}

func imageRequest(prompt string) ai.ImageRequest {
	return ai.ImageRequest{Model: "sandbox-painter", Prompt: prompt, Width: 320, Height: 200, JobKey: "job-1"}
}

func videoRequest(prompt string) ai.VideoRequest {
	return ai.VideoRequest{Model: "sandbox-filmer", Prompt: prompt, Seconds: 8, Resolution: "720p", Aspect: "16:9", JobKey: "job-1"}
}
