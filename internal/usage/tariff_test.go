package usage_test

import (
	"errors"
	"testing"

	entusage "github.com/weav-ai/weav/ent/usage"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/usage"
)

func TestATextThatWasCutShortUsedWhatWasProduced(t *testing.T) {
	t.Parallel()
	req := ai.TextRequest{Instruction: "be kind", Turns: []ai.Turn{{Text: "four words of text"}}}
	input := usage.Estimate("be kind") + usage.Estimate("four words of text")
	estimated := func(in, out int64) usage.Tokens {
		return usage.Tokens{Input: in, Output: out, Source: entusage.SourceEstimated}
	}
	reported := ai.Usage{Known: true, Input: 9, Output: 3, CachedInput: 1}
	for name, c := range map[string]struct {
		err   error
		shown string
		want  usage.Tokens
	}{
		"reported":               {&ai.Error{Accepted: true, Usage: reported}, "some", usage.Tokens{Input: 9, Output: 3, Cached: 1, Source: entusage.SourceProvider}},
		"reported within others": {errors.Join(errors.New("x"), &ai.Error{Usage: reported}), "", usage.Tokens{Input: 9, Output: 3, Cached: 1, Source: entusage.SourceProvider}},
		"not reported":           {&ai.Error{Accepted: true, Shown: true}, "some", estimated(input, 1)},
		"taken, nothing shown":   {&ai.Error{Accepted: true}, "", estimated(input, 0)},
		"refused":                {&ai.Error{Kind: ai.RateLimited}, "", usage.NoTokens()},
		"never asked":            {errors.New("the database is away"), "", usage.NoTokens()},
		"no error, but a text":   {nil, "some", estimated(input, 1)},
		"no error, and no text":  {nil, "", usage.NoTokens()},
	} {
		if got := usage.Cut(c.err, req, c.shown); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestRefusedAndEmptyTextsAreNotCharged(t *testing.T) {
	t.Parallel()
	for finish, want := range map[ai.Finish]bool{
		ai.FinishStop: true, ai.FinishLength: true, ai.FinishOther: true, ai.FinishRefusal: false, ai.FinishContentFilter: false,
	} {
		if usage.IsOfUse(finish, "some") != want || usage.IsOfUse(finish, "") || usage.IsRefused(finish) == want {
			t.Errorf("%s: of use %t", finish, !want)
		}
	}
}
