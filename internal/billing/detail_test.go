package billing_test

import (
	"encoding/json"
	"testing"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/locale"
)

// TestDetailsOfTheTimelineInBothLanguages, also of steps that were written when only English was stored.
func TestDetailsOfTheTimelineInBothLanguages(t *testing.T) {
	t.Parallel()
	kept := func(text errs.Text) *ent.PaymentStep {
		raw, err := json.Marshal(text)
		must(t, err)
		return &ent.PaymentStep{Detail: text.String(), DetailText: raw}
	}
	for name, tc := range map[string]struct {
		step            *ent.PaymentStep
		english, korean string
	}{
		"nothing":                  {&ent.PaymentStep{}, "", ""},
		"of before, a sentence":    {&ent.PaymentStep{Detail: "It was paid in another shop."}, "It was paid in another shop.", "다른 상점에서 결제되었습니다."},
		"of before, with a number": {&ent.PaymentStep{Detail: "30 days of STANDARD."}, "30 days of STANDARD.", "30 days of STANDARD."},
		"a sentence":               {kept(errs.Textf("It was paid in another shop.")), "It was paid in another shop.", "다른 상점에서 결제되었습니다."},
		"with a number":            {kept(errs.Textf("%s of %s.", errs.Textf("%d days", int64(30)), "STANDARD")), "30 days of STANDARD.", "스탠다드 멤버십 30일."},
		"one day":                  {kept(errs.Textf("%s of %s.", errs.Textf("%d days", int64(1)), "PREMIUM")), "1 day of PREMIUM.", "프리미엄 멤버십 1일."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := locale.In(locale.English, billing.Detail(tc.step)); got != tc.english {
				t.Errorf("English %q, want %q", got, tc.english)
			}
			if got := locale.In(locale.Korean, billing.Detail(tc.step)); got != tc.korean {
				t.Errorf("Korean %q, want %q", got, tc.korean)
			}
		})
	}
}
