package chat

import (
	"context"
	"errors"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
)

// TestWhetherAReplyGoesOn is asked between two calls, when whoever asked for the end may have been heard by neither.
func TestWhetherAReplyGoesOn(t *testing.T) {
	t.Parallel()
	quiet, asked := make(chan struct{}), make(chan struct{})
	close(asked)
	gone, leave := context.WithCancel(t.Context())
	leave()
	for name, c := range map[string]struct {
		ctx              context.Context
		stop             chan struct{}
		started, on      bool
		stopped, leaving bool
	}{
		"nobody asked":           {t.Context(), quiet, false, true, false, false},
		"a stop":                 {t.Context(), asked, false, false, true, false},
		"a shutdown":             {gone, quiet, false, false, false, true},
		"something was shown":    {t.Context(), quiet, true, false, false, false},
		"shown, and then a stop": {gone, asked, true, false, false, false},
	} {
		w := &writer{stop: c.stop, started: c.started}
		if on := w.goesOn(c.ctx); on != c.on || w.stopped != c.stopped || w.leaving != c.leaving {
			t.Errorf("%s: goes on %v, stopped %v, leaving %v", name, on, w.stopped, w.leaving)
		}
	}
}

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
