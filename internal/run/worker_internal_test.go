package run

import (
	"context"
	"testing"
)

// TestWhetherARunMayCallAgain is asked between two calls, when a request of the end may have been heard by neither.
func TestWhetherARunMayCallAgain(t *testing.T) {
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
		w := &Worker{stop: c.stop, shutdown: c.ctx.Done(), IsMarked: c.started}
		if on := w.MayCallAgain(); on != c.on || w.IsStopped != c.stopped || w.IsLeaving != c.leaving {
			t.Errorf("%s: goes on %v, stopped %v, leaving %v", name, on, w.IsStopped, w.IsLeaving)
		}
	}
}
