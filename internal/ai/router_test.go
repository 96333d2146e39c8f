package ai_test

import (
	"errors"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
)

func TestRouter(t *testing.T) {
	t.Parallel()
	sandbox := &scripted{}
	adapters := map[string]ai.TextStreamer{"sandbox": sandbox, "missing": nil}
	router := ai.NewRouter(adapters)
	adapters["late"] = sandbox

	if got, err := router.Text("sandbox"); err != nil || got != sandbox {
		t.Errorf("Text(sandbox) = %v, %v; want the adapter", got, err)
	}
	for _, provider := range []string{"openai", "", "missing", "late"} {
		_, err := router.Text(provider)
		var e *ai.Error
		if !errors.As(err, &e) || e.Kind != ai.Unsupported || e.Provider != provider {
			t.Errorf("Text(%q) error = %v; want Unsupported of that provider", provider, err)
		}
	}
}
