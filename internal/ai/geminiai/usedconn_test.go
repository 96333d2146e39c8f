package geminiai_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/geminiai"
	"github.com/weav-ai/weav/internal/httponce/httponcetest"
)

// usedConnRounds are how often each case runs, each with connections of its own.
const usedConnRounds = 4

// TestPaidCallsOverUsedConnections breaks a connection that answered before, at each moment of a paid call. The call is
// sent once and counts as taken.
func TestPaidCallsOverUsedConnections(t *testing.T) {
	t.Parallel()
	calls := map[string]func(context.Context, *testing.T, *geminiai.Provider) *ai.Error{
		"text": func(ctx context.Context, t *testing.T, p *geminiai.Provider) *ai.Error {
			return receive(ctx, t, p, textRequest(secretPrompt)).err
		},
		"image": func(ctx context.Context, t *testing.T, p *geminiai.Provider) *ai.Error {
			_, err := draw(ctx, t, p, imageRequest(secretPrompt))
			return err
		},
		"video": func(ctx context.Context, t *testing.T, p *geminiai.Provider) *ai.Error {
			_, err := p.StartVideo(ctx, videoRequest(secretPrompt))
			return asError(t, err)
		},
	}
	before := map[string]struct {
		status int
		body   string
	}{
		"a good call": {http.StatusOK, `{"models":[]}`},
		"a 404":       {http.StatusNotFound, `{"error":{"code":404,"status":"NOT_FOUND","message":"no such model"}}`},
	}
	for _, moment := range httponcetest.Moments {
		for used, first := range before {
			for what, call := range calls {
				t.Run(fmt.Sprintf("%s behind %s %s", what, used, moment), func(t *testing.T) {
					t.Parallel()
					for range usedConnRounds {
						s := httponcetest.New(t, moment, first.status, first.body)
						p := newProvider(t, s.URL)
						_, _ = p.ListModels(t.Context()) // It is there for its connection.
						if e := call(t.Context(), t, p); e == nil || !e.Accepted || e.MayRepeatPaid() {
							t.Errorf("got %+v", e)
						}
						s.Check(t, 2)
					}
				})
			}
		}
	}
}
