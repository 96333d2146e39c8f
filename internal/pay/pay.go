// Package pay is the port to whoever takes payments. A gateway takes the money; what it is for, what it grants and
// what is true of it is the domain's business, which asks the gateway and believes nobody else.
package pay

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Status is where a payment stands at its gateway.
type Status string

// The statuses. A gateway's own words that none of them fits are Unknown, and then nothing is believed of the payment.
const (
	Ready                Status = "READY"
	Pending              Status = "PENDING"
	VirtualAccountIssued Status = "VIRTUAL_ACCOUNT_ISSUED"
	Paid                 Status = "PAID"
	PartialCancelled     Status = "PARTIAL_CANCELLED"
	Cancelled            Status = "CANCELLED"
	Failed               Status = "FAILED"
	Unknown              Status = "UNKNOWN"
)

// Payment is a payment as its gateway has it now.
type Payment struct {
	// ID is the one it was registered under.
	ID, TransactionID, StoreID string
	OrderName                  string
	Status                     Status
	// IsTest says that no real money moves.
	IsTest bool
	// Total is what was ordered, Paid what was taken, Cancelled what was given back, in minor units of Currency.
	Total, Paid, Cancelled int64
	// Discount is the part of Total that the payer did not have to pay, as by coupons and points.
	Discount int64
	// IsItemised says that the gateway tells both Paid and Discount, which then make up the Total of a payment that is PAID.
	IsItemised bool
	Currency   string
	// Disputed says that the payer disputes it and that this is not resolved.
	Disputed bool
	// DisputeUnknown says that the gateway does not tell of disputes in this state.
	DisputeUnknown bool
	// PaidAt is zero before it was paid.
	PaidAt time.Time
	// Customer is who was named as the payer when it was taken; empty when nobody was.
	Customer string
}

// Ref is what a payment is known by.
type Ref struct {
	// ID is the one it was registered under.
	ID string
	// Reference is the gateway's own name for it, as Register answered; empty when it has none, or none is known yet.
	Reference string
}

// Order is what a gateway is told before somebody pays.
type Order struct {
	ID, OrderName, Currency, Customer string
	// Amount is in minor units.
	Amount int64
}

// Checkout is what a browser needs to take a payment.
type Checkout struct {
	Gateway, StoreID, ChannelKey string
	// URL is a page that takes it; empty where the gateway's SDK does.
	URL string
}

// Cancel is an order to give money back.
type Cancel struct {
	// ID and Reference are those of the payment's Ref.
	ID, Reference, Reason string
	// Amount is in minor units; zero for all that is left.
	Amount int64
	// Cancellable is what may still be given back as the caller knows it; the gateway refuses another state of things.
	Cancellable int64
	// Key makes the call safe to repeat: 16 to 128 printable ASCII characters.
	Key string
}

// Dispute is what a notice says of one.
type Dispute string

// The words on disputes; the empty one says nothing.
const (
	DisputeCreated  Dispute = "CREATED"
	DisputeResolved Dispute = "RESOLVED"
)

// Notice is a gateway's word that something happened. It carries no facts: those are asked for. Only where the gateway does not
// tell of disputes when it is asked (Payment.DisputeUnknown) does its word on one count.
type Notice struct {
	// ID is unique per thing that happened, the same for its repetitions.
	ID, Type string
	// PaymentID is the ID a payment was registered under. Where the notice does not hold it, Reference is the gateway's own name for
	// the payment, or the id of its transaction. Both are empty for what is of no payment.
	PaymentID, Reference string
	// Dispute says that the payer's dispute began or ended.
	Dispute Dispute
	// At is when it happened, by the gateway's clock; zero when nobody says. Notices come in any order.
	At time.Time
}

// The failures that callers tell apart.
var (
	// ErrNotFound says that the gateway knows no such payment: nobody has begun to pay.
	ErrNotFound = errors.New("pay: the gateway knows no such payment")
	// ErrBadSignature says that a notice is not the gateway's, or too old.
	ErrBadSignature = errors.New("pay: the notice is not signed by the gateway")
	// ErrRefused says that the gateway understood and will not do it.
	ErrRefused = errors.New("pay: the gateway refuses")
	// ErrUnavailable says that the gateway cannot be asked now, or that its answer makes no sense.
	ErrUnavailable = errors.New("pay: the gateway cannot be asked")
	// ErrUnauthorized says that the gateway does not take this server's secret. It comes beside ErrUnavailable: the payments can be
	// looked at once the secret is right.
	ErrUnauthorized = errors.New("pay: the gateway does not take this server's secret")
)

// Gateway takes payments.
//
// Its methods return soon after ctx ends. Their errors wrap one of this package's, and hold neither secrets nor what
// people wrote. It is safe for concurrent use, and any number of processes may use one account.
type Gateway interface {
	// Name is kept with each payment, such as "portone".
	Name() string
	// TakesTests says whether payments that move no real money count.
	TakesTests() bool
	// StoreID is the shop that payments must be of; empty where there is none.
	StoreID() string
	// Register fixes an order's amount before somebody pays, and answers the gateway's own name for it, of at most 255 bytes;
	// empty for a gateway that goes by the ID alone. One that is registered, or paid, is left as it is and has the same name.
	Register(ctx context.Context, o Order) (reference string, err error)
	// Checkout is what a browser needs to take a payment; ErrNotFound when it must be registered first.
	Checkout(ctx context.Context, at Ref) (*Checkout, error)
	// Payment is a payment as it stands; ErrNotFound when nobody has begun to pay.
	Payment(ctx context.Context, at Ref) (*Payment, error)
	// Cancel gives money back. Called again with the same key it does nothing more.
	Cancel(ctx context.Context, c Cancel) error
	// Notice verifies a notice and reads it; ErrBadSignature when it is not the gateway's.
	Notice(header http.Header, body []byte) (*Notice, error)
}

const (
	// idBytes make an id of 40 digits, which fits every gateway.
	idBytes = 20
	// maxID is the longest name of a payment, in bytes; a gateway's own reference is no longer.
	maxID = 255
)

// NewID returns a name for a payment: letters and digits alone, no longer than any gateway allows, and never given twice.
func NewID() string {
	raw := make([]byte, idBytes)
	rand.Read(raw)
	return hex.EncodeToString(raw)
}

// IsID says whether a text may be the name of a payment, by the form that all gateways take: what a stranger names is looked up
// only then.
func IsID(s string) bool {
	odd := func(c rune) bool {
		return (c < 'a' || 'z' < c) && (c < 'A' || 'Z' < c) && (c < '0' || '9' < c) && c != '-' && c != '_'
	}
	return s != "" && len(s) <= maxID && !strings.ContainsFunc(s, odd)
}

// Fault wraps a failure with what the caller can tell of it; cause may be nil.
func Fault(kind error, what string, cause error) error {
	if cause == nil {
		return fmt.Errorf("%w: %s", kind, what)
	}
	return fmt.Errorf("%w: %s: %w", kind, what, cause)
}
