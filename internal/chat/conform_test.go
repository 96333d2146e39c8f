package chat_test

import (
	"testing"

	"github.com/weav-ai/weav/internal/run/runtest"
)

func TestRepliesKeepTheProtocolOfRuns(t *testing.T) {
	t.Parallel()
	runtest.Conform(t, runtest.Replies)
}
