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

// maxNotice bounds what a gateway sends.
const maxNotice = 128 << 10

// Payments are the addresses that payment gateways call, and the sandbox's page.
type Payments struct {
	// Gateways are their names: a gateway's webhook is /webhooks/ and its name.
	Gateways []string
	// Notice works off a delivery of a gateway's. Nil is the gateway's word that it is done with; UNAVAILABLE, and what nobody
	// foresaw, make the gateway send it again.
	Notice func(ctx context.Context, gateway string, header http.Header, body []byte) error
	// Pages are those on which the sandbox's payments are paid, by their ids; nil for a gateway with its own.
	Pages http.Handler
	// Forged hears of each delivery that the gateway did not sign, for metrics. Limit counts it for its address, and refuses one too
	// many; what is signed is never refused.
	Forged func(gateway string)
	Limit  func(ctx context.Context) error
	Log    *slog.Logger
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

// webhook takes a gateway's deliveries. It answers 2xx only for what is committed, or is nothing to this server.
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

// forged answers what anybody may send any number of times, so the log has it at debug alone.
func (p Payments) forged(w http.ResponseWriter, r *http.Request, gateway string) {
	p.Forged(gateway)
	p.Log.DebugContext(r.Context(), "a payment notice is not signed by its gateway", "requestId", gqlerr.RequestID(r.Context()), "gateway", gateway)
	if err := p.Limit(r.Context()); err != nil {
		tooMany(w, r, err)
		return
	}
	refuse(w, r, http.StatusUnauthorized, "The notice was not taken.")
}
