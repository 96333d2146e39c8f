package paytest

import (
	"errors"
	"sync"
	"testing"

	"github.com/weav-ai/weav/internal/pay"
)

// testCancel refunds a part, then the rest, each more than once with its key.
func testCancel(t *testing.T, h Harness) {
	o := h.paid(t)
	part := pay.Cancel{ID: o.ID, Reference: h.at(t, o).Reference, Reason: "a test", Amount: 4000, Cancellable: price, Key: pay.NewID()}
	rest := pay.Cancel{ID: o.ID, Reference: part.Reference, Reason: "a test", Key: pay.NewID()}
	for _, step := range []struct {
		name      string
		order     pay.Cancel
		status    pay.Status
		cancelled int64
	}{
		{"a part", part, pay.PartialCancelled, 4000},
		{"the part again", part, pay.PartialCancelled, 4000},
		{"the rest", rest, pay.Cancelled, price},
		{"the rest again", rest, pay.Cancelled, price},
	} {
		if err := together(t, h, step.order); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if p := h.payment(t, o); p.Status != step.status || p.Cancelled != step.cancelled {
			t.Errorf("%s: it is %s with %d given back", step.name, p.Status, p.Cancelled)
		}
	}
}

// together sends the same cancellation several times concurrently.
func together(t *testing.T, h Harness, c pay.Cancel) error {
	t.Helper()
	const places = 4
	faults := make([]error, places)
	var group sync.WaitGroup
	for i := range places {
		group.Go(func() { faults[i] = h.Gateway.Cancel(t.Context(), c) })
	}
	group.Wait()
	return errors.Join(faults...)
}

// testCancelRefused sends cancellations that a gateway must refuse.
func testCancelRefused(t *testing.T, h Harness) {
	unpaid, paid, gone := h.order(t), h.paid(t), h.paid(t)
	h.Happens(t, unpaid, VirtualAccount)
	h.Happens(t, gone, Cancelled)
	for name, refused := range map[string]struct {
		of pay.Order
		pay.Cancel
	}{
		"not paid":            {unpaid, pay.Cancel{}},
		"more than was paid":  {paid, pay.Cancel{Amount: price + 1}},
		"another state of it": {paid, pay.Cancel{Amount: 100, Cancellable: price - 100}},
		"all is gone":         {gone, pay.Cancel{}},
	} {
		at, c := h.at(t, refused.of), refused.Cancel
		c.ID, c.Reference, c.Reason, c.Key = at.ID, at.Reference, "a test", pay.NewID()
		if err := h.Gateway.Cancel(t.Context(), c); !errors.Is(err, pay.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p := h.payment(t, paid); p.Cancelled != 0 {
		t.Errorf("%d was given back by orders that were refused", p.Cancelled)
	}
}
