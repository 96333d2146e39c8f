package systemtest

import (
	"bytes"
	"database/sql"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/membershipchange"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/pay/paytest"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

// moment is one at which a server dies in the middle of a settlement.
type moment struct {
	name string
	// lock, a query with the person's id, holds what the settlement then waits for; empty where it is PortOne that keeps it waiting.
	lock string
}

var moments = []moment{
	{"PortOne is asked", ""},
	{"the transaction has begun", `SELECT 1 FROM users WHERE id = $1 FOR UPDATE`},
	{"all is written and not committed", `SELECT 1 FROM feeds WHERE user_id = $1 FOR UPDATE`},
}

// TestServersKilledInASettlement kills servers that are known to be in the middle of one, by a notice and by a person's call. Nothing
// is left of it, and the recovery alone grants the days, once: nobody calls again. A notice that then comes again grants nothing more.
func TestServersKilledInASettlement(t *testing.T) {
	t.Parallel()
	portone := paytest.NewPortOne(t)
	url := storetest.URL(t, store.Postgres)
	c := clusterOn(t, url, 1, 0, func(settings map[string]string) {
		maps.Copy(settings, map[string]string{
			"PAYMENTS": "portone:" + paytest.StoreID, "PORTONE_API_SECRET": portone.APISecret, "PORTONE_WEBHOOK_SECRET": portone.WebhookSecret,
			"PORTONE_BASE_URL": portone.URL,
		})
	})
	db, err := sql.Open("postgres", url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // Nothing of it is needed any more.
	var struck []*order
	for range max(1, servicetest.Rounds()/3) {
		for _, at := range moments {
			for _, byNotice := range []bool{true, false} {
				o := c.order(t, portone)
				o.strike(t, db, at, byNotice)
				struck = append(struck, o)
			}
		}
	}
	for _, o := range struck {
		o.due(t)
	}
	c.workers = append(c.workers, c.worker()) // Its first act is the recovery.
	for _, o := range struck {
		c.eventually(t, "the recovery has settled it", func() bool { return o.row(t).GrantedAt != nil })
		if err := o.deliver(t); err != nil {
			t.Error(err)
		}
		c.wantOneGrant(t, o.id)
	}
}

// order is a payment that PortOne has the money of, with a notice that says so.
type order struct {
	c       *cluster
	p       *person
	id      string
	key     oid.Payment
	portone *paytest.PortOne
	header  http.Header
	body    []byte
}

func (c *cluster) order(t *testing.T, portone *paytest.PortOne) *order {
	t.Helper()
	o := &order{c: c, p: c.newPerson(t), portone: portone}
	o.id, _ = o.p.orderPlan(t)
	o.key = parse[oid.Payment](t, o.id)
	p := o.row(t)
	portone.Set(pay.Payment{
		ID: p.GatewayID, OrderName: p.OrderName, Currency: p.Currency, Customer: p.UserID.String(), Status: pay.Paid, Total: p.Amount, Paid: p.Amount,
	})
	o.header, o.body = portone.Notice("Transaction.Paid", p.GatewayID)
	return o
}

// strike has a look begin, kills the server when that is known to have come to a moment, and starts it again.
func (o *order) strike(t *testing.T, db *sql.DB, at moment, byNotice bool) {
	t.Helper()
	p := o.row(t)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }() // It only holds a lock.
	if at.lock == "" {
		o.portone.Break(p.GatewayID, paytest.Hangs)
	} else if _, err := tx.ExecContext(t.Context(), at.lock, p.UserID); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	group.Go(func() {
		if byNotice {
			_ = o.deliver(t) // The server dies with it.
			return
		}
		_, _ = o.p.completePayment(t, 0, o.id) // The same.
	})
	if err := o.portone.AwaitStatusRequests(t.Context(), p.GatewayID, 1); err != nil {
		t.Fatal(err)
	}
	if at.lock != "" {
		o.c.eventually(t, "the settlement waits for the lock", func() bool { return waits(t, db) })
	}
	o.c.servers[0].kill()
	group.Wait()
	if err := tx.Rollback(); err != nil {
		t.Error(err)
	}
	o.portone.Break(p.GatewayID, paytest.Works)
	o.c.eventually(t, "the database has noticed", func() bool { return !waits(t, db) })
	n, err := o.c.store.Client().MembershipChange.Query().Where(membershipchange.PaymentID(o.key)).Count(t.Context())
	if status := o.row(t).Status; err != nil || n != 0 || status != payment.StatusPending {
		t.Errorf("killed when %s, it left %s and %d changes of the membership: %v", at.name, status, n, err)
	}
	o.c.servers[0] = start(t, o.c.settings, serving, "serve", "--workers=false")
	o.c.urls[0] = o.c.servers[0].url
}

// waits says whether somebody waits for a lock in the test's database.
func waits(t *testing.T, db *sql.DB) (yes bool) {
	t.Helper()
	const query = `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`
	if err := db.QueryRowContext(t.Context(), query).Scan(&yes); err != nil {
		t.Fatal(err)
	}
	return yes
}

func (o *order) row(t *testing.T) *ent.Payment {
	t.Helper()
	p, err := o.c.store.Client().Payment.Get(t.Context(), o.key)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// due makes the payment one that the recovery looks at now, and not in two minutes.
func (o *order) due(t *testing.T) {
	t.Helper()
	err := o.c.store.Client().Payment.UpdateOneID(o.key).SetNextCheckAt(time.Now().Add(-time.Second)).Exec(t.Context())
	if err != nil {
		t.Fatal(err)
	}
}

// deliver sends the order's notice to the server.
func (o *order) deliver(t *testing.T) error {
	t.Helper()
	at := strings.TrimSuffix(o.c.urls[0], "/graphql") + "/webhooks/portone"
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at, bytes.NewReader(o.body))
	if err != nil {
		return err
	}
	maps.Copy(req.Header, o.header)
	return sent(req)
}
