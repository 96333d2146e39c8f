package app

import (
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/server"
)

// paymentWorkers is how many looks at payments run at once; they only wait for the gateway.
const paymentWorkers = 4

// wireBilling makes what sells memberships.
func (a *App) wireBilling(secret []byte) error {
	var err error
	if a.gateway, a.payPages, err = a.openGateway(secret); err != nil {
		return err
	}
	a.billing = billing.New(billing.Parts{Store: a.store, Gateway: a.gateway, Plans: a.memberships, Log: a.log}, billing.Config{})
	return nil
}

// payments are the addresses that the gateway calls.
func (a *App) payments() server.Payments {
	return server.Payments{Gateway: a.gateway.Name(), Notice: a.billing.Notice, Pages: a.payPages, Log: a.log}
}
