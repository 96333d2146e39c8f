package ai_test

import (
	"testing"

	"github.com/weav-ai/weav/internal/ai"
)

func TestWhatMayBeRepeated(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		err        ai.Error
		free, paid bool
	}{
		{"refused for now", ai.Error{Kind: ai.RateLimited}, true, true},
		{"no room", ai.Error{Kind: ai.Overloaded}, true, true},
		{"never reached", ai.Error{Kind: ai.Upstream}, true, true},
		{"dropped connection", ai.Error{Kind: ai.Upstream, Accepted: true}, true, false},
		{"cut off", ai.Error{Kind: ai.Interrupted, Accepted: true}, true, false},
		{"nothing came of it", ai.Error{Kind: ai.NoOutput, Accepted: true}, true, false},
		{"shown", ai.Error{Kind: ai.Overloaded, Shown: true}, false, false},
		{"settled", ai.Error{Kind: ai.Overloaded, JobFailed: true, Accepted: true}, false, false},
		{"quota", ai.Error{Kind: ai.QuotaExhausted}, false, false},
		{"timeout", ai.Error{Kind: ai.Timeout}, false, false},
		{"canceled", ai.Error{Kind: ai.Canceled}, false, false},
		{"blocked", ai.Error{Kind: ai.ContentBlocked}, false, false},
	}
	for _, tt := range tests {
		if tt.err.Repeatable() != tt.free || tt.err.MayRepeatPaid() != tt.paid {
			t.Errorf("%s: repeatable %t, paid %t; want %t, %t", tt.name, tt.err.Repeatable(), tt.err.MayRepeatPaid(), tt.free, tt.paid)
		}
	}
}
