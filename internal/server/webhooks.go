package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/weav-ai/weav/graph/gqlerr"
	"github.com/weav-ai/weav/internal/errs"
)

// maxNotice bounds what a gateway sends.
const maxNotice = 128 << 10

// Payments are the addresses that a payment gateway calls, and the sandbox's page.
type Payments struct {
	// Gateway names the gateway: its webhook is /webhooks/ and this name.
	Gateway string
	// Notice works off a delivery. Nil is the gateway's word that it is done with; UNAVAILABLE, and what nobody
	// foresaw, make the gateway send it again.
	Notice func(ctx context.Context, header http.Header, body []byte) error
	// Pages are those on which the sandbox's payments are paid, by their ids; nil for a gateway with its own.
	Pages http.Handler
	Log   *slog.Logger
}

// mount adds the routes; none without a gateway.
func (p Payments) mount(mux *http.ServeMux) {
	if p.Notice == nil {
		return
	}
	mux.HandleFunc("POST /webhooks/"+p.Gateway, p.webhook)
	if p.Pages != nil {
		mux.Handle("/sandbox/payments/{id}", http.StripPrefix("/sandbox/payments", p.Pages))
	}
}

// noticeWait is how long a delivery may take to arrive.
const noticeWait = 10 * time.Second

// webhook takes a delivery. It answers 2xx only for what is committed, or is nothing to this server.
func (p Payments) webhook(w http.ResponseWriter, r *http.Request) {
	if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(noticeWait)); err != nil {
		p.Log.DebugContext(r.Context(), "a webhook has no read deadline", "error", err)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNotice))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		http.Error(w, "The notice is too large.", http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		http.Error(w, "The notice was cut off.", http.StatusBadRequest)
		return
	}
	if err := p.Notice(r.Context(), r.Header, body); err != nil {
		p.refuse(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (p Payments) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusServiceUnavailable
	switch errs.CodeOf(err) {
	case errs.Forbidden:
		status = http.StatusUnauthorized
	case errs.BadUserInput:
		status = http.StatusBadRequest
	}
	p.Log.WarnContext(r.Context(), "a payment notice was not taken", "requestId", gqlerr.RequestID(r.Context()), "status", status, "error", err)
	http.Error(w, "The notice was not taken.", status)
}
