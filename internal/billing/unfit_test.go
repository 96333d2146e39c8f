package billing_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/pay"
)

// TestMoneyThatDoesNotFitIsLoggedWithItsNameAtTheGateway: somebody must find it there.
func TestMoneyThatDoesNotFitIsLoggedWithItsNameAtTheGateway(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *till) {
		var log bytes.Buffer
		x.serve(slog.New(slog.NewTextHandler(&log, nil)), x.desk)
		p := x.prepare(catalog.Standard)
		x.told(p, func(got *pay.Payment) { got.Total++ })
		x.wantStatus(p, payment.StatusRejected)
		for _, want := range []string{"level=ERROR", "gateway=desk", "gatewayId=" + p.GatewayID, "transactionId=tx"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log lacks %s: %s", want, log.String())
			}
		}
	})
}
