package portonepay

import (
	"context"
	"errors"
	"net/http"

	"github.com/weav-ai/weav/internal/pay"
)

// Register implements pay.Gateway. PortOne uses the ID alone.
func (g *Gateway) Register(ctx context.Context, o pay.Order) (string, error) {
	body := map[string]any{"storeId": g.cfg.StoreID, "totalAmount": o.Amount, "currency": o.Currency}
	err := g.call(ctx, request{method: http.MethodPost, path: []string{"payments", o.ID, "pre-register"}, key: "register-" + o.ID, body: body}, nil)
	// A paid order has its amount fixed, so nothing is left to register.
	if r := new(refusal); errors.As(err, &r) && r.Type == "ALREADY_PAID" {
		return "", nil
	}
	return "", err
}

// Cancel implements pay.Gateway. A cancellation that PortOne has only accepted (REQUESTED) is no failure. The
// payment shows when it is done.
func (g *Gateway) Cancel(ctx context.Context, c pay.Cancel) error {
	body := map[string]any{"storeId": g.cfg.StoreID, "reason": c.Reason}
	if c.Amount > 0 {
		body["amount"] = c.Amount
	}
	if c.Cancellable > 0 {
		body["currentCancellableAmount"] = c.Cancellable
	}
	var out struct {
		Cancellation struct {
			Status string `json:"status"`
		} `json:"cancellation"`
	}
	if err := g.call(ctx, request{method: http.MethodPost, path: []string{"payments", c.ID, "cancel"}, key: c.Key, body: body}, &out); err != nil {
		return err
	}
	switch out.Cancellation.Status {
	case "SUCCEEDED", "REQUESTED":
		return nil
	case "FAILED":
		return pay.Fault(pay.ErrRefused, "the cancellation failed", nil)
	default:
		return pay.Fault(pay.ErrUnavailable, "a cancellation in a state that nobody knows", nil)
	}
}
