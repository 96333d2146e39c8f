package app

import (
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/server"
)

// paymentWorkers is how many looks at payments run at once; they only wait for the gateway.
const paymentWorkers = 4

// recoveryWorkers is one for a round of the recovery, and one to see that it still lasts.
const recoveryWorkers = 2

// wireBilling makes what sells memberships.
func (a *App) wireBilling(secret []byte) error {
	var err error
	if a.gateways, a.payPages, err = a.openGateways(secret); err != nil {
		return err
	}
	parts := billing.Parts{Store: a.store, Gateway: a.gateways[0], Others: a.gateways[1:], Plans: a.memberships, Log: a.log}
	a.billing = billing.New(parts, billing.Config{})
	return nil
}

// payments are the addresses that the gateways call.
func (a *App) payments() server.Payments {
	p := server.Payments{Notice: a.billing.Notice, Pages: a.payPages, Limit: a.rates.forged, OnForged: a.meter.NoticeForged, Log: a.log}
	for _, g := range a.gateways {
		p.Gateways = append(p.Gateways, g.Name())
	}
	return p
}
