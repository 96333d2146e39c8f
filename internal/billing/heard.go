package billing

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"

	"github.com/weav-ai/weav/internal/pay"
)

// heard is a gateway of which the log tells, once per change, whether it takes this server's secret: without it no payment is
// looked at, and somebody must act.
type heard struct {
	pay.Gateway
	log *slog.Logger
	// isLockedOut says that the secret was refused last.
	isLockedOut atomic.Bool
}

// Register implements pay.Gateway.
func (h *heard) Register(ctx context.Context, o pay.Order) (string, error) {
	reference, err := h.Gateway.Register(ctx, o)
	h.note(ctx, err)
	return reference, err
}

// Checkout implements pay.Gateway.
func (h *heard) Checkout(ctx context.Context, at pay.Ref) (*pay.Checkout, error) { // Not every gateway is asked for it.
	c, err := h.Gateway.Checkout(ctx, at)
	if err != nil {
		h.note(ctx, err)
	}
	return c, err
}

// Payment implements pay.Gateway.
func (h *heard) Payment(ctx context.Context, at pay.Ref) (*pay.Payment, error) {
	p, err := h.Gateway.Payment(ctx, at)
	h.note(ctx, err)
	return p, err
}

// Cancel implements pay.Gateway.
func (h *heard) Cancel(ctx context.Context, c pay.Cancel) error {
	err := h.Gateway.Cancel(ctx, c)
	h.note(ctx, err)
	return err
}

// note tells of a change. An answer that says nothing of the secret, such as none at all, changes nothing.
func (h *heard) note(ctx context.Context, err error) {
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
