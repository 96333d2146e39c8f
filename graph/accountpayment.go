package graph

import "github.com/weav-ai/weav/ent"

// AccountPayment is a payment as the administration sees it.
type AccountPayment struct {
	Payment *ent.Payment
}
