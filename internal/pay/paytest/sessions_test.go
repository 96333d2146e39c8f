package paytest_test

import (
	"testing"

	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/pay/paytest"
)

// TestAGatewayWithReferencesFitsThePort runs the contract for a gateway with names of its own.
func TestAGatewayWithReferencesFitsThePort(t *testing.T) {
	t.Parallel()
	paytest.Run(t, func(*testing.T) paytest.Harness {
		s := paytest.NewSessions()
		return paytest.Harness{
			Gateway: s, Secret: s.WebhookSecret,
			Happens: func(tb testing.TB, o pay.Order, what paytest.Outcome) { s.Happens(tb, o.ID, what) },
			Body:    func(_ testing.TB, id string) []byte { return s.Body(id, false) },
		}
	})
}
