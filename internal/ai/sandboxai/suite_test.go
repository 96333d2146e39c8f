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

// faultOf names the directive of each failure before the first delta.
var faultOf = map[ai.Kind]string{
	ai.RateLimited:    "rate_limit",
	ai.QuotaExhausted: "quota",
	ai.Overloaded:     "overloaded",
	ai.Upstream:       "upstream",
	ai.Auth:           "auth",
	ai.Timeout:        "timeout",
	ai.ContentBlocked: "blocked",
	ai.ContextLength:  "context_length",
	ai.RegionBlocked:  "region",
	ai.ModelGone:      "model_gone",
	ai.NoOutput:       "no_output",
	ai.BadRequest:     "bad_request",
	ai.Unsupported:    "unsupported",
}

func TestSuite(t *testing.T) {
	aitest.Run(t, aitest.Harness{
		Provider:     sandboxai.Name,
		Fails:        slices.Sorted(maps.Keys(faultOf)),
		ReportsUsage: true,
		Play:         play,
	})
}

// play writes a script down in directives.
func play(_ *testing.T, s aitest.Script) aitest.Call {
	prompt := "[sandbox:echo] " + s.Text
	req := ai.TextRequest{Model: "sandbox-text"}
	switch {
	case s.Fail != "":
		prompt = fmt.Sprintf("[sandbox:%s] %s", faultOf[s.Fail], prompt)
	case s.Ending == aitest.Hangs:
		prompt = "[sandbox:stall_after=1000] " + prompt
	case s.Ending == aitest.Breaks:
		prompt = "[sandbox:drop_after=1000] " + prompt
	case s.Finish == ai.FinishContentFilter:
		prompt = "[sandbox:filter_after=1000] " + prompt
	case s.Finish == ai.FinishRefusal:
		prompt = "[sandbox:refusal] " + prompt
	case s.Finish == ai.FinishLength:
		req.MaxOutputTokens = len(s.Text) / ai.BytesPerToken
		prompt += " And more, which the limit cuts off."
	}
	req.Turns = []ai.Turn{{Role: ai.RoleUser, Text: prompt}}
	return aitest.Call{Streamer: sandboxai.New(sandboxai.Cadence(0)), Request: req}
}
