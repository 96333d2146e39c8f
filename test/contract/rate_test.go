package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/weav-ai/weav/internal/app"
	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/test/servicetest"
)

// cheap is an operation of one point.
const cheap = `{ serverInfo { version } }`

// proxied makes the tests a proxy that is believed, which gives each caller an address.
var proxied = map[string]string{"TRUSTED_PROXIES": "127.0.0.1"}

// withRates runs a test on servers that count in the process and in Redis. Tests share that Redis, so what they count
// is of fresh people and addresses.
func withRates(t *testing.T, rates map[string]string, run func(t *testing.T, w *world)) {
	t.Helper()
	open := func(t *testing.T, settings map[string]string) *world {
		maps.Copy(settings, rates)
		return start(t, app.Part{Serves: true, Works: true}, settings)
	}
	t.Run("in process", func(t *testing.T) {
		t.Parallel()
		settings := map[string]string{}
		if servicetest.Race {
			settings = services(t)
			delete(settings, "REDIS_URL")
		}
		run(t, open(t, settings))
	})
	t.Run("in Redis", func(t *testing.T) {
		t.Parallel()
		run(t, open(t, services(t)))
	})
}

// rates are settings of a proxied server.
func rates(settings ...string) map[string]string {
	out := maps.Clone(proxied)
	for i := 0; i < len(settings); i += 2 {
		out[settings[i]] = settings[i+1]
	}
	return out
}

// somewhere is an address nobody else has.
func somewhere() string {
	return fmt.Sprintf("10.%d.%d.%d", rand.N(256), rand.N(256), rand.N(256))
}

// call sends an operation from an address, as a proxy passes it on.
func (p *person) call(t *testing.T, from, accept, query string, variables object) answer {
	t.Helper()
	body, err := json.Marshal(client.Request{Query: query, Variables: variables})
	must(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL, bytes.NewReader(body))
	must(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", accept)
	req.Header.Set("X-Forwarded-For", from)
	if p.Token != "" {
		req.Header.Set("Authorization", "Bearer "+p.Token)
	}
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	must(t, err)
	a := answer{Status: res.StatusCode, Header: res.Header}
	must(t, json.Unmarshal(raw, &a))
	return a
}

// from sends an operation from an address.
func (p *person) from(t *testing.T, address, query string) answer {
	t.Helper()
	return p.call(t, address, "application/graphql-response+json", query, nil)
}

// wantLimited checks all that a refusal reports.
func wantLimited(t *testing.T, a answer, name string, events int, per time.Duration) {
	t.Helper()
	if a.code() != "RATE_LIMITED" || len(a.Errors) != 1 || a.Data != nil {
		t.Fatalf("%d %v %v, want RATE_LIMITED", a.Status, a.Data, a.Errors)
	}
	ext := a.Errors[0].Extensions
	limit, _ := ext["limit"].(object)
	if limit["name"] != name || limit["events"] != float64(events) || limit["perMs"] != float64(per.Milliseconds()) {
		t.Errorf("limit %v, want %d %s in %v", limit, events, name, per)
	}
	if left, reported := limit["remaining"].(float64); !reported || left < 0 || left >= float64(events) {
		t.Errorf("limit %v tells no rest", limit)
	}
	wait, _ := ext["retryAfterMs"].(float64)
	if wait < 1 || wait > float64(per.Milliseconds()) || ext["retryable"] != true || ext["httpStatus"] != 429.0 {
		t.Errorf("extensions %v", ext)
	}
	if header, err := strconv.Atoi(a.Header.Get("Retry-After")); err != nil || float64(header) < wait/1000 || float64(header) > wait/1000+1 {
		t.Errorf("Retry-After %q beside %v ms", a.Header.Get("Retry-After"), wait)
	}
	if !strings.Contains(a.Errors[0].Message, strconv.Itoa(events)) {
		t.Errorf("message %q", a.Errors[0].Message)
	}
}

// overSocket is the code that one operation over a socket answers.
func overSocket(t *testing.T, s *client.Socket, query string, variables object) string {
	t.Helper()
	events, err := s.Subscribe(query, variables)
	must(t, err)
	return client.CodeOf(client.Decode(next(t, events), nil))
}

func TestRateOfOperations(t *testing.T) {
	t.Parallel()
	withRates(t, rates("RATE_OPERATIONS_PER_MINUTE", "6"), func(t *testing.T, w *world) {
		ada, bob := w.person(t, "ada"), w.person(t, "bob")
		socket := ada.socket(t)
		for i := range 3 { // HTTP and sockets count together.
			if code := ada.do(t, cheap, nil).code(); code != "" {
				t.Fatalf("operation %d over HTTP: %s", i, code)
			}
			if code := overSocket(t, socket, cheap, nil); code != "" {
				t.Fatalf("operation %d over the socket: %s", i, code)
			}
		}
		a := ada.do(t, cheap, nil)
		wantLimited(t, a, "operations", 6, time.Minute)
		if a.Status != http.StatusTooManyRequests {
			t.Errorf("status %d", a.Status)
		}
		if code := overSocket(t, socket, cheap, nil); code != "RATE_LIMITED" {
			t.Errorf("over the socket: %q", code)
		}
		older := ada.call(t, somewhere(), "application/json", cheap, nil)
		wantLimited(t, older, "operations", 6, time.Minute)
		if older.Status != http.StatusOK {
			t.Errorf("status %d for application/json", older.Status)
		}
		bob.get(t, cheap, nil)
		if a := w.signedOut().from(t, somewhere(), cheap); a.code() != "" {
			t.Errorf("a stranger: %v", a.Errors)
		}
	})
}

func TestRateOfOperationsCountsWhatIsNotValid(t *testing.T) {
	t.Parallel()
	withRates(t, rates("RATE_OPERATIONS_PER_MINUTE", "3"), func(t *testing.T, w *world) {
		p, from := w.signedOut(), somewhere()
		for _, query := range []string{`{`, `{ nothing }`, tooMuch["depth"].query} {
			if code := p.from(t, from, query).code(); code == "" || code == "RATE_LIMITED" {
				t.Fatalf("%s: %q", query, code)
			}
		}
		for _, query := range []string{`{`, cheap} {
			wantLimited(t, p.from(t, from, query), "operations", 3, time.Minute)
		}
		// A token that does not hold counts for the address too.
		forged := w.signedOut()
		forged.Token = "forged"
		wantLimited(t, forged.from(t, from, cheap), "operations", 3, time.Minute)
	})
}

func TestRateOfCost(t *testing.T) {
	t.Parallel()
	withRates(t, rates("RATE_COST_PER_MINUTE", "60"), func(t *testing.T, w *world) {
		const fifty = `{ viewer { chats(first: 48) { nodes { id } } } }`
		ada := w.person(t, "ada")
		a := ada.get(t, fifty, nil)
		if cost := at(a.Extensions, "cost.requested"); cost != 50.0 {
			t.Fatalf("the cost is %v, want 50", cost)
		}
		wantLimited(t, ada.do(t, fifty, nil), "cost", 60, time.Minute)
		ada.get(t, `{ viewer { id } }`, nil) // There is room for less.
		w.person(t, "bob").get(t, fifty, nil)
	})
}

// TestCostBeyondTheLimitPasses is about operations that cost more than a minute allows: they are not refused for ever.
func TestCostBeyondTheLimitPasses(t *testing.T) {
	t.Parallel()
	withRates(t, rates("RATE_COST_PER_MINUTE", "40"), func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		p.get(t, `{ viewer { chats(first: 48) { nodes { id } } } }`, nil)
		wantLimited(t, p.do(t, `{ viewer { id } }`, nil), "cost", 40, time.Minute)
		p.get(t, `{ __typename }`, nil) // It costs nothing.
	})
}

// TestRateOfAnAddress looks whose word is believed.
func TestRateOfAnAddress(t *testing.T) {
	t.Parallel()
	withRates(t, rates("RATE_ANONYMOUS_COST_PER_MINUTE", "2"), func(t *testing.T, w *world) {
		p, from := w.signedOut(), somewhere()
		for i := range 2 {
			if a := p.from(t, from, cheap); a.code() != "" {
				t.Fatalf("%d: %v", i, a.Errors)
			}
		}
		wantLimited(t, p.from(t, from, cheap), "cost", 2, time.Minute)
		for range 3 { // What stands before the proxy's own entry is the client's word.
			wantLimited(t, p.from(t, somewhere()+", "+from, cheap), "cost", 2, time.Minute)
			wantLimited(t, p.from(t, "127.0.0.1, "+somewhere()+","+from, cheap), "cost", 2, time.Minute)
		}
		if code := anonymousSocket(t, w, from).ask(cheap); code != "RATE_LIMITED" {
			t.Errorf("over a socket from there: %q", code)
		}
		elsewhere := somewhere()
		if code := anonymousSocket(t, w, elsewhere).ask(cheap); code != "" {
			t.Errorf("over a socket from elsewhere: %q", code)
		}
		if a := p.from(t, elsewhere, cheap); a.code() != "" {
			t.Errorf("from elsewhere: %v", a.Errors)
		}
		wantLimited(t, p.from(t, elsewhere, cheap), "cost", 2, time.Minute)

		six := fmt.Sprintf("2001:db8:%x:%x:", rand.N(1<<16), rand.N(1<<16))
		for _, host := range []string{":1", "dead:beef:0:2"} {
			if a := p.from(t, six+host, cheap); a.code() != "" {
				t.Fatalf("IPv6: %v", a.Errors)
			}
		}
		wantLimited(t, p.from(t, six+":3", cheap), "cost", 2, time.Minute)
	})
}

// TestForwardedAddressesAreNotBelieved is the default: nobody is a proxy.
func TestForwardedAddressesAreNotBelieved(t *testing.T) {
	t.Parallel()
	w := start(t, app.Part{Serves: true, Works: true}, map[string]string{"RATE_ANONYMOUS_COST_PER_MINUTE": "2"})
	for range 2 {
		if a := w.signedOut().from(t, somewhere(), cheap); a.code() != "" {
			t.Fatal(a.Errors)
		}
	}
	wantLimited(t, w.signedOut().from(t, somewhere(), cheap), "cost", 2, time.Minute)
}

func TestRateOfSignIns(t *testing.T) {
	t.Parallel()
	const signIn = `mutation { signIn(input: {identity: {dev: {email: "rates@example.com"}}}) { tokens { accessToken refreshToken } } }`
	withRates(t, rates("RATE_SIGN_INS_PER_MINUTE", "3"), func(t *testing.T, w *world) {
		from := somewhere()
		ada := w.signedOut()
		tokens := ada.from(t, from, signIn)
		if tokens.code() != "" {
			t.Fatal(tokens.Errors)
		}
		refresh := fmt.Sprintf(`mutation { refreshSession(input: {refreshToken: %q}) { tokens { accessToken } } }`, tokens.text("signIn.tokens.refreshToken"))
		for _, query := range []string{refresh, signIn} {
			if a := ada.from(t, from, query); a.code() != "" {
				t.Fatal(a.Errors)
			}
		}
		ada.Token = tokens.text("signIn.tokens.accessToken") // Being somebody does not help.
		before := w.counts(t)["sessions"]
		for _, query := range []string{signIn, refresh} {
			wantLimited(t, ada.from(t, from, query), "signIns", 3, time.Minute)
		}
		if after := w.counts(t)["sessions"]; after != before {
			t.Errorf("%d sessions were %d", after, before)
		}
		if a := ada.from(t, from, cheap); a.code() != "" {
			t.Errorf("other operations: %v", a.Errors)
		}
		if a := w.signedOut().from(t, somewhere(), signIn); a.code() != "" {
			t.Errorf("from elsewhere: %v", a.Errors)
		}
	})
}

func TestRateOfPaidMutations(t *testing.T) {
	t.Parallel()
	withRates(t, rates("RATE_PAID_PER_MINUTE", "2"), func(t *testing.T, w *world) {
		ada, bob := w.person(t, "ada"), w.person(t, "bob")
		chat := ada.newChat(t, object{"title": "named"})
		for range 2 {
			ada.exchange(t, chat, "[sandbox:echo] hello")
		}
		before := w.counts(t)
		send := object{"chatId": chat, "text": "[sandbox:echo] hello", "idempotencyKey": key()}
		wantLimited(t, ada.mutate(t, "sendMessage", send, "message { id }"), "paid", 2, time.Minute)
		if code := overSocket(t, ada.socket(t), mutation("sendMessage", "message { id }"), object{"input": send}); code != "RATE_LIMITED" {
			t.Errorf("over a socket: %q", code)
		}
		work := object{"work": object{"image": object{"prompt": "p", "size": "256x256"}}, "idempotencyKey": key()}
		wantLimited(t, ada.mutate(t, "createJob", work, "job { id }"), "paid", 2, time.Minute)
		for table, n := range w.counts(t) {
			if n != before[table] {
				t.Errorf("%d rows in %s were %d: a refused mutation did something", n, table, before[table])
			}
		}
		ada.newFolder(t, "costs nothing")
		bob.exchange(t, bob.newChat(t, nil), "[sandbox:echo] hello")
	})
}

func TestRateOfPaidMutationsInAnHour(t *testing.T) {
	t.Parallel()
	withRates(t, rates("RATE_PAID_PER_HOUR", "1"), func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		chat := p.newChat(t, nil)
		p.exchange(t, chat, "[sandbox:echo] hello")
		send := object{"chatId": chat, "text": "[sandbox:echo] hello", "idempotencyKey": key()}
		wantLimited(t, p.mutate(t, "sendMessage", send, "message { id }"), "paid", 1, time.Hour)
	})
}

func TestRateOfSubscriptions(t *testing.T) {
	t.Parallel()
	withRates(t, rates("RATE_SUBSCRIPTIONS_PER_MINUTE", "2"), func(t *testing.T, w *world) {
		const follow = `subscription { viewerEvents { __typename } }`
		ada := w.person(t, "ada")
		for range 2 { // It is the person who counts, not the socket.
			if code := overSocket(t, ada.socket(t), follow, nil); code != "" {
				t.Fatal(code)
			}
		}
		socket := ada.socket(t)
		if code := overSocket(t, socket, follow, nil); code != "RATE_LIMITED" {
			t.Errorf("the third: %q", code)
		}
		if code := overSocket(t, socket, cheap, nil); code != "" {
			t.Errorf("a query: %q", code)
		}
		if code := overSocket(t, w.person(t, "bob").socket(t), follow, nil); code != "" {
			t.Errorf("somebody else: %q", code)
		}
	})
}

func TestRetryAfterIsEnough(t *testing.T) {
	t.Parallel()
	withRates(t, rates("RATE_ANONYMOUS_COST_PER_MINUTE", "60"), func(t *testing.T, w *world) {
		p, from := w.signedOut(), somewhere()
		for range 200 {
			a := p.from(t, from, cheap)
			if a.code() == "" {
				continue
			}
			wantLimited(t, a, "cost", 60, time.Minute)
			wait, _ := a.Errors[0].Extensions["retryAfterMs"].(float64)
			<-time.After(time.Duration(wait) * time.Millisecond)
			if a := p.from(t, from, cheap); a.code() != "" {
				t.Errorf("after %v ms: %v", wait, a.Errors)
			}
			return
		}
		t.Error("nothing was refused")
	})
}

func TestZeroSwitchesALimitOff(t *testing.T) {
	t.Parallel()
	off := rates("RATE_OPERATIONS_PER_MINUTE", "0", "RATE_ANONYMOUS_COST_PER_MINUTE", "0", "RATE_COST_PER_MINUTE", "0",
		"RATE_SIGN_INS_PER_MINUTE", "0", "RATE_SIGN_INS_PER_HOUR", "0")
	withRates(t, off, func(t *testing.T, w *world) {
		for range 20 {
			w.signedOut().get(t, cheap, nil)
		}
		w.person(t, "ada").get(t, cheap, nil)
	})
}

// bareSocket is a socket that speaks the protocol by hand, since a client sends no headers of a proxy.
type bareSocket struct {
	t    *testing.T
	conn *websocket.Conn
}

// anonymousSocket opens a socket of nobody from an address.
func anonymousSocket(t *testing.T, w *world, from string) bareSocket {
	t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}}
	conn, res, err := dialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(w.url, "http"), http.Header{"X-Forwarded-For": {from}})
	must(t, err)
	must(t, res.Body.Close())
	t.Cleanup(func() { _ = conn.Close() })
	must(t, conn.WriteJSON(object{"type": "connection_init"}))
	return bareSocket{t, conn}
}

// greeting is what connection_init is answered with, or the close code.
func (s bareSocket) greeting() (kind string, closed int) {
	var m struct{ Type string }
	if err := s.conn.ReadJSON(&m); err != nil {
		return "", client.CloseCode(err)
	}
	return m.Type, 0
}

// ask runs one query and returns the code of its error, or "".
func (s bareSocket) ask(query string) string {
	s.t.Helper()
	if kind, closed := s.greeting(); kind != "connection_ack" {
		s.t.Fatalf("%q %d, want an acknowledgement", kind, closed)
	}
	must(s.t, s.conn.WriteJSON(object{"id": "1", "type": "subscribe", "payload": object{"query": query}}))
	var m struct {
		Type    string
		Payload json.RawMessage
	}
	must(s.t, s.conn.ReadJSON(&m))
	if m.Type != "error" {
		return ""
	}
	var errors client.Errors
	must(s.t, json.Unmarshal(m.Payload, &errors))
	return errors[0].Code()
}

func TestSocketsOfAnAddress(t *testing.T) {
	t.Parallel()
	w := start(t, app.Part{Serves: true, Works: true}, maps.Clone(proxied))
	from := somewhere()
	sockets := make([]bareSocket, 20)
	for i := range sockets {
		sockets[i] = anonymousSocket(t, w, from)
		if kind, closed := sockets[i].greeting(); kind != "connection_ack" {
			t.Fatalf("socket %d: %q %d", i, kind, closed)
		}
	}
	if kind, closed := anonymousSocket(t, w, from).greeting(); closed != 4429 {
		t.Errorf("socket 21: %q %d, want 4429", kind, closed)
	}
	if kind, closed := anonymousSocket(t, w, somewhere()).greeting(); kind != "connection_ack" {
		t.Errorf("from elsewhere: %q %d", kind, closed)
	}
	w.person(t, "ada").socket(t) // People count by themselves.
}

// upgraded opens a socket and says nothing on it; conn is nil where the address has too many connections.
func upgraded(t *testing.T, w *world) (conn *websocket.Conn, status int) {
	t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}}
	conn, res, err := dialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(w.url, "http"), nil)
	if res != nil {
		defer func() { _ = res.Body.Close() }()
		status = res.StatusCode
	}
	if err != nil {
		return nil, status
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn, status
}

// untilUpgraded opens a socket as soon as there is a place: the server hears of an end some time after the client.
func untilUpgraded(t *testing.T, w *world, why string) *websocket.Conn {
	t.Helper()
	for end := time.Now().Add(stuck); time.Now().Before(end); {
		if conn, _ := upgraded(t, w); conn != nil {
			return conn
		}
	}
	t.Fatalf("%s: there is still no place", why)
	return nil
}

// TestSocketsThatDoNotSignInHoldTheirAddress: they count from the handshake on, whether or not they ever send connection_init, and a
// good token gives the place back.
func TestSocketsThatDoNotSignInHoldTheirAddress(t *testing.T) {
	t.Parallel()
	w := start(t, app.Part{Serves: true, Works: true}, map[string]string{"MAX_CONNECTIONS_PER_ADDRESS": "3"})
	p := w.person(t, "ada")
	http.DefaultClient.CloseIdleConnections() // The sign-in's.
	silent := make([]*websocket.Conn, 3)
	for i := range silent {
		silent[i] = untilUpgraded(t, w, "the sign-in's connection was closed")
	}
	if conn, status := upgraded(t, w); conn != nil || status != http.StatusTooManyRequests && status != 0 { // 0: it was cut before its answer was read.
		t.Fatalf("a fourth is answered with %d", status)
	}
	must(t, silent[0].WriteJSON(object{"type": "connection_init"}))
	wantType(t, silent[0], "connection_ack")
	must(t, silent[1].WriteJSON(object{"type": "connection_init", "payload": object{"accessToken": "no token"}}))
	var m object
	if err := silent[1].ReadJSON(&m); client.CloseCode(err) != 4403 {
		t.Errorf("a bad token is answered with %v, %v", m, err)
	}
	must(t, silent[1].Close())
	silent[1] = untilUpgraded(t, w, "a socket was closed")
	if conn, _ := upgraded(t, w); conn != nil {
		t.Error("a connection_init without a token has given its place back")
	}
	must(t, silent[2].WriteJSON(object{"type": "connection_init", "payload": object{"accessToken": p.Token}}))
	wantType(t, silent[2], "connection_ack")
	untilUpgraded(t, w, "a socket has signed in")
	if conn, _ := upgraded(t, w); conn != nil {
		t.Error("one sign-in has given back two places")
	}
	must(t, silent[1].WriteJSON(object{"type": "connection_init", "payload": object{"accessToken": p.Token}}))
	wantType(t, silent[1], "connection_ack") // There is a place for what reads the metrics.
}

func wantType(t *testing.T, conn *websocket.Conn, want string) {
	t.Helper()
	var m struct{ Type string }
	if err := conn.ReadJSON(&m); err != nil || m.Type != want {
		t.Fatalf("%q, %v, want %q", m.Type, err, want)
	}
}
