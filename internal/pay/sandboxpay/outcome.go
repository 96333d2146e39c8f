package sandboxpay

import (
	"time"

	"github.com/weav-ai/weav/internal/pay"
)

// Outcome is something that the user of the page can let happen to a payment.
type Outcome struct {
	// Name is the value in requests. Label is the text on the page.
	Name, Label string
	// fits reports whether it can happen to a payment in its state; it may have happened already.
	fits func(p pay.Payment) bool
	do   func(p *pay.Payment)
}

// Outcomes are all outcomes, in the order of the page.
var Outcomes = []Outcome{
	{"paid", "Pay", isPayable, func(p *pay.Payment) { take(p, p.Total) }},
	{"pending", "Leave it pending", isOpen, func(p *pay.Payment) { p.Status = pay.Pending }},
	{"virtual_account", "Have a virtual account issued", isOpen, func(p *pay.Payment) { p.Status = pay.VirtualAccountIssued }},
	{"failed", "Fail", isOpen, func(p *pay.Payment) { p.Status = pay.Failed }},
	{"wrong_amount", "Pay another amount", isPayable, func(p *pay.Payment) { take(p, p.Total+1) }},
	{"wrong_currency", "Pay in another currency", isPayable, func(p *pay.Payment) { takeWrongly(p, func() { p.Currency = "XTS" }) }},
	{"wrong_order", "Pay for another order", isPayable, func(p *pay.Payment) { takeWrongly(p, func() { p.OrderName = "Another order" }) }},
	{"wrong_payer", "Pay in another person's name", isPayable, func(p *pay.Payment) { takeWrongly(p, func() { p.Customer = "another person" }) }},
	{"partial", "Cancel half of it", isHeld, func(p *pay.Payment) { giveBack(p, (p.Paid-p.Cancelled+1)/2) }},
	{"cancelled", "Cancel all of it", isReturnable, func(p *pay.Payment) { giveBack(p, p.Paid-p.Cancelled) }},
	{"disputed", "Dispute it", isHeld, func(p *pay.Payment) { p.Disputed = true }},
	{"resolved", "Resolve the dispute", isHeld, func(p *pay.Payment) { p.Disputed = false }},
}

// isOpen reports whether a payment can still be paid.
func isOpen(p pay.Payment) bool {
	switch p.Status {
	case pay.Ready, pay.Pending, pay.VirtualAccountIssued, pay.Failed:
		return true
	default:
		return false
	}
}

// isHeld reports whether some of the money has not been refunded.
func isHeld(p pay.Payment) bool { return p.Status == pay.Paid || p.Status == pay.PartialCancelled }

// A repeated payment is accepted and changes nothing, as at a real gateway.
func isPayable(p pay.Payment) bool { return isOpen(p) || p.Status == pay.Paid }

// isReturnable also accepts a payment that is fully refunded, for a repetition.
func isReturnable(p pay.Payment) bool { return isHeld(p) || p.Status == pay.Cancelled }

// take pays an amount, once.
func take(p *pay.Payment, amount int64) {
	if !isOpen(*p) {
		return
	}
	p.Status, p.TransactionID, p.Total, p.Paid, p.PaidAt = pay.Paid, "sandbox"+pay.NewID(), amount, amount, time.Now().UTC()
}

// takeWrongly pays an order after a change that makes it differ from the registered one.
func takeWrongly(p *pay.Payment, change func()) {
	if isOpen(*p) {
		change()
		take(p, p.Total)
	}
}

// giveBack refunds a part of what was paid.
func giveBack(p *pay.Payment, amount int64) {
	p.Cancelled += amount
	if p.Status = pay.PartialCancelled; p.Cancelled == p.Paid {
		p.Status = pay.Cancelled
	}
}

// find returns the outcome of a name.
func find(name string) (Outcome, bool) {
	for _, o := range Outcomes {
		if o.Name == name {
			return o, true
		}
	}
	return Outcome{}, false
}

// possible returns the outcomes that would change a payment in its present state.
func possible(p pay.Payment) []Outcome {
	var out []Outcome
	for _, o := range Outcomes {
		after := p
		o.do(&after)
		if o.fits(p) && after != p {
			out = append(out, o)
		}
	}
	return out
}
