package aitest

import (
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/ai"
)

// silence is how long the suite lets a provider be silent before it ends the call.
const silence = 200 * time.Millisecond

// checkError requires an error of kind that names its provider, model and cause. Calls for media show nothing
// before their end.
func checkError(t *testing.T, err *ai.Error, kind ai.Kind, provider string) {
	t.Helper()
	if err.Kind != kind {
		t.Errorf("kind = %s, want %s: %v", err.Kind, kind, err)
	}
	if err.Provider != provider || err.Model == "" {
		t.Errorf("error of %q, model %q; want %q and the model", err.Provider, err.Model, provider)
	}
	if err.Cause == nil {
		t.Error("no cause for the log")
	}
	if err.Shown {
		t.Error("error says Shown, and nothing was")
	}
}

// checkRefusal requires that a refused paid request states whether it was taken: after some kinds the
// provider has not begun, after others it may have.
func checkRefusal(t *testing.T, err *ai.Error) {
	t.Helper()
	switch err.Kind {
	case ai.RateLimited, ai.QuotaExhausted, ai.Overloaded, ai.Auth, ai.RegionBlocked, ai.ModelGone, ai.BadRequest, ai.Unsupported:
		if err.Accepted {
			t.Errorf("a request refused as %s was accepted", err.Kind)
		}
	case ai.Upstream, ai.Timeout, ai.Interrupted, ai.NoOutput:
		if !err.Accepted {
			t.Errorf("a request that ended as %s was surely not accepted", err.Kind)
		}
	}
	if err.MayRepeatPaid() && err.Kind != ai.RateLimited && err.Kind != ai.Overloaded {
		t.Errorf("%s may be repeated", err.Kind)
	}
	if err.Kind == ai.RateLimited && err.RetryAfter <= 0 {
		t.Error("the provider's RetryAfter was lost")
	}
}
