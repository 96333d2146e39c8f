package billing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/ent/paymentnotice"
	"github.com/weav-ai/weav/ent/paymentstep"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/pay"
)

// Notice handles a delivery of a gateway's webhook. Nil means that everything it caused is committed, or that
// it causes nothing here: an unknown payment, a kind of notice without a payment, or a delivery that was
// handled before.
//
// It answers FORBIDDEN for a delivery that the gateway did not sign, BAD_USER_INPUT for one that cannot be
// read, UNAVAILABLE when the gateway should repeat it, and NOT_FOUND for a gateway that this server does not
// serve.
func (s *Service) Notice(ctx context.Context, gateway string, header http.Header, body []byte) error {
	g, ok := s.gateways[gateway]
	if !ok {
		return errs.New(errs.NotFound, "This server has no gateway of that name.")
	}
	n, err := g.Notice(header, body)
	if errors.Is(err, pay.ErrBadSignature) {
		return errs.Wrap(err, errs.Forbidden, "This notice is not signed by the gateway.")
	}
	if err != nil {
		return errs.Wrap(err, errs.BadUserInput, "This notice cannot be read.")
	}
	if n.PaymentID == "" && n.Reference == "" {
		return nil
	}
	if !isQueryable(n.PaymentID) || !isQueryable(n.Reference) {
		return nil // No payment of this server has such a name.
	}
	// Repeated deliveries are common, so they are answered here without a request to the gateway. The unique
	// key in the transaction remains the guarantee.
	id := noticeID(gateway, n.ID)
	known, err := s.store.Client().PaymentNotice.Query().Where(paymentnotice.ID(id)).Exist(ctx)
	if err != nil || known {
		return wrap("notice", err)
	}
	ids, err := s.store.Client().Payment.Query().Where(payment.Gateway(gateway), isNamed(n)).IDs(ctx)
	if err != nil {
		return wrap("notice", err)
	}
	if len(ids) == 0 {
		s.log.InfoContext(ctx, "a notice of a payment that is not of this server was ignored", "type", n.Type)
		return nil
	}
	_, err = s.settle(ctx, ids[0], check{
		source: paymentstep.SourceWebhook, wait: s.checkWait, notice: id, dispute: n.Dispute, occurredAt: n.At,
	})
	if isUnanswered(err) {
		return errGateway(err)
	}
	return err
}

// isNamed matches the payment that a notice is about.
func isNamed(n *pay.Notice) predicate.Payment {
	if n.PaymentID != "" {
		return payment.GatewayID(n.PaymentID)
	}
	return payment.Or(payment.Reference(n.Reference), payment.TransactionID(n.Reference))
}

// isQueryable reports whether a name from a notice may be used in a query. The text columns of Postgres
// accept neither NUL nor invalid UTF-8, and would fail the request.
func isQueryable(name string) bool {
	return utf8.ValidString(name) && !strings.ContainsRune(name, 0)
}

// noticeID is the key of a delivery. An id that is too long for the column, or invalid in it, is replaced by
// its digest.
func noticeID(gateway, id string) string {
	const longest = 200
	if len(id) > longest || !isQueryable(id) {
		sum := sha256.Sum256([]byte(id))
		id = "sha256:" + hex.EncodeToString(sum[:])
	}
	return gateway + " " + id
}
