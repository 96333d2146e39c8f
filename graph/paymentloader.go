package graph

import (
	"github.com/vikstrous/dataloadgen"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/oid"
)

// paymentLoaders gather the reads of payments.
type paymentLoaders struct {
	payments  *dataloadgen.Loader[oid.Payment, *ent.Payment]
	timelines *dataloadgen.Loader[oid.Payment, []*ent.PaymentStep]
}

func newPaymentLoaders(payments *billing.Service, viewer oid.User) paymentLoaders {
	return paymentLoaders{
		payments:  byID(viewer, payments.ByIDs, func(p *ent.Payment) oid.Payment { return p.ID }),
		timelines: grouped(payments.Timelines),
	}
}
