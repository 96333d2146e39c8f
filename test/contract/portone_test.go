package contract

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/pay/paytest"
)

const portOneChannel = "channel-key-1"

// ofPortOne are the settings of a server whose payments a PortOne takes; old is its webhook secret of before.
func ofPortOne(p *paytest.PortOne, old string) map[string]string {
	return map[string]string{
		"PAYMENTS": "portone:" + paytest.StoreID, "PORTONE_CHANNEL_KEY": portOneChannel, "PORTONE_API_SECRET": p.APISecret,
		"PORTONE_WEBHOOK_SECRET": p.WebhookSecret + "," + old, "PORTONE_BASE_URL": p.URL,
	}
}

// shop is a server with the PortOne that takes its payments.
type shop struct {
	*world
	portone *paytest.PortOne
	old     string
}

func newShop(t *testing.T) shop {
	t.Helper()
	p, old := paytest.NewPortOne(t), paytest.NewWebhookSecret()
	return shop{embedded(t, ofPortOne(p, old)), p, old}
}

// deliver sends a notice to the webhook, and returns how that is answered.
func (w *world) deliver(t *testing.T, header http.Header, body []byte) int {
	t.Helper()
	at := strings.TrimSuffix(w.url, "/graphql") + "/webhooks/portone"
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at, bytes.NewReader(body))
	must(t, err)
	maps.Copy(req.Header, header)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	must(t, res.Body.Close())
	return res.StatusCode
}

// pays has the person pay an order at PortOne, as far as changes leave it paid.
func (p *person) pays(t *testing.T, at *paytest.PortOne, order paymentView, changes ...func(*pay.Payment)) {
	t.Helper()
	total := int64(order.Price.Amount)
	x := pay.Payment{
		ID: order.Checkout.PaymentID, OrderName: order.OrderName, Currency: order.Price.Currency, Status: pay.Paid, Total: total, Paid: total,
		Customer: p.get(t, `{ viewer { id } }`, nil).text("viewer.id"),
	}
	for _, change := range changes {
		change(&x)
	}
	at.Set(x)
}

// A signed notice over HTTP is answered once all is committed, and once more without another question.
func TestAPaymentThroughPortOne(t *testing.T) {
	t.Parallel()
	portone := paytest.NewPortOne(t)
	onBoth(t, func(t *testing.T, w *world) {
		p := w.person(t, "payer")
		order := p.orderPlan(t, "PREMIUM")
		at := order.Checkout
		if at == nil || at.Gateway != "portone" || at.StoreID != paytest.StoreID || at.ChannelKey != portOneChannel || at.URL != "" {
			t.Fatalf("the checkout is %+v", at)
		}
		if order.Price.Amount != 19900 || order.Price.Currency != "KRW" || order.OrderName != "WEAV-AI 프리미엄 30일" || order.IsTest {
			t.Errorf("prepared: %+v", order)
		}
		if o, _ := portone.Ordered(at.PaymentID); o.Amount != 19900 || o.Currency != "KRW" {
			t.Errorf("PortOne was told of %+v", o)
		}
		p.pays(t, portone, order)
		header, body := portone.Notice("Transaction.Paid", at.PaymentID)
		if got := w.deliver(t, header, body); got != http.StatusNoContent {
			t.Fatalf("the notice is answered %d", got)
		}
		m := p.membership(t)
		if m.ActsAs != "PREMIUM" || time.Until(*m.ExpiresAt).Round(time.Hour) != 30*24*time.Hour {
			t.Errorf("as it is answered the membership is %+v", m)
		}
		asked := len(portone.StatusRequests(at.PaymentID))
		for range 2 {
			if got := w.deliver(t, header, body); got != http.StatusNoContent {
				t.Errorf("again it is answered %d", got)
			}
		}
		if n := len(portone.StatusRequests(at.PaymentID)); asked != 1 || n != asked {
			t.Errorf("PortOne was asked %d times, then %d", asked, n)
		}
		if again := p.membership(t); !again.ExpiresAt.Equal(*m.ExpiresAt) {
			t.Errorf("delivered again it lasts until %v, not %v", again.ExpiresAt, m.ExpiresAt)
		}
		if done := p.completePayment(t, order.ID); done.Status != "PAID" || done.Checkout != nil {
			t.Errorf("completed: %+v", done)
		}
	}, ofPortOne(portone, paytest.NewWebhookSecret()))
}

// A notice counts when PortOne signed it, under either secret, within five minutes; what is nothing to this server is taken
// without a question.
func TestPortOnesNotices(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	const takesIt, noneOfIts = true, false
	body := func(typ, store, id string) []byte {
		raw, err := json.Marshal(object{"type": typ, "timestamp": time.Now().UTC(), "data": object{"storeId": store, "paymentId": id}})
		must(t, err)
		return raw
	}
	for _, tt := range []struct {
		name, typ, store string
		other            bool // another payment's id
		ago              time.Duration
		secret           string
		want             int
		grants           bool
	}{
		{"as it should be", "Transaction.Paid", paytest.StoreID, false, 0, s.portone.WebhookSecret, http.StatusNoContent, takesIt},
		{"the secret of before", "Transaction.Paid", paytest.StoreID, false, 0, s.old, http.StatusNoContent, takesIt},
		{"four minutes old", "Transaction.Paid", paytest.StoreID, false, 4 * time.Minute, s.old, http.StatusNoContent, takesIt},
		{"a kind of payment's notice that is new", "Transaction.New", paytest.StoreID, false, 0, s.old, http.StatusNoContent, takesIt},
		{"six minutes old", "Transaction.Paid", paytest.StoreID, false, 6 * time.Minute, s.old, http.StatusUnauthorized, noneOfIts},
		{"of the future", "Transaction.Paid", paytest.StoreID, false, -6 * time.Minute, s.old, http.StatusUnauthorized, noneOfIts},
		{"signed by another", "Transaction.Paid", paytest.StoreID, false, 0, paytest.NewWebhookSecret(), http.StatusUnauthorized, noneOfIts},
		{"a kind that is new", "Weather.Rain", paytest.StoreID, false, 0, s.old, http.StatusNoContent, noneOfIts},
		{"no kind", "", paytest.StoreID, false, 0, s.old, http.StatusBadRequest, noneOfIts},
		{"of another store", "Transaction.Paid", "store-of-another", false, 0, s.old, http.StatusNoContent, noneOfIts},
		{"of a payment nobody knows", "Transaction.Paid", paytest.StoreID, true, 0, s.old, http.StatusNoContent, noneOfIts},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := s.person(t, tt.name)
			order := p.orderPlan(t, "STANDARD")
			p.pays(t, s.portone, order)
			id := order.Checkout.PaymentID
			if tt.other {
				id = pay.NewID()
			}
			raw := body(tt.typ, tt.store, id)
			if got := s.deliver(t, paytest.Sign("msg_"+pay.NewID(), time.Now().Add(-tt.ago), raw, tt.secret), raw); got != tt.want {
				t.Errorf("it is answered %d, want %d", got, tt.want)
			}
			asked := len(s.portone.StatusRequests(order.Checkout.PaymentID)) + len(s.portone.StatusRequests(id))
			if got := p.membership(t).ActsAs == "STANDARD"; got != tt.grants || (asked > 0) != tt.grants {
				t.Errorf("it grants: %v, PortOne was asked %d times", got, asked)
			}
		})
	}
}

// A PortOne that cannot be asked makes the webhook ask for the notice again, and the same delivery then counts.
func TestANoticeThatCannotBeWorkedOffIsDeliveredAgain(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, fault := range []paytest.Fault{paytest.ServerError, paytest.Unauthorized, paytest.Cut, paytest.Garbage} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			p := s.person(t, "payer "+string(fault))
			order := p.orderPlan(t, "STANDARD")
			id := order.Checkout.PaymentID
			p.pays(t, s.portone, order)
			header, body := s.portone.Notice("Transaction.Paid", id)
			s.portone.Break(id, fault)
			for range 2 {
				if got := s.deliver(t, header, body); got != http.StatusServiceUnavailable {
					t.Errorf("meanwhile it is answered %d", got)
				}
			}
			if got := p.membership(t).ActsAs; got != "FREE" {
				t.Errorf("meanwhile the membership is %s", got)
			}
			s.portone.Break(id, paytest.Works)
			if got := s.deliver(t, header, body); got != http.StatusNoContent {
				t.Errorf("delivered again it is answered %d", got)
			}
			if got := p.membership(t).ActsAs; got != "STANDARD" {
				t.Errorf("delivered again the membership is %s", got)
			}
		})
	}
}

// A PortOne that hangs costs a person's call eight seconds and no error: the payment is answered as it stands, and a job settles it.
func TestAHangingPortOneIsAskedAgainInTheBackground(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p := s.person(t, "payer")
	order := p.orderPlan(t, "STANDARD")
	id := order.Checkout.PaymentID
	p.pays(t, s.portone, order)
	s.portone.Break(id, paytest.Hangs)
	cursor := p.get(t, `{ viewer { eventCursor } }`, nil).text("viewer.eventCursor")
	events, err := p.socket(t).Subscribe(`subscription ($after: EventCursor) { viewerEvents(after: $after) {
		__typename ... on PaymentSaved { payment { status } } } }`, object{"after": cursor})
	must(t, err)
	asked := make(chan error, 1)
	go func() {
		asked <- s.portone.AwaitStatusRequests(t.Context(), id, 1)
		s.portone.Break(id, paytest.Works) // The question that came hangs on.
	}()
	began := time.Now()
	if got := p.completePayment(t, order.ID); got.Status != "PENDING" {
		t.Errorf("without an answer it is %s", got.Status)
	}
	if took := time.Since(began); took < 7*time.Second {
		t.Errorf("it waited only for %v", took)
	}
	must(t, <-asked)
	for {
		var e struct {
			Data struct {
				ViewerEvents struct {
					Payment struct{ Status string }
				}
			}
		}
		must(t, json.Unmarshal(next(t, events), &e))
		if e.Data.ViewerEvents.Payment.Status == "PAID" {
			break
		}
	}
	if got := p.membership(t).ActsAs; got != "STANDARD" {
		t.Errorf("settled later, the membership is %s", got)
	}
}

// Money that does not fit its order grants nothing, and the notice of it is worked off.
func TestMoneyAtPortOneThatDoesNotFit(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for name, change := range map[string]func(*pay.Payment){
		"a test channel": func(x *pay.Payment) { x.IsTest = true },
		"less":           func(x *pay.Payment) { x.Total, x.Paid = 100, 100 },
		"dollars":        func(x *pay.Payment) { x.Currency = "USD" },
		"another person": func(x *pay.Payment) { x.Customer = "user_of_another" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := s.person(t, "payer of "+name)
			order := p.orderPlan(t, "STANDARD")
			p.pays(t, s.portone, order, change)
			header, body := s.portone.Notice("Transaction.Paid", order.Checkout.PaymentID)
			if got := s.deliver(t, header, body); got != http.StatusNoContent {
				t.Errorf("it is answered %d", got)
			}
			if got := p.completePayment(t, order.ID); got.Status != "REJECTED" || p.membership(t).ActsAs != "FREE" {
				t.Errorf("it is %s, the membership %+v", got.Status, p.membership(t))
			}
		})
	}
}
