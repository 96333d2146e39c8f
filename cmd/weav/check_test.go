package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// The variables are those of the process, so these cases run in turn.
func TestCheckFailsWhenSomebodyMustAct(t *testing.T) {
	cases := map[string]struct {
		vars  map[string]string
		args  []string
		shows string
		fails string
	}{
		"nothing set":        {nil, nil, "missing  OPENAI_API_KEY", ""},
		"open to anybody":    {map[string]string{"LISTEN_ADDR": "0.0.0.0:8080"}, nil, "unsafe   AUTH", "1 of "},
		"workers of its own": {nil, []string{"--workers=false"}, "unsafe   DATABASE_URL", "3 of "},
		"no such flag":       {nil, []string{"--worker"}, "", "--help"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Setenv("DATA_DIR", t.TempDir())
			for _, unset := range []string{"OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY", "PROVIDERS", "OPENAI_BASE_URL", "DATABASE_URL", "REDIS_URL", "LISTEN_ADDR"} {
				t.Setenv(unset, c.vars[unset])
			}
			var out bytes.Buffer
			err := check(t.Context(), c.args, &out)
			if (err != nil) != (c.fails != "") || err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Errorf("got %v, want %q", err, c.fails)
			}
			if !strings.Contains(out.String(), c.shows) {
				t.Errorf("it shows no %q:\n%s", c.shows, &out)
			}
			if usage := name == "no such flag"; errors.Is(err, errUsage) != usage {
				t.Errorf("%v is a mistake in the command line: %v", err, !usage)
			}
		})
	}
}
