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

// TestMoneyThatDoesNotFitIsLoggedWithItsNameAtTheGateway: an operator must be able to find it there.
func TestMoneyThatDoesNotFitIsLoggedWithItsNameAtTheGateway(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, x *harness) {
		var log bytes.Buffer
		x.serve(slog.New(slog.NewTextHandler(&log, nil)), x.gateway)
		p := x.prepare(catalog.Standard)
		x.setAndNotify(p, func(got *pay.Payment) { got.Total++ })
		x.wantStatus(p, payment.StatusRejected)
		if x.read(p).IsTest {
			t.Error("real money reads as a test")
		}
		test := x.prepare(catalog.Standard)
		x.setAndNotify(test, func(got *pay.Payment) { got.IsTest = true })
		x.wantStatus(test, payment.StatusRejected)
		if !x.read(test).IsTest {
			t.Error("a test reads as real money")
		}
		for _, want := range []string{"level=ERROR", "gateway=fake", "gatewayId=" + p.GatewayID, "transactionId=tx"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log lacks %s: %s", want, log.String())
			}
		}
	})
}
