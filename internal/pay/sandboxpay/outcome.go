package sandboxpay

import (
	"time"

	"github.com/weav-ai/weav/internal/pay"
)

// Outcome is something that whoever pays can say happened.
type Outcome struct {
	// Name is what the page is told, Label what it shows.
	Name, Label string
	// fits says whether it can happen to a payment as it is; it may have happened already.
	fits func(p pay.Payment) bool
	do   func(p *pay.Payment)
}

// Outcomes are what can happen, in the page's order.
var Outcomes = []Outcome{
	{"paid", "Pay", isPayable, func(p *pay.Payment) { take(p, p.Total) }},
	{"pending", "Leave it pending", isOpen, func(p *pay.Payment) { p.Status = pay.Pending }},
	{"virtual_account", "Have a virtual account issued", isOpen, func(p *pay.Payment) { p.Status = pay.VirtualAccountIssued }},
	{"failed", "Fail", isOpen, func(p *pay.Payment) { p.Status = pay.Failed }},
	{"wrong_amount", "Pay another amount", isPayable, func(p *pay.Payment) { take(p, p.Total+1) }},
	{"wrong_currency", "Pay in another currency", isPayable, func(p *pay.Payment) { pretend(p, func() { p.Currency = "XTS" }) }},
	{"wrong_order", "Pay for another order", isPayable, func(p *pay.Payment) { pretend(p, func() { p.OrderName = "Another order" }) }},
	{"wrong_payer", "Pay in another person's name", isPayable, func(p *pay.Payment) { pretend(p, func() { p.Customer = "another person" }) }},
	{"partial", "Cancel half of it", isHeld, func(p *pay.Payment) { giveBack(p, (p.Paid-p.Cancelled+1)/2) }},
	{"cancelled", "Cancel all of it", isReturnable, func(p *pay.Payment) { giveBack(p, p.Paid-p.Cancelled) }},
	{"disputed", "Dispute it", isHeld, func(p *pay.Payment) { p.Disputed = true }},
	{"resolved", "Resolve the dispute", isHeld, func(p *pay.Payment) { p.Disputed = false }},
}

// isOpen says whether a payment may still be paid.
func isOpen(p pay.Payment) bool {
	switch p.Status {
	case pay.Ready, pay.Pending, pay.VirtualAccountIssued, pay.Failed:
		return true
	default:
		return false
	}
}

// isHeld says whether some of the money is here.
func isHeld(p pay.Payment) bool { return p.Status == pay.Paid || p.Status == pay.PartialCancelled }

func isPayable(p pay.Payment) bool { return isOpen(p) || p.Status == pay.Paid }

func isReturnable(p pay.Payment) bool { return isHeld(p) || p.Status == pay.Cancelled }

// take takes an amount, once.
func take(p *pay.Payment, amount int64) {
	if !isOpen(*p) {
		return
	}
	p.Status, p.TransactionID, p.Total, p.Paid, p.PaidAt = pay.Paid, "sandbox"+pay.NewID(), amount, amount, time.Now().UTC()
}

// pretend pays what is no more the order that was made.
func pretend(p *pay.Payment, change func()) {
	if isOpen(*p) {
		change()
		take(p, p.Total)
	}
}

// giveBack cancels a part of what was paid.
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

// possible are the outcomes that would change a payment as it is.
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
