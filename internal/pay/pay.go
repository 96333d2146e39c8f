// Package pay is the port to payment gateways. A gateway takes the money. What a payment is for and what it
// grants is decided by the domain, which trusts only what a gateway answers to its own query.
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

// Status is the status of a payment at its gateway.
type Status string

// The statuses. A status of a gateway that matches none of them is Unknown, and nothing is concluded from
// such a payment.
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

// Payment is a payment as its gateway reports it now.
type Payment struct {
	// ID is the id under which it was registered.
	ID, TransactionID, StoreID string
	OrderName                  string
	Status                     Status
	// IsTest says that no real money moves.
	IsTest bool
	// Total is what was ordered, Paid what was taken, Cancelled what was refunded, in minor units of
	// Currency.
	Total, Paid, Cancelled int64
	// Discount is the part of Total that the payer did not have to pay, for example by coupons.
	Discount int64
	// IsItemised says that the gateway reports both Paid and Discount. They then add up to Total for a
	// payment that is PAID.
	IsItemised bool
	Currency   string
	// Disputed says that the payer disputes the payment and the dispute is open.
	Disputed bool
	// DisputeUnknown says that the gateway reports no disputes in this status.
	DisputeUnknown bool
	// PaidAt is zero before the payment.
	PaidAt time.Time
	// Customer is the payer that was named when the payment was taken; empty for none.
	Customer string
}

// Ref holds the names of a payment.
type Ref struct {
	// ID is the id under which it was registered.
	ID string
	// Reference is the gateway's own name for the payment, as Register returned it; empty when there is none
	// or it is not known yet.
	Reference string
}

// Order is what a gateway receives before the payment.
type Order struct {
	ID, OrderName, Currency, Customer string
	// Amount is in minor units.
	Amount int64
}

// Checkout is what a browser needs to start a payment.
type Checkout struct {
	Gateway, StoreID, ChannelKey string
	// URL is the page that takes the payment; empty where the gateway's SDK does.
	URL string
}

// Cancel is an order to refund.
type Cancel struct {
	// ID and Reference are those of the payment's Ref.
	ID, Reference, Reason string
	// Amount is in minor units; 0 for all that is left.
	Amount int64
	// Cancellable is the refundable amount that the caller assumes. The gateway refuses when it differs, so
	// that two refunds at once do not add up.
	Cancellable int64
	// Key makes the call safe to repeat. It has 16 to 128 printable ASCII characters.
	Key string
}

// Dispute is a notice's statement about a dispute.
type Dispute string

// The statements about disputes; the empty one makes none.
const (
	DisputeCreated  Dispute = "CREATED"
	DisputeResolved Dispute = "RESOLVED"
)

// Notice reports that something happened to a payment. It is only a reason to query the gateway. Its
// statement about a dispute counts only where the gateway's answers contain none (Payment.DisputeUnknown).
type Notice struct {
	// ID is unique per event and the same for its repetitions.
	ID, Type string
	// PaymentID is the ID under which the payment was registered. A notice without it has a Reference: the
	// gateway's name for the payment, or the id of its transaction. Both are empty for an event without a
	// payment.
	PaymentID, Reference string
	// Dispute says that a dispute of the payment began or ended.
	Dispute Dispute
	// At is the time of the event by the gateway's clock; zero when it is not given. Notices come in any
	// order.
	At time.Time
}

// The errors that callers distinguish.
var (
	// ErrNotFound says that the gateway does not know the payment. Many gateways create it when the payer
	// begins to pay.
	ErrNotFound = errors.New("pay: the gateway knows no such payment")
	// ErrBadSignature says that a notice is not signed by the gateway, or is too old.
	ErrBadSignature = errors.New("pay: the notice is not signed by the gateway")
	// ErrRefused says that the gateway understood the request and refuses it. A repetition does not help.
	ErrRefused = errors.New("pay: the gateway refuses")
	// ErrUnavailable says that the gateway cannot be reached, or that its answer cannot be read. A repetition
	// may help.
	ErrUnavailable = errors.New("pay: the gateway cannot be asked")
	// ErrUnauthorized says that the gateway does not accept this server's secret. It comes together with
	// ErrUnavailable, because payments can be checked again once the secret is corrected.
	ErrUnauthorized = errors.New("pay: the gateway does not take this server's secret")
)

// Gateway takes payments.
//
// Its methods return soon after ctx ends. Their errors wrap one of this package's, and contain neither
// secrets nor texts of users. It is safe for concurrent use, and any number of processes may use one account.
type Gateway interface {
	// Name is stored with each payment, for example "portone".
	Name() string
	// TakesTests reports whether payments without real money count.
	TakesTests() bool
	// StoreID is the shop to which payments must belong; empty where there is none.
	StoreID() string
	// Register fixes the amount of an order before the payment, and returns the gateway's own name for it, at
	// most 255 bytes; empty for a gateway that uses the ID alone. An order that is registered or paid stays
	// unchanged and keeps its name.
	Register(ctx context.Context, o Order) (reference string, err error)
	// Checkout returns what a browser needs to pay; ErrNotFound when the order must be registered first.
	Checkout(ctx context.Context, at Ref) (*Checkout, error)
	// Payment returns the payment as it is now; ErrNotFound before the payer has begun.
	Payment(ctx context.Context, at Ref) (*Payment, error)
	// Cancel refunds. Repeated with the same key it refunds nothing more.
	Cancel(ctx context.Context, c Cancel) error
	// Notice verifies and reads a notice; ErrBadSignature when the gateway did not sign it.
	Notice(header http.Header, body []byte) (*Notice, error)
}

const (
	// idBytes gives an id of 40 digits, which every gateway accepts.
	idBytes = 20
	// maxID is the longest name of a payment, in bytes; also of a gateway's reference.
	maxID = 255
)

// NewID returns a new unique id for a payment. It consists of letters and digits, and is short enough for
// every gateway.
func NewID() string {
	raw := make([]byte, idBytes)
	rand.Read(raw)
	return hex.EncodeToString(raw)
}

// IsID reports whether a string has the form of a payment's id, in the form that all gateways accept. Ids
// from outside are only looked up if they have it.
func IsID(s string) bool {
	odd := func(c rune) bool {
		return (c < 'a' || 'z' < c) && (c < 'A' || 'Z' < c) && (c < '0' || '9' < c) && c != '-' && c != '_'
	}
	return s != "" && len(s) <= maxID && !strings.ContainsFunc(s, odd)
}

// Fault wraps a failure in one of this package's errors; cause may be nil.
func Fault(kind error, what string, cause error) error {
	if cause == nil {
		return fmt.Errorf("%w: %s", kind, what)
	}
	return fmt.Errorf("%w: %s: %w", kind, what, cause)
}
