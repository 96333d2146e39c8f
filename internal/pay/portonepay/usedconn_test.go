package portonepay_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/weav-ai/weav/internal/httponce/httponcetest"
	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/pay/paytest"
	"github.com/weav-ai/weav/internal/pay/portonepay"
)

// TestOrdersOverUsedConnections breaks a connection that answered before, at each moment of a call that
// orders something. The transport sends it once; the caller repeats it with the same key.
func TestOrdersOverUsedConnections(t *testing.T) {
	t.Parallel()
	for _, moment := range httponcetest.Moments {
		for _, name := range []string{"register", "cancel"} {
			t.Run(name+" "+string(moment), func(t *testing.T) {
				t.Parallel()
				for range 4 {
					s := httponcetest.New(t, moment, http.StatusNotFound, `{"type":"PAYMENT_NOT_FOUND"}`)
					transport := &http.Transport{}
					g, err := portonepay.New(portonepay.Config{
						StoreID: paytest.StoreID, APISecret: "secret", BaseURL: s.URL, Transport: transport,
					})
					if err != nil {
						t.Fatal(err)
					}
					o := newOrder()
					all := calls(g, o)
					if err := all["payment"](t.Context()); !errors.Is(err, pay.ErrNotFound) {
						t.Fatalf("the first call: %v", err)
					}
					if err := all[name](t.Context()); !errors.Is(err, pay.ErrUnavailable) {
						t.Errorf("got %v", err)
					}
					s.Check(t, 2)
					transport.CloseIdleConnections()
				}
			})
		}
	}
}
