package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"github.com/weav-ai/weav/graph/gqlerr"
	"github.com/weav-ai/weav/internal/errs"
)

// maxNotice bounds the body of a notice.
const maxNotice = 128 << 10

// Payments are the addresses that payment gateways call, and the sandbox's page.
type Payments struct {
	// Gateways are the names of the gateways: the webhook of one is /webhooks/ followed by its name.
	Gateways []string
	// Notice handles a delivery of a gateway. With nil the gateway considers it done; UNAVAILABLE and unknown
	// errors make the gateway send it again.
	Notice func(ctx context.Context, gateway string, header http.Header, body []byte) error
	// Pages are the payment pages of the sandbox, by payment id; nil for a gateway that has its own.
	Pages http.Handler
	// OnForged is called for each delivery that the gateway did not sign, for metrics. Limit counts such a
	// delivery for its address and fails when there are too many. Signed deliveries are never limited.
	OnForged func(gateway string)
	Limit    func(ctx context.Context) error
	Log      *slog.Logger
}

// mount adds the routes; none without a gateway.
func (p Payments) mount(mux *http.ServeMux) {
	for _, gateway := range p.Gateways {
		mux.HandleFunc("POST /webhooks/"+gateway, p.webhook(gateway))
	}
	if p.Pages != nil {
		mux.Handle("/sandbox/payments/{id}", http.StripPrefix("/sandbox/payments", p.Pages))
	}
}

// webhook handles a gateway's deliveries. It answers 2xx only when the notice is committed or does not
// concern this server: a gateway repeats everything else.
func (p Payments) webhook(gateway string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, ok := p.body(w, r)
		if !ok {
			return
		}
		if err := p.Notice(r.Context(), gateway, r.Header, body); err != nil {
			p.refuse(w, r, gateway, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// body reads a delivery; false when it has been refused.
func (Payments) body(w http.ResponseWriter, r *http.Request) (body []byte, ok bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNotice))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		refuse(w, r, http.StatusRequestEntityTooLarge, "The notice is too large.")
		return nil, false
	}
	if lateBody(w, r, err) {
		return nil, false
	}
	if err != nil {
		refuse(w, r, http.StatusBadRequest, "The notice was cut off.")
		return nil, false
	}
	return body, true
}

// refuse answers a delivery that was not taken, so that the gateway sends it again.
func (p Payments) refuse(w http.ResponseWriter, r *http.Request, gateway string, err error) {
	if errs.CodeOf(err) == errs.Forbidden {
		p.forged(w, r, gateway)
		return
	}
	status := http.StatusServiceUnavailable
	if errs.CodeOf(err) == errs.BadUserInput {
		status = http.StatusBadRequest
	}
	p.Log.WarnContext(r.Context(), "a payment notice was not taken", "requestId", gqlerr.RequestID(r.Context()), "status", status, "error", err)
	refuse(w, r, status, "The notice was not taken.")
}

// forged answers an unsigned delivery. It is logged at debug level only, because anyone can send any number
// of them.
func (p Payments) forged(w http.ResponseWriter, r *http.Request, gateway string) {
	p.OnForged(gateway)
	p.Log.DebugContext(r.Context(), "a payment notice is not signed by its gateway", "requestId", gqlerr.RequestID(r.Context()), "gateway", gateway)
	if err := p.Limit(r.Context()); err != nil {
		tooMany(w, r, err)
		return
	}
	refuse(w, r, http.StatusUnauthorized, "The notice was not taken.")
}
