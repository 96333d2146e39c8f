package locale_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/locale"
)

func TestAccept(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		field []string
		want  locale.Language
		named bool
	}{
		"absent":                {nil, "en", false},
		"empty":                 {[]string{""}, "en", false},
		"Korean":                {[]string{"ko"}, "ko", true},
		"Korean of Korea":       {[]string{"ko-KR"}, "ko", true},
		"a browser's":           {[]string{"ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7"}, "ko", true},
		"another browser's":     {[]string{"en-US,en;q=0.9,ko;q=0.8"}, "en", true},
		"by weight, not place":  {[]string{"en;q=0.5, ko;q=0.9"}, "ko", true},
		"British English":       {[]string{"en-GB"}, "en", true},
		"French":                {[]string{"fr"}, "en", true},
		"French, else Korean":   {[]string{"fr, ko;q=0.5"}, "ko", true},
		"Japanese, else Korean": {[]string{"ja-JP,ja;q=0.9,ko;q=0.8"}, "ko", true},
		"anything":              {[]string{"*"}, "en", true},
		"not Korean":            {[]string{"ko;q=0, en"}, "en", true},
		"in capitals":           {[]string{"KO-kr"}, "ko", true},
		"on two lines":          {[]string{"fr", "ko;q=0.5"}, "ko", true},
		"malformed":             {[]string{"ko;;q=what"}, "en", false},
		"no tag":                {[]string{"\x00"}, "en", false},
		"very long":             {[]string{strings.Repeat("a-", 5000)}, "en", false},
		"very many":             {[]string{strings.Repeat("fr,", 5000)}, "en", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, named := locale.Accept(tc.field...); got != tc.want || named != tc.named {
				t.Errorf("got %s %t, want %s %t", got, named, tc.want, tc.named)
			}
		})
	}
}

func FuzzAccept(f *testing.F) {
	f.Add("ko-KR,ko;q=0.9")
	f.Fuzz(func(t *testing.T, field string) {
		if l, _ := locale.Accept(field); l != locale.English && l != locale.Korean {
			t.Errorf("%q gives %q", field, l)
		}
	})
}

func TestParse(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]locale.Language{"ko": "ko", "ko-KR": "ko", "EN": "en", "en-GB": "en"} {
		if got, ok := locale.Parse(tag); got != want || !ok {
			t.Errorf("%s: got %s %t", tag, got, ok)
		}
	}
	for _, tag := range []string{"", "fr", "Korean", "한국어", "k", strings.Repeat("ko-", 1000)} {
		if _, ok := locale.Parse(tag); ok {
			t.Errorf("%q is taken", tag)
		}
	}
}

func TestThePreferenceComesFirst(t *testing.T) {
	t.Parallel()
	prefers := func(l locale.Language, err error) func(context.Context) (locale.Language, error) {
		return func(context.Context) (locale.Language, error) { return l, err }
	}
	bare := t.Context()
	for name, tc := range map[string]struct {
		ctx  context.Context
		want locale.Language
	}{
		"nothing is known":             {bare, "en"},
		"asked for":                    {locale.With(bare, "ko"), "ko"},
		"preferred":                    {locale.WithPreference(bare, prefers("ko", nil)), "ko"},
		"preferred over what is asked": {locale.WithPreference(locale.With(bare, "ko"), prefers("en", nil)), "en"},
		"asked for afterwards":         {locale.With(locale.WithPreference(bare, prefers("en", nil)), "ko"), "en"},
		"the preference is not read":   {locale.WithPreference(locale.With(bare, "ko"), prefers("", errors.New("down"))), "ko"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := locale.From(tc.ctx); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestThePreferenceIsReadOncePerReaderAndOnlyForAText(t *testing.T) {
	t.Parallel()
	reads := 0
	ctx := locale.WithPreference(t.Context(), func(ctx context.Context) (locale.Language, error) {
		reads++
		return locale.Korean, ctx.Err()
	})
	if _, used := locale.Used(ctx); used || reads != 0 {
		t.Fatalf("%d reads before the first text", reads)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel() // The text reports why the request ended.
	for range 3 {
		if got := locale.Render(ended, errs.Textf("Sign in to do this.")); got != "로그인한 뒤 이용해 주세요." {
			t.Errorf("got %q", got)
		}
	}
	if l, used := locale.Used(ctx); !used || l != locale.Korean || reads != 1 {
		t.Errorf("%s, %t, %d reads", l, used, reads)
	}
	locale.From(locale.Fresh(ctx))
	if reads != 2 {
		t.Errorf("%d reads after a fresh one", reads)
	}
}
