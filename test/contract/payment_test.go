package contract

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent/membershipchange"
)

const paymentFields = `id plan status isTest orderName refundedAmount price { amount currency } paidAt grantedAt expiresAt
	checkout { gateway paymentId storeId channelKey url } timeline { type source amount detail happenedAt }`

type paymentStep struct{ Type, Source, Detail string }

type paymentView struct {
	ID, Plan, Status, OrderName string
	IsTest                      bool
	RefundedAmount              int
	Price                       struct {
		Amount   int
		Currency string
	}
	PaidAt, GrantedAt *time.Time
	Checkout          *struct{ Gateway, PaymentID, StoreID, ChannelKey, URL string }
	Timeline          []paymentStep
}

// order prepares a payment.
func (p *person) orderPlan(t *testing.T, plan string) paymentView {
	t.Helper()
	a := p.change(t, "preparePayment", object{"plan": plan, "idempotencyKey": key()}, "payment { "+paymentFields+" }")
	return decoded[paymentView](t, a.at("result.payment"))
}

func (p *person) completePayment(t *testing.T, id string) paymentView {
	t.Helper()
	a := p.change(t, "completePayment", object{"paymentId": id}, "payment { "+paymentFields+" }")
	return decoded[paymentView](t, a.at("result.payment"))
}

// settled says on the sandbox's page what became of a payment, and returns how the page answered.
func settled(t *testing.T, url, outcome string) int {
	t.Helper()
	return posted(t, url, "application/json", `{"outcome":"`+outcome+`"}`)
}

func posted(t *testing.T, url, contentType, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	must(t, err)
	req.Header.Set("Content-Type", contentType)
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	must(t, res.Body.Close())
	return res.StatusCode
}

type membershipView struct {
	Type, ActsAs          string
	IsActive              bool
	CanUsePremiumFeatures bool
	ExpiresAt             *time.Time
}

func (p *person) membership(t *testing.T) membershipView {
	t.Helper()
	a := p.get(t, `{ viewer { membership { type actsAs isActive expiresAt canUsePremiumFeatures } } }`, nil)
	return decoded[membershipView](t, a.at("viewer.membership"))
}

// A notice of the gateway is enough: nobody needs to come back from its page.
func TestAPaidPaymentGrantsAMembership(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p := w.person(t, "payer")
		if before := p.membership(t); before.Type != "FREE" || before.CanUsePremiumFeatures {
			t.Errorf("before: %+v", before)
		}
		order := p.orderPlan(t, "STANDARD")
		if order.Status != "PENDING" || order.Price.Amount != 9900 || order.Price.Currency != "KRW" || order.Checkout == nil || !order.IsTest {
			t.Fatalf("prepared: %+v", order)
		}
		if got := p.completePayment(t, order.ID); got.Status != "PENDING" {
			t.Errorf("not paid, it is %s", got.Status)
		}
		if status := settled(t, order.Checkout.URL, "paid"); status != http.StatusNoContent {
			t.Fatalf("the page answered %d", status)
		}
		after := p.membership(t)
		if after.Type != "STANDARD" || after.ActsAs != "STANDARD" || !after.CanUsePremiumFeatures ||
			time.Until(*after.ExpiresAt).Round(time.Hour) != 30*24*time.Hour {
			t.Errorf("paid: %+v", after)
		}
		done := p.completePayment(t, order.ID)
		if done.Status != "PAID" || done.Checkout != nil || done.PaidAt == nil || done.GrantedAt == nil {
			t.Errorf("completed: %+v", done)
		}
		var types []string
		for _, s := range done.Timeline {
			types = append(types, s.Source+" "+s.Type)
		}
		want := []string{"CLIENT PREPARED", "CLIENT CHECKED", "WEBHOOK PAID", "WEBHOOK GRANTED", "CLIENT CHECKED"}
		if !slices.Equal(types, want) {
			t.Errorf("the timeline is %v, want %v", types, want)
		}
		if status := settled(t, order.Checkout.URL, "cancelled"); status != http.StatusNoContent {
			t.Errorf("the page answered %d", status)
		}
		if gone := p.membership(t); gone.ActsAs != "FREE" || gone.IsActive {
			t.Errorf("cancelled: %+v", gone)
		}
		kinds, err := w.rows.MembershipChange.Query().Order(membershipchange.ByID()).All(t.Context())
		must(t, err)
		if used := kinds[0].Micros + kinds[len(kinds)-1].Micros; len(kinds) != 2 || used < 0 || used > time.Minute.Microseconds() {
			t.Errorf("the history is %v", kinds)
		}
	})
}

func TestPaymentsAreTheirPersons(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	p, other := w.person(t, "owner"), w.person(t, "other")
	var ids []string
	for range 3 {
		ids = append(ids, p.orderPlan(t, "PREMIUM").ID)
	}
	a := p.get(t, `{ viewer { payments(first: 2) { nodes { id timeline { type } } pageInfo { hasNextPage endCursor } } } }`, nil)
	first := a.list("viewer.payments.nodes", "id")
	rest := p.get(t, `query ($after: Cursor) { viewer { payments(first: 2, after: $after) { nodes { id } } } }`,
		object{"after": a.text("viewer.payments.pageInfo.endCursor")}).list("viewer.payments.nodes", "id")
	slices.Reverse(ids)
	if got := slices.Concat(first, rest); !slices.Equal(got, ids) {
		t.Errorf("the payments are %v, want %v", got, ids)
	}
	const node = `query ($id: ID!) { node(id: $id) { ... on Payment { id } } }`
	if got := p.get(t, node, object{"id": ids[0]}).text("node.id"); got != ids[0] {
		t.Errorf("node = %s", got)
	}
	if got := other.get(t, node, object{"id": ids[0]}).at("node"); got != nil {
		t.Errorf("another person reads %v", got)
	}
	if got := other.mutate(t, "completePayment", object{"paymentId": ids[0]}, "payment { id }").code(); got != "NOT_FOUND" {
		t.Errorf("another person completes it: %q", got)
	}
	if got := w.signedOut().mutate(t, "preparePayment", object{"plan": "PREMIUM", "idempotencyKey": key()}, "payment { id }").code(); got != "UNAUTHENTICATED" {
		t.Errorf("nobody orders: %q", got)
	}
	if got := p.mutate(t, "preparePayment", object{"plan": "FREE", "idempotencyKey": key()}, "payment { id }").reason(); got != "INVALID_VALUE" {
		t.Errorf("FREE: %q", got)
	}
}

func TestPaymentEventsAreSent(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	p := w.person(t, "watcher")
	cursor := p.get(t, `{ viewer { eventCursor } }`, nil).text("viewer.eventCursor")
	order := p.orderPlan(t, "STANDARD")
	settled(t, order.Checkout.URL, "paid")
	events, err := p.socket(t).Subscribe(`subscription ($after: EventCursor) { viewerEvents(after: $after) {
		__typename ... on PaymentSaved { paymentId payment { status } } } }`, object{"after": cursor})
	must(t, err)
	for seen := 0; seen < 2; {
		var e struct {
			Data struct {
				ViewerEvents struct {
					Typename  string `json:"__typename"`
					PaymentID string
					Payment   struct{ Status string }
				}
			}
		}
		must(t, json.Unmarshal(next(t, events), &e))
		if got := e.Data.ViewerEvents; got.Typename == "PaymentSaved" {
			seen++
			if got.PaymentID != order.ID || got.Payment.Status != "PAID" {
				t.Errorf("told of %+v", got)
			}
		}
	}
}

func TestTheWebhookRefusesWhatIsNotTheGateways(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	hook := strings.TrimSuffix(w.url, "/graphql") + "/webhooks/"
	for name, c := range map[string]struct {
		path, body string
		want       int
	}{
		"no signature":    {"sandbox", `{}`, http.StatusUnauthorized},
		"too large":       {"sandbox", strings.Repeat("x", 129<<10), http.StatusRequestEntityTooLarge},
		"another gateway": {"portone", `{}`, http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := posted(t, hook+c.path, "application/json", c.body); got != c.want {
				t.Errorf("answered %d, want %d", got, c.want)
			}
		})
	}
}
