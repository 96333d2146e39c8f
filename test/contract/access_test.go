package contract

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	entkey "github.com/weav-ai/weav/ent/apikey"
	"github.com/weav-ai/weav/internal/app"
	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/internal/oid"
)

// withKey is the person at a client that has a key of theirs.
func (p *person) withKey(t *testing.T, more object, has ...string) *person {
	t.Helper()
	input := with(with(with(more, "name", "k"), "scopes", has), "idempotencyKey", key())
	secret := p.change(t, "createApiKey", input, "secret").text("result.secret")
	return &person{Client: client.Client{URL: p.URL, Token: secret}}
}

func TestAKeyWorksUntilItEnds(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		k := p.withKey(t, nil, "READ", "CHAT")
		chat := k.newChat(t, object{"title": "t"})
		k.change(t, "sendMessage", object{"chatId": chat, "text": echo + "hi", "idempotencyKey": key()}, "reply { id }")
		a := p.get(t, `{ viewer { apiKeys { id hint isTest scopes lastUsedAt revokedAt spentThisMonth { amountMicros } } } }`, nil)
		id := a.text("viewer.apiKeys.0.id")
		if a.at("viewer.apiKeys.0.lastUsedAt") == nil || a.text("viewer.apiKeys.0.hint") != k.Token[len(k.Token)-4:] || a.at("viewer.apiKeys.0.spentThisMonth.amountMicros") != 0.0 {
			t.Errorf("the key is shown as %v", a.at("viewer.apiKeys.0"))
		}
		socket := k.socket(t)
		p.change(t, "revokeApiKey", object{"apiKeyId": id}, "apiKey { revokedAt }")
		p.change(t, "revokeApiKey", object{"apiKeyId": id}, "apiKey { revokedAt }")
		if a := k.do(t, `{ viewer { id } }`, nil); a.code() != "UNAUTHENTICATED" {
			t.Errorf("a revoked key: %v %v", a.Errors, a.Data)
		}
		select {
		case <-socket.Gone():
		case <-time.After(20 * time.Second):
			t.Error("the socket of a revoked key stays open")
		}
	})
}

func TestSecretsOfKeysAreShownOnce(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	p := w.person(t, "ada")
	input := object{"name": "k", "scopes": []string{"READ"}, "idempotencyKey": key()}
	first := p.change(t, "createApiKey", input, "apiKey { id } secret")
	again := p.change(t, "createApiKey", input, "apiKey { id } secret")
	secret := first.text("result.secret")
	if secret == "" || again.at("result.secret") != nil || again.text("result.apiKey.id") != first.text("result.apiKey.id") {
		t.Errorf("first %v, again %v", first.Data, again.Data)
	}
	id, err := oid.Parse[oid.APIKey](first.text("result.apiKey.id"))
	must(t, err)
	if row := w.rows.APIKey.GetX(t.Context(), id); row.Hash == secret || row.Hint == secret {
		t.Errorf("the row keeps the secret: %v", row)
	}
	for what, token := range map[string]string{"a typing error": secret[:20] + "x" + secret[21:], "half": secret[:30], "another": "weav_live_" + secret[10:]} {
		wrong := &person{Client: client.Client{URL: p.URL, Token: token}}
		if a := wrong.do(t, `{ viewer { id } }`, nil); a.code() != "UNAUTHENTICATED" && token != secret {
			t.Errorf("%s: %v", what, a.Errors)
		}
	}
}

func TestKeysThatAreRefused(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	p := w.person(t, "ada")
	for what, c := range map[string]struct {
		more         object
		code, reason string
	}{
		"no scope":          {object{"scopes": []string{}}, "", "REQUIRED"},
		"an end before now": {object{"expiresAt": "2001-01-01T00:00:00Z"}, "", "INVALID_VALUE"},
		"an end far away":   {object{"expiresAt": "2101-01-01T00:00:00Z"}, "", "INVALID_VALUE"},
		"a budget of none":  {object{"monthlyBudget": object{"amountMicros": 0, "currency": "USD"}}, "", "INVALID_VALUE"},
		"a budget in won":   {object{"monthlyBudget": object{"amountMicros": 5, "currency": "KRW"}}, "", "INVALID_VALUE"},
		"no model":          {object{"modelIds": []string{}}, "", "INVALID_VALUE"},
		"a retired model":   {object{"modelIds": []string{"sandbox-classic"}}, "", "INVALID_VALUE"},
		"an unknown model":  {object{"modelIds": []string{"nothing"}}, "MODEL_NOT_ALLOWED", ""},
	} {
		input := object{"name": "k", "scopes": []string{"READ"}, "idempotencyKey": key()}
		for field, value := range c.more {
			input[field] = value
		}
		if a := p.mutate(t, "createApiKey", input, "apiKey { id }"); a.code() != c.code || a.reason() != c.reason {
			t.Errorf("%s: %v %v", what, a.Errors, a.at("result.userErrors"))
		}
	}
	for range 20 {
		p.change(t, "createApiKey", object{"name": "k", "scopes": []string{"READ"}, "idempotencyKey": key()}, "apiKey { id }")
	}
	if a := p.mutate(t, "createApiKey", object{"name": "k", "scopes": []string{"READ"}, "idempotencyKey": key()}, "apiKey { id }"); a.reason() != "LIMIT_REACHED" {
		t.Errorf("the twenty-first key: %v", a.at("result"))
	}
}

// TestAHandshakeOfASocketSaysNothing: who a socket is, connection_init says alone, for only that ends with its session.
func TestAHandshakeOfASocketSaysNothing(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	k := p.withKey(t, nil, "READ")
	for _, upgrade := range []string{"websocket", "WebSocket", "x, websocket", "websocket, x"} {
		for _, token := range []string{p.Token, k.Token} {
			if id := p.whoIs(t, upgrade, token, ""); id != nil {
				t.Errorf("Upgrade: %s: the header makes the socket %v's", upgrade, id)
			}
		}
		if id := p.whoIs(t, upgrade, "stale", p.Token); id != p.idOf(t) {
			t.Errorf("Upgrade: %s: a stale header makes the socket %v's", upgrade, id)
		}
	}
}

// whoIs opens a socket with a handshake that says upgrade and brings one token, and a connection_init that brings another, and
// answers whom the server takes it for.
func (p *person) whoIs(t *testing.T, upgrade, header, init string) (id any) {
	t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}, NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		return &reworded{Conn: conn, upgrade: upgrade}, err
	}}
	conn, res, err := dialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(p.URL, "http"), http.Header{"Authorization": {"Bearer " + header}})
	must(t, err)
	must(t, res.Body.Close())
	defer func() { must(t, conn.Close()) }()
	payload := object{}
	if init != "" {
		payload["Authorization"] = "Bearer " + init
	}
	must(t, conn.WriteJSON(object{"type": "connection_init", "payload": payload}))
	for {
		var frame object
		must(t, conn.ReadJSON(&frame))
		switch frame["type"] {
		case "connection_ack":
			must(t, conn.WriteJSON(object{"type": "subscribe", "id": "1", "payload": object{"query": `{ viewer { id } }`}}))
		case "next":
			return at(frame, "payload.data.viewer.id")
		case "error":
			t.Fatalf("refused: %v", frame)
		}
	}
}

// reworded is a connection whose handshake says its Upgrade in other words than the client's library would.
type reworded struct {
	net.Conn

	upgrade string
	begun   bool
}

// Write implements net.Conn.
func (r *reworded) Write(b []byte) (int, error) {
	if r.begun {
		return r.Conn.Write(b)
	}
	r.begun = true
	_, err := r.Conn.Write(bytes.Replace(b, []byte("Upgrade: websocket"), []byte("Upgrade: "+r.upgrade), 1))
	return len(b), err
}

// TestAKeyGetsNoExport: it holds what no key may see, whichever user ordered it.
func TestAKeyGetsNoExport(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	ended := p.export(t, true)
	k := p.withKey(t, nil, scopes...)
	artifact := ended.Result.Artifacts[0].ID
	a := k.get(t, `query ($id: ID!) { node(id: $id) { ... on Artifact { kind url } } viewer { artifacts { nodes { url } } } }`, object{"id": artifact})
	if a.at("node.url") != nil || a.at("viewer.artifacts.nodes.0.url") != nil {
		t.Errorf("a key is sent to it: %v", a.Data)
	}
	if a := k.mutate(t, "retryJob", object{"jobId": ended.ID, "idempotencyKey": key()}, "job { id }"); a.code() != "FORBIDDEN" {
		t.Errorf("a key orders it again: %v %v", a.Errors, a.Data)
	}
	if status := fileStatus(t, k, artifact); status != http.StatusNotFound {
		t.Errorf("its lasting address answers a key with %d", status)
	}
	if status := fileStatus(t, p, artifact); status != http.StatusFound {
		t.Errorf("its lasting address answers the person with %d", status)
	}
}

// fileStatus is how the lasting address of an artifact answers.
func fileStatus(t *testing.T, p *person, artifact string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSuffix(p.URL, "/graphql")+"/artifacts/"+artifact, http.NoBody)
	must(t, err)
	req.Header.Set("Authorization", "Bearer "+p.Token)
	res, err := http.DefaultTransport.RoundTrip(req)
	must(t, err)
	must(t, res.Body.Close())
	return res.StatusCode
}

// TestLastingAddressesNeedTheScope as the fields do that tell them.
func TestLastingAddressesNeedTheScope(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	_, artifact := p.picture(t, "a picture")
	for scope, want := range map[string]int{"READ": http.StatusFound, "CHAT": http.StatusForbidden, "JOBS": http.StatusForbidden, "FILES": http.StatusForbidden} {
		if got := fileStatus(t, p.withKey(t, nil, scope), artifact); got != want {
			t.Errorf("a key of %s is answered with %d, want %d", scope, got, want)
		}
	}
}

// TestNoKeyOutlivesTheEndOfAllSessions, also one that is being made at that moment.
func TestNoKeyOutlivesTheEndOfAllSessions(t *testing.T) {
	t.Parallel()
	settings := services(t)
	settings["ADMIN_EMAILS"] = address("boss")
	w := start(t, app.Part{Serves: true}, settings)
	boss := w.person(t, "boss")
	for i := range 15 {
		p := w.person(t, fmt.Sprint("p", i))
		id := p.idOf(t)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				input := object{"name": "k", "scopes": []string{"READ"}, "idempotencyKey": key()}
				if a := p.mutate(t, "createApiKey", input, "apiKey { id }"); a.code() != "" && a.code() != "UNAUTHENTICATED" && a.code() != "UNAVAILABLE" {
					t.Errorf("a key: %v", a.Errors)
				}
			})
		}
		all.Go(func() { boss.change(t, "endUserSessions", object{"userId": id, "reason": "r"}, "account { id }") })
		all.Wait()
		user, err := oid.Parse[oid.User](id)
		must(t, err)
		if n := w.rows.APIKey.Query().Where(entkey.UserID(user), entkey.RevokedAtIsNil()).CountX(t.Context()); n != 0 {
			t.Fatalf("round %d: %d keys live on", i, n)
		}
	}
}
