package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestTheDemoShowsAMembershipAndEveryRefusal runs the whole demo, which fails by itself where a result
// differs.
func TestTheDemoShowsAMembershipAndEveryRefusal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := demo(t.Context(), []string{"--membership"}, &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{
		"UNAUTHENTICATED", "FORBIDDEN", "MEMBERSHIP_REQUIRED", "TOO_MANY_JOBS", "QUOTA_EXCEEDED", "RATE_LIMITED",
		`planNeeded "STANDARD"`, `scopeNeeded "JOBS"`, "retryAfterMs", "GRANTED", "a member of STANDARD until", "so is the image that the quota refused",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not show %q:\n%s", want, out.String())
		}
	}
}
