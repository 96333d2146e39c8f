package admin_test

import (
	"testing"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/admin"
	"github.com/weav-ai/weav/internal/locale"
)

// TestDetailsOfTheAuditLog in Korean where their text is stored, and in English where it is not.
func TestDetailsOfTheAuditLog(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		facts map[string]string
		want  string
	}{
		"nothing":              {nil, ""},
		"of before":            {map[string]string{"detail": "10 days of STANDARD."}, "10 days of STANDARD."},
		"with its text":        {map[string]string{"detail": "10 days of STANDARD.", "text": `{"text":"%d days of %s.","args":[{"number":10},{"words":"STANDARD"}]}`}, "스탠다드 멤버십 10일."},
		"what a page was sent": {map[string]string{"detail": "ids=1", "text": `{"text":"%s","args":[{"words":"ids=1"}]}`}, "ids=1"},
		"a text that is none":  {map[string]string{"detail": "as it was", "text": `{`}, "as it was"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := locale.In(locale.Korean, admin.DetailText(&ent.AuditEntry{Facts: tc.facts})); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
