package billing

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/pay"
)

// failing is a gateway that fails as a test sets it.
type failing struct {
	pay.Gateway
	err error
}

func (*failing) Name() string { return "failing" }

func (*failing) StoreID() string { return "" }

func (*failing) TakesTests() bool { return false }

func (f *failing) Register(context.Context, pay.Order) (string, error) { return "", f.err }

func (f *failing) Payment(context.Context, pay.Ref) (*pay.Payment, error) { return nil, f.err }

func (f *failing) Cancel(context.Context, pay.Cancel) error { return f.err }

// TestARefusedSecretIsLoggedOncePerChange for every kind of request.
func TestARefusedSecretIsLoggedOncePerChange(t *testing.T) {
	t.Parallel()
	refused := pay.Fault(pay.ErrUnavailable, "asked", pay.ErrUnauthorized)
	for name, call := range map[string]func(ctx context.Context, g pay.Gateway){
		"register": func(ctx context.Context, g pay.Gateway) { _, _ = g.Register(ctx, pay.Order{}) },
		"payment":  func(ctx context.Context, g pay.Gateway) { _, _ = g.Payment(ctx, pay.Ref{}) },
		"cancel":   func(ctx context.Context, g pay.Gateway) { _ = g.Cancel(ctx, pay.Cancel{}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			g := &failing{}
			s := New(Parts{Gateway: g, Log: slog.New(slog.NewTextHandler(&log, nil))}, Config{})
			for i, step := range []struct {
				err  error
				want string
			}{
				{nil, ""},
				{refused, "level=ERROR"},
				{refused, ""},
				{pay.Fault(pay.ErrUnavailable, "no answer", nil), ""}, // Says nothing of the secret.
				{refused, ""},
				{pay.ErrNotFound, "level=INFO"}, // Only one that takes the secret says so.
				{nil, ""},
				{refused, "level=ERROR"},
			} {
				log.Reset()
				g.err = step.err
				call(t.Context(), s.current)
				call(t.Context(), s.gateways["failing"])
				if got := log.String(); strings.Count(got, "\n") != min(1, len(step.want)) || !strings.Contains(got, step.want) {
					t.Errorf("step %d, %v: the log has %q", i, step.err, got)
				}
			}
		})
	}
}

// TestWhatIsPaidAndTheDiscountMakeUpTheAmount of a payment whose gateway reports both.
func TestWhatIsPaidAndTheDiscountMakeUpTheAmount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		paid, discount int64
		isItemised     bool
		status         pay.Status
		fits           bool
	}{
		"all is paid":               {9900, 0, true, pay.Paid, true},
		"with a coupon":             {8900, 1000, true, pay.Paid, true},
		"by points alone":           {0, 9900, true, pay.Paid, true},
		"less":                      {9899, 0, true, pay.Paid, false},
		"nothing":                   {0, 0, true, pay.Paid, false},
		"more":                      {9901, 0, true, pay.Paid, false},
		"a discount beyond it":      {9900, 1, true, pay.Paid, false},
		"beyond all numbers":        {1<<63 - 1, 1<<63 - 1, true, pay.Paid, false},
		"nobody tells":              {0, 0, false, pay.Paid, true},
		"a part is back, it counts": {4950, 0, true, pay.PartialCancelled, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			order := &ent.Payment{GatewayID: "a", Currency: "KRW", OrderName: "30 days", Amount: 9900}
			got := &pay.Payment{ID: order.GatewayID, Currency: order.Currency, OrderName: order.OrderName, Total: order.Amount,
				Paid: c.paid, Discount: c.discount, IsItemised: c.isItemised, Status: c.status}
			if why := misfit(&failing{}, order, got); (why.Format == "") != c.fits {
				t.Errorf("it says %q", why)
			}
		})
	}
}
