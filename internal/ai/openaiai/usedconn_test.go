package openaiai_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/openaiai"
	"github.com/weav-ai/weav/internal/httponce/httponcetest"
)

// usedConnRounds are how often each case runs, each with connections of its own.
const usedConnRounds = 4

// TestPaidCallsOverUsedConnections breaks a connection that answered before, at each moment of a paid call. The call is
// sent once and counts as taken, except where the server was surely not reached.
func TestPaidCallsOverUsedConnections(t *testing.T) {
	t.Parallel()
	calls := map[string]func(context.Context, *testing.T, *openaiai.Provider) error{
		"text": func(_ context.Context, t *testing.T, p *openaiai.Provider) error {
			req := textRequest(secretPrompt)
			req.JobKey = "job-1"
			h := receive(t, p, req)
			if h.err == nil {
				return nil
			}
			return h.err
		},
	}
	for name, call := range paid {
		calls[name] = func(ctx context.Context, t *testing.T, p *openaiai.Provider) error { return call(ctx, t, p) }
	}
	before := map[string]struct {
		status int
		body   string
	}{
		"a good call": {http.StatusOK, `{"object":"list","data":[]}`},
		"a 404":       {http.StatusNotFound, `{"error":{"code":"model_not_found","message":"no such model"}}`},
	}
	for _, moment := range httponcetest.Moments {
		for used, first := range before {
			for what, call := range calls {
				for _, form := range []openaiai.Form{openaiai.FormResponses, openaiai.FormChat} {
					t.Run(fmt.Sprintf("%s %s behind %s %s", what, form, used, moment), func(t *testing.T) {
						t.Parallel()
						for range usedConnRounds {
							s := httponcetest.New(t, moment, first.status, first.body)
							p := newProvider(t, s.URL, form)
							_, _ = p.ListModels(t.Context()) // It is there for its connection.
							var e *ai.Error
							if err := call(t.Context(), t, p); !errors.As(err, &e) || !e.Accepted || e.MayRepeatPaid() {
								t.Errorf("got %+v", err)
							}
							s.Check(t, 2)
						}
					})
				}
			}
		}
	}
}
