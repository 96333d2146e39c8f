package portonepay_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/pay/paytest"
	"github.com/weav-ai/weav/internal/pay/portonepay"
	"github.com/weav-ai/weav/test/servicetest"
)

const (
	// wire is the npm project with PortOne's own client and others that were not written for these tests.
	wire = "wire"
	// servers is the one with a server that checks requests.
	servers = "../../ai/openaiai/wire"
)

// run runs a script of the npm project: in goes to its standard input, out comes from its output, both as
// JSON.
func run(t *testing.T, pkg, script string, in, out any, args ...string) {
	t.Helper()
	node := servicetest.Node(t, wire, pkg)
	raw, err := json.Marshal(in)
	must(t, err)
	cmd := exec.CommandContext(t.Context(), node, append([]string{script}, args...)...)
	cmd.Dir, cmd.Stdin, cmd.Stderr = wire, bytes.NewReader(raw), os.Stderr
	answer, err := cmd.Output()
	must(t, err)
	must(t, json.Unmarshal(answer, out))
}

// all are payments of every kind that PortOne reports.
func all() []pay.Payment {
	var out []pay.Payment
	for _, edit := range []func(x *pay.Payment){
		func(*pay.Payment) {},
		func(x *pay.Payment) { x.IsTest, x.Customer = true, "" },
		func(x *pay.Payment) { x.Disputed = true },
		func(x *pay.Payment) { x.Customer = "person@example.com" },
		func(x *pay.Payment) { x.Status, x.Cancelled = pay.PartialCancelled, 100 },
		func(x *pay.Payment) { x.Status, x.Cancelled = pay.Cancelled, x.Total },
		func(x *pay.Payment) { x.Status, x.Paid = pay.Ready, 0 },
		func(x *pay.Payment) { x.Status, x.Paid = pay.Pending, 0 },
		func(x *pay.Payment) { x.Status, x.Paid = pay.VirtualAccountIssued, 0 },
		func(x *pay.Payment) { x.Status, x.Paid = pay.Failed, 0 },
	} {
		x := paid(newOrder())
		edit(&x)
		out = append(out, x)
	}
	return out
}

type call struct {
	ID     string `json:"id"`
	Cancel object `json:"cancel,omitempty"`
}

type result struct {
	Answer struct {
		ID, Status, TransactionID, StoreID, OrderName, Currency string
		Channel                                                 struct{ Type string }
		Amount                                                  struct{ Total, Paid, Discount, Cancelled int64 }
		Customer                                                struct{ ID string }
		PaidAt                                                  time.Time
		Disputes                                                []struct{ Status string }
		Cancellation                                            struct{ Status string }
	}
	Error string
}

// payment is what PortOne's client read, in the types of the port.
func (r result) payment() pay.Payment {
	a := r.Answer
	p := pay.Payment{
		ID: a.ID, TransactionID: a.TransactionID, StoreID: a.StoreID, OrderName: a.OrderName, Currency: a.Currency, Customer: a.Customer.ID,
		Status: pay.Status(a.Status), IsTest: a.Channel.Type == "TEST", Total: a.Amount.Total, Paid: a.Amount.Paid, Discount: a.Amount.Discount, IsItemised: true, Cancelled: a.Amount.Cancelled,
		PaidAt: a.PaidAt, DisputeUnknown: a.Status == "PARTIAL_CANCELLED", // Its type has no disputes.
	}
	if a.Status == "PAY_PENDING" {
		p.Status = pay.Pending
	}
	for _, d := range a.Disputes {
		p.Disputed = p.Disputed || d.Status == "UNRESOLVED"
	}
	return p
}

// TestPortOnesOwnClientReadsTheSame reads every kind of payment with both, and cancels with one what the
// other reads.
func TestPortOnesOwnClientReadsTheSame(t *testing.T) {
	t.Parallel()
	p := paytest.NewPortOne(t)
	g := open(t, p)
	payments := all()
	calls := []call{{ID: "nobody"}, {ID: payments[0].ID, Cancel: object{"reason": "a test", "amount": 7, "currentCancellableAmount": payments[0].Total}}}
	for _, x := range payments {
		p.Set(x)
		calls = append(calls, call{ID: x.ID})
	}
	calls = append(calls, call{ID: payments[len(payments)-1].ID, Cancel: object{"reason": "not paid"}})
	var results []result
	run(t, "@portone/server-sdk", "client.mjs", object{"url": p.URL, "secret": p.APISecret, "storeId": paytest.StoreID, "calls": calls}, &results)
	if results[0].Error != "PAYMENT_NOT_FOUND" || results[1].Answer.Cancellation.Status != "SUCCEEDED" || results[len(calls)-1].Error != "PAYMENT_NOT_PAID" {
		t.Errorf("PortOne's client: %+v", results)
	}
	for i, x := range payments {
		got, err := g.Payment(t.Context(), pay.Ref{ID: x.ID})
		must(t, err)
		if want := results[i+2].payment(); *got != want || got.ID != x.ID {
			t.Errorf("%s: read as\n%+v, by PortOne's client as\n%+v", x.Status, *got, want)
		}
	}
	if got, err := g.Payment(t.Context(), pay.Ref{ID: payments[0].ID}); err != nil || got.Cancelled != 7 || got.Status != pay.PartialCancelled {
		t.Errorf("cancelled by PortOne's client: %+v, %v", got, err)
	}
}

type delivery struct {
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

func flat(header http.Header) map[string]string {
	out := map[string]string{}
	for name := range header {
		out[name] = header.Get(name)
	}
	return out
}

// TestPortOnesOwnVerifierAgrees verifies there what is signed here, and here what others sign.
func TestPortOnesOwnVerifierAgrees(t *testing.T) {
	t.Parallel()
	p := paytest.NewPortOne(t)
	g := open(t, p)
	now, id := time.Now(), pay.NewID()
	header, raw := p.Notice("Transaction.Paid", id)
	body, foreign := string(raw), paytest.NewWebhookSecret()
	signed := func(at time.Time, secrets ...string) map[string]string {
		return flat(paytest.Sign("msg_1", at, raw, secrets...))
	}
	deliveries := []delivery{
		{flat(header), body},
		{signed(now, foreign, p.WebhookSecret), body},
		{signed(now, foreign), body},
		{signed(now.Add(-6*time.Minute), p.WebhookSecret), body},
		{signed(now.Add(6*time.Minute), p.WebhookSecret), body},
		{signed(now, p.WebhookSecret), body + " "},
		{nil, body},
	}
	var out struct {
		Verdicts   []struct{ PaymentID, Error string }
		Signatures []string
	}
	sign := []object{{"id": "msg_2", "at": now.UnixMilli(), "body": body}}
	run(t, "@portone/server-sdk", "webhook.mjs", object{"secret": p.WebhookSecret, "deliveries": deliveries, "sign": sign}, &out)
	for i, d := range deliveries {
		header := http.Header{}
		for name, value := range d.Headers {
			header.Set(name, value)
		}
		n, err := g.Notice(header, []byte(d.Body))
		if theirs := out.Verdicts[i].Error == ""; theirs != (err == nil) || theirs != (i < 2) || theirs && out.Verdicts[i].PaymentID != n.PaymentID {
			t.Errorf("delivery %d: %+v, %v, by PortOne's verifier %+v", i, n, err, out.Verdicts[i])
		}
	}
	header = paytest.Sign("msg_2", now, nil)
	header.Set("Webhook-Signature", out.Signatures[0])
	if n, err := g.Notice(header, raw); err != nil || n.PaymentID != id {
		t.Errorf("signed by another library: %+v, %v", n, err)
	}
}

// TestTheLocalPortOneIsValid compares its answers and requests with PortOne's published description.
func TestTheLocalPortOneIsValid(t *testing.T) {
	t.Parallel()
	p := paytest.NewPortOne(t)
	g := open(t, p)
	for _, x := range all() {
		o := pay.Order{ID: x.ID, Currency: x.Currency, Amount: x.Total}
		register(t, g, o)
		p.Set(x)
		_, err := g.Payment(t.Context(), pay.Ref{ID: x.ID})
		must(t, err)
		_, _ = g.Register(t.Context(), pay.Order{ID: x.ID, Currency: "USD", Amount: 1}) // Its refusals are answers too.
		for i, amount := range []int64{0, 100, x.Total + 1} {
			_ = g.Cancel(t.Context(), pay.Cancel{ID: x.ID, Reason: "a test", Amount: amount, Key: x.ID + string(rune('a'+i))})
		}
		_, err = g.Payment(t.Context(), pay.Ref{ID: x.ID})
		must(t, err)
	}
	for _, how := range []paytest.Cancellation{paytest.Requested, paytest.Refused} {
		x := paid(newOrder())
		p.Set(x)
		p.Cancels(x.ID, how)
		_ = g.Cancel(t.Context(), pay.Cancel{ID: x.ID, Reason: "a test", Amount: 100, Key: x.ID})
		for range 2 { // As it waits, and as it is over.
			_, err := g.Payment(t.Context(), pay.Ref{ID: x.ID})
			must(t, err)
			p.Decide(x.ID, paytest.Succeeded)
		}
	}
	_, _ = open(t, p, func(c *portonepay.Config) { c.StoreID = "another" }).Payment(t.Context(), pay.Ref{ID: "1"})
	for _, f := range []paytest.Fault{paytest.NotFound, paytest.Unauthorized} {
		p.Break("", f)
		for _, call := range calls(g, newOrder()) {
			_ = call(t.Context()) // The answer counts, not how the adapter reads it.
		}
	}
	type value struct {
		Schema string          `json:"schema"`
		Value  json.RawMessage `json:"value"`
	}
	values := []value{{"Payment", json.RawMessage(`{"status":"PAID"}`)}, {"PreRegisterPaymentBody", json.RawMessage(`{"totalAmount":"1"}`)}}
	for _, r := range p.Requests() {
		in, out := schemas(r)
		if in != "" {
			values = append(values, value{in, r.Body})
		}
		values = append(values, value{out, r.Answer})
	}
	var faults [][]string
	run(t, "ajv", "valid.mjs", values, &faults, "../testdata/portone.json")
	for i, f := range faults {
		if control := i < 2; control != (len(f) > 0) {
			t.Errorf("%s %s: %v", values[i].Schema, values[i].Value, f)
		}
	}
}

// schemas are those of a request's body and its answer.
func schemas(r paytest.Request) (in, out string) {
	switch {
	case strings.HasSuffix(r.Path, "/cancel"):
		in, out = "CancelPaymentBody", "CancelPaymentResponse"
	case strings.HasSuffix(r.Path, "/pre-register"):
		in, out = "PreRegisterPaymentBody", "PreRegisterPaymentResponse"
	default:
		out = "Payment"
	}
	if r.Status == http.StatusOK {
		return in, out
	}
	return in, map[string]string{"CancelPaymentBody": "CancelPaymentError", "PreRegisterPaymentBody": "PreRegisterPaymentError", "": "GetPaymentError"}[in]
}

// TestRequestsAreValidByPortOnesDescription sends each kind of request to a server that validates it against
// the description and refuses invalid ones with 400. Its answers are made up and do not matter here.
func TestRequestsAreValidByPortOnesDescription(t *testing.T) {
	t.Parallel()
	url := servicetest.NodeServer(t, servers, "@stdy/cli", "steady.js", regexp.MustCompile(`Ready to accept requests on (http://\S+)`),
		"--port", servicetest.FreePort(t), "--host", "127.0.0.1", "--no-color", "--log-format", "text", "--quiet", "testdata/portone.json")
	g, err := portonepay.New(portonepay.Config{StoreID: paytest.StoreID, APISecret: "an API secret", BaseURL: url})
	must(t, err)
	for name, call := range calls(g, newOrder()) {
		if err := call(t.Context()); err != nil && strings.Contains(err.Error(), "HTTP 4") {
			t.Errorf("%s is refused: %v", name, err)
		}
	}
	res, err := http.Post(url+"/payments/1/cancel", "application/json", strings.NewReader(`{"reason": 3}`)) //nolint:noctx // A control.
	if err != nil || res.StatusCode < http.StatusBadRequest {
		t.Fatalf("the server holds nothing to the description: %v %v", res, err)
	}
	_ = res.Body.Close()
}
