package billing

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"

	"github.com/weav-ai/weav/internal/pay"
)

// loggedGateway logs when the gateway begins or ceases to accept this server's secret, once per change.
// Without the secret no payment is checked, so an operator must act.
type loggedGateway struct {
	pay.Gateway
	log *slog.Logger
	// isLockedOut says that the secret was refused last.
	isLockedOut atomic.Bool
}

// Register implements pay.Gateway.
func (h *loggedGateway) Register(ctx context.Context, o pay.Order) (string, error) {
	reference, err := h.Gateway.Register(ctx, o)
	h.logChange(ctx, err)
	return reference, err
}

// Checkout implements pay.Gateway.
func (h *loggedGateway) Checkout(ctx context.Context, at pay.Ref) (*pay.Checkout, error) { // A gateway may build the checkout without a request, so success proves nothing.
	c, err := h.Gateway.Checkout(ctx, at)
	if err != nil {
		h.logChange(ctx, err)
	}
	return c, err
}

// Payment implements pay.Gateway.
func (h *loggedGateway) Payment(ctx context.Context, at pay.Ref) (*pay.Payment, error) {
	p, err := h.Gateway.Payment(ctx, at)
	h.logChange(ctx, err)
	return p, err
}

// Cancel implements pay.Gateway.
func (h *loggedGateway) Cancel(ctx context.Context, c pay.Cancel) error {
	err := h.Gateway.Cancel(ctx, c)
	h.logChange(ctx, err)
	return err
}

// logChange logs a change. An answer that does not depend on the secret, such as a timeout, changes nothing.
func (h *loggedGateway) logChange(ctx context.Context, err error) {
	switch {
	case errors.Is(err, pay.ErrUnauthorized):
		if !h.isLockedOut.Swap(true) {
			h.log.ErrorContext(ctx, "the gateway does not take this server's secret: payments wait until it is right", "gateway", h.Name(), "error", err)
		}
	case errors.Is(err, pay.ErrUnavailable):
	case h.isLockedOut.Swap(false):
		h.log.InfoContext(ctx, "the gateway takes this server's secret again", "gateway", h.Name())
	}
}
