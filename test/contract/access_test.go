package contract

import (
	"slices"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/internal/oid"
)

// scopes are what a key may have.
var scopes = []string{"READ", "CHAT", "JOBS", "FILES"}

// needOf is what a field's directive asks for; empty without one.
func needOf(f *ast.FieldDefinition) string {
	d := f.Directives.ForName("access")
	if d == nil {
		return ""
	}
	return d.Arguments.ForName("needs").Value.Raw
}

// withKey is the person at a client that has a key of theirs.
func (p *person) withKey(t *testing.T, more object, has ...string) *person {
	t.Helper()
	input := with(with(with(more, "name", "k"), "scopes", has), "idempotencyKey", key())
	secret := p.change(t, "createApiKey", input, "secret").text("result.secret")
	return &person{Client: client.Client{URL: p.URL, Token: secret}}
}

// TestEveryRootFieldSaysWhatItNeeds keeps the directive on all operations.
func TestEveryRootFieldSaysWhatItNeeds(t *testing.T) {
	t.Parallel()
	s := schema(t)
	for _, root := range []*ast.Definition{s.Query, s.Mutation, s.Subscription} {
		for _, f := range fields(root) {
			if needOf(f) == "" {
				t.Errorf("%s.%s has no @access", root.Name, f.Name)
			}
		}
	}
}

// TestScopesOfKeys tries every mutation and query with keys of every scope, by what the schema says they need.
func TestScopesOfKeys(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	s := schema(t)
	for _, scope := range scopes {
		t.Run(scope, func(t *testing.T) {
			t.Parallel()
			f := w.fixture(t, "scope-"+scope)
			k := f.withKey(t, nil, scope)
			for _, field := range fields(s.Mutation) {
				op, need := operations[field.Name], needOf(field)
				a := k.mutate(t, field.Name, op.input(f), op.selection)
				wantAccess(t, field.Name, scope, need, a)
			}
			for _, field := range fields(s.Query) {
				wantAccess(t, field.Name, scope, needOf(field), k.do(t, queries[field.Name], object{"id": f.chat}))
			}
		})
	}
}

// wantAccess checks that a key was refused for what it has no scope for, and for nothing else.
func wantAccess(t *testing.T, field, scope, need string, a answer) {
	t.Helper()
	allowed := need == "PUBLIC" || need == scope
	if refused := a.code() == "FORBIDDEN"; refused == allowed {
		t.Errorf("%s needs %s: a key of %s got %v", field, need, scope, a.Errors)
	}
	if !allowed && slices.Contains(scopes, need) && a.Errors[0].Extensions["scopeNeeded"] != need {
		t.Errorf("%s: extensions = %v", field, a.Errors[0].Extensions)
	}
}

// queries are a document for each root query; TestEveryQueryHasItsCase keeps them whole.
var queries = map[string]string{
	"viewer":         `{ viewer { id } }`,
	"node":           `query ($id: ID!) { node(id: $id) { id } }`,
	"nodes":          `query ($id: ID!) { nodes(ids: [$id]) { id } }`,
	"models":         `{ models { id } }`,
	"modelWarnings":  `{ modelWarnings { message } }`,
	"sharedArtifact": `{ sharedArtifact(token: "x") { kind } }`,
	"plans":          `{ plans { type } }`,
	"quote":          `{ quote(input: {plan: {goal: "g"}}) { isAllowed } }`,
	"administration": `{ administration { users { nodes { id } } } }`,
	"serverInfo":     `{ serverInfo { version } }`,
}

func TestEveryQueryHasItsCase(t *testing.T) {
	t.Parallel()
	for _, f := range fields(schema(t).Query) {
		if queries[f.Name] == "" {
			t.Errorf("query %s has no case: add it to queries", f.Name)
		}
	}
}

func TestAKeyIsShownNothingPrivate(t *testing.T) {
	t.Parallel()
	f := embedded(t).fixture(t, "ada")
	k := f.withKey(t, nil, scopes...)
	for _, field := range []string{"sessions { id }", "apiKeys { id }", "providerKeys { hint }", "payments { nodes { id } }"} {
		if a := k.do(t, `{ viewer { `+field+` } }`, nil); a.code() != "FORBIDDEN" {
			t.Errorf("%s: %v %v", field, a.Errors, a.Data)
		}
	}
	for _, id := range []string{f.session, f.apiKey, f.payment} {
		if a := k.get(t, `query ($id: ID!) { node(id: $id) { id } }`, object{"id": id}); a.at("node") != nil {
			t.Errorf("node(%s) is %v to a key", id, a.Data)
		}
	}
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

func TestSecretsOfKeysAreToldOnce(t *testing.T) {
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
