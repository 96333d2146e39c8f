package systemtest

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/membershipchange"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/test/servicetest"
)

// TestServersKilledWhilePaymentsSettle holds that a payment grants its days once, whichever process dies at whatever
// moment between the page on which it is paid, its notice and the calls that complete it.
func TestServersKilledWhilePaymentsSettle(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 1)
	for range servicetest.Rounds() {
		p := c.newPerson(t)
		id, page := p.orderPlan(t)
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() { _, _ = p.completePayment(t, 0, id) }) // The server may die with it.
		}
		group.Go(func() { _ = say(t, page, "paid") }) // The same.
		moment := time.NewTimer(rand.N(40 * time.Millisecond))
		<-moment.C // Chance is what this test is about.
		c.servers[0].kill()
		group.Wait()
		c.servers[0] = start(t, c.settings, serving, "serve", "--workers=false")
		c.urls[0] = c.servers[0].url
		onOther := strings.TrimSuffix(c.urls[1], "/graphql") + "/sandbox" + strings.SplitN(page, "/sandbox", 2)[1]
		if err := say(t, onOther, "paid"); err != nil {
			t.Fatal(err)
		}
		if status, err := p.completePayment(t, 1, id); err != nil || status != "PAID" {
			t.Fatalf("it is %s: %v", status, err)
		}
		c.wantOneGrant(t, id)
	}
}

func (p *person) orderPlan(t *testing.T) (id, page string) {
	t.Helper()
	var out struct {
		Result struct {
			Payment struct {
				ID       string
				Checkout struct{ URL string }
			}
		}
	}
	err := p.clients[0].Do(t.Context(), `mutation ($key: String!) { result: preparePayment(input: {plan: STANDARD, idempotencyKey: $key}) { payment { id checkout { url } } } }`,
		map[string]any{"key": uuid.NewString()}, &out)
	if err != nil {
		t.Fatal(err)
	}
	return out.Result.Payment.ID, out.Result.Payment.Checkout.URL
}

func (p *person) completePayment(t *testing.T, server int, id string) (status string, err error) {
	t.Helper()
	var out struct {
		Result struct{ Payment struct{ Status string } }
	}
	err = p.clients[server].Do(t.Context(), `mutation ($id: ID!) { result: completePayment(input: {paymentId: $id}) { payment { status } } }`,
		map[string]any{"id": id}, &out)
	return out.Result.Payment.Status, err
}

// say says on the sandbox's page what became of a payment.
func say(t *testing.T, page, outcome string) error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, page, strings.NewReader(`{"outcome":"`+outcome+`"}`))
	if err != nil {
		return err
	}
	return sent(req)
}

// sent sends JSON, which must be taken without an answer.
func sent(req *http.Request) error {
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		return errors.New(req.URL.Path + " answered " + res.Status)
	}
	return nil
}

// wantOneGrant checks in the tables that a payment granted its thirty days, once.
func (c *cluster) wantOneGrant(t *testing.T, id string) {
	t.Helper()
	key, err := oid.Parse[oid.Payment](id)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := c.store.Client().MembershipChange.Query().Where(membershipchange.PaymentID(key)).All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const month = int64(30 * 24 * time.Hour / time.Microsecond)
	if len(rows) != 1 || rows[0].Micros != month {
		t.Errorf("the payment changed the membership by %v", rows)
	}
	p, err := c.store.Client().Payment.Query().Where(payment.ID(key)).Only(t.Context())
	if ent.IsNotFound(err) || p.GrantedAt == nil {
		t.Errorf("the payment is %v", p)
	}
}
