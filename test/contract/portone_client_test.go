package contract

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/pay/paytest"
	"github.com/weav-ai/weav/test/servicetest"
)

// portOneWire is the npm project with PortOne's own client, and a signer that was not written for these tests.
const portOneWire = "../../internal/pay/portonepay/wire"

func wired(t *testing.T, script string, in, out any) {
	t.Helper()
	node := servicetest.Node(t, portOneWire, "@portone/server-sdk")
	raw, err := json.Marshal(in)
	must(t, err)
	cmd := exec.CommandContext(t.Context(), node, script)
	cmd.Dir, cmd.Stdin, cmd.Stderr = portOneWire, bytes.NewReader(raw), os.Stderr
	answer, err := cmd.Output()
	must(t, err)
	must(t, json.Unmarshal(answer, out))
}

// signed has a notice signed by the reference library of Standard Webhooks and verified by PortOne's own.
func (s shop) signed(t *testing.T, kind, id string) (header http.Header, body []byte) {
	t.Helper()
	now, name := time.Now(), "msg_"+pay.NewID()
	_, body = s.portone.Notice(kind, id)
	var out struct {
		Verdicts   []struct{ PaymentID, Error string }
		Signatures []string
	}
	wired(t, "webhook.mjs", object{"secret": s.portone.WebhookSecret, "deliveries": []object{}, "sign": []object{{"id": name, "at": now.UnixMilli(), "body": string(body)}}}, &out)
	header = paytest.Sign(name, now, body)
	header.Set("Webhook-Signature", out.Signatures[0])
	flat := object{}
	for name := range header {
		flat[name] = header.Get(name)
	}
	wired(t, "webhook.mjs", object{"secret": s.portone.WebhookSecret, "deliveries": []object{{"headers": flat, "body": string(body)}}, "sign": []object{}}, &out)
	if v := out.Verdicts[0]; v.Error != "" || v.PaymentID != id {
		t.Fatalf("PortOne's own verifier reads %+v", v)
	}
	return header, body
}

// PortOne's own client reads the payment as it was ordered, and cancels it as its console does; notices that another library signed
// make the server settle both.
func TestPortOnesOwnClientAndTheServerAgree(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p := s.person(t, "payer")
	order := p.orderPlan(t, "STANDARD")
	id := order.Checkout.PaymentID
	p.pays(t, s.portone, order)
	calls := func(list ...object) (out []struct {
		Answer struct {
			Status, OrderName, Currency, StoreID string
			Amount                               struct{ Total, Cancelled int }
			Cancellation                         struct{ Status string }
		}
		Error string
	}) {
		wired(t, "client.mjs", object{"url": s.portone.URL, "secret": s.portone.APISecret, "storeId": order.Checkout.StoreID, "calls": list}, &out)
		return out
	}
	if got := calls(object{"id": id})[0].Answer; got.Status != "PAID" || got.OrderName != order.OrderName || got.Currency != order.Price.Currency ||
		got.Amount.Total != order.Price.Amount || got.StoreID != order.Checkout.StoreID {
		t.Errorf("PortOne's client reads %+v", got)
	}
	reported := func(kind, acts string) {
		header, body := s.signed(t, kind, id)
		if got := s.deliver(t, header, body); got != http.StatusNoContent {
			t.Errorf("%s is answered %d", kind, got)
		}
		if got := p.membership(t).ActsAs; got != acts {
			t.Errorf("after %s the membership is %s", kind, got)
		}
	}
	reported("Transaction.Paid", "STANDARD")
	done := calls(object{"id": id, "cancel": object{"reason": "asked for at the console"}}, object{"id": id})
	if done[0].Answer.Cancellation.Status != "SUCCEEDED" || done[1].Answer.Status != "CANCELLED" {
		t.Fatalf("PortOne's client cancelled: %+v", done)
	}
	reported("Transaction.Cancelled", "FREE")
	if got := p.completePayment(t, order.ID); got.Status != "REFUNDED" || got.RefundedAmount != order.Price.Amount {
		t.Errorf("cancelled, it is %+v", got)
	}
}
