package graph

import (
	"cmp"

	"github.com/weav-ai/weav/ent"
)

// AccountPayment is a payment as the administration sees it.
type AccountPayment struct {
	Payment *ent.Payment
}

// Gateway is the gateway that takes the payment.
func (p *AccountPayment) Gateway() string { return p.Payment.Gateway }

// GatewayID is the gateway's id of the payment.
func (p *AccountPayment) GatewayID() string { return cmp.Or(p.Payment.Reference, p.Payment.GatewayID) }

// TransactionID is the gateway's id of the transaction; nil before there was one.
func (p *AccountPayment) TransactionID() *string {
	if p.Payment.TransactionID == "" {
		return nil
	}
	return &p.Payment.TransactionID
}
