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

// Notice works off a delivery of a gateway's webhook. Nil means that all it led to is committed, or that it leads to
// nothing here: a payment nobody knows, a kind of notice that is of no payment, a delivery that was worked off before.
// It answers FORBIDDEN for one that is not the gateway's, BAD_USER_INPUT for one that cannot be read, and
// UNAVAILABLE when the gateway should send it again; NOT_FOUND for a gateway that this server does not serve.
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
	if !isLookedUp(n.PaymentID) || !isLookedUp(n.Reference) {
		return nil // No payment of this server has such a name.
	}
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
	_, err = s.settle(ctx, ids[0], look{
		source: paymentstep.SourceWebhook, wait: s.patient, notice: id, dispute: n.Dispute, toldAt: n.At,
	})
	if isUnanswered(err) {
		return errGateway(err)
	}
	return err
}

// isNamed finds the payment that a notice is of.
func isNamed(n *pay.Notice) predicate.Payment {
	if n.PaymentID != "" {
		return payment.GatewayID(n.PaymentID)
	}
	return payment.Or(payment.Reference(n.Reference), payment.TransactionID(n.Reference))
}

// isLookedUp says whether a name that a notice gives, or its absence, may go to the database, whose text columns take neither NUL
// nor bytes that are no UTF-8.
func isLookedUp(name string) bool {
	return utf8.ValidString(name) && !strings.ContainsRune(name, 0)
}

// noticeID is the key of a delivery; one that is longer than any real one, or that no column takes, is kept by its digest.
func noticeID(gateway, id string) string {
	const longest = 200
	if len(id) > longest || !isLookedUp(id) {
		sum := sha256.Sum256([]byte(id))
		id = "sha256:" + hex.EncodeToString(sum[:])
	}
	return gateway + " " + id
}
