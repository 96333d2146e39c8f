package chat

import (
	"errors"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
)

func TestMayFallBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"the provider's fault":    {&ai.Error{Kind: ai.Overloaded}, true},
		"wrapped":                 {errors.Join(&ai.Error{Kind: ai.ModelGone}, errors.New("x")), true},
		"after something shown":   {&ai.Error{Kind: ai.Interrupted, Shown: true}, false},
		"the request's":           {&ai.Error{Kind: ai.ContentBlocked}, false},
		"a conversation too long": {&ai.Error{Kind: ai.ContextLength}, false},
		"a stop":                  {&ai.Error{Kind: ai.Canceled}, false},
		"the database's":          {errors.New("x"), false},
		"none":                    {nil, false},
	} {
		if got := mayFallBack(c.err); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
