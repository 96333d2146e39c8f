package contract

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// fetched is what a page answers, followed to its end.
func (w *world) fetched(t *testing.T, path string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSuffix(w.url, "/graphql")+path, http.NoBody)
	must(t, err)
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	must(t, err)
	return res.StatusCode, string(raw)
}

// TestDeferIsNotOffered: gqlgen's executor answers null for what is deferred.
func TestDeferIsNotOffered(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	for _, name := range p.get(t, `{ __schema { directives { name } } }`, nil).list("__schema.directives", "name") {
		if name == "defer" {
			t.Error("introspection offers @defer")
		}
	}
	a := p.do(t, `{ viewer { id ... @defer { email } } }`, nil)
	if a.code() != "GRAPHQL_VALIDATION_FAILED" || !strings.Contains(a.message(), "@defer") {
		t.Errorf("@defer: %v, %v", a.Errors, a.Data)
	}
}

// TestRootsAreDescribed: tools show these three first.
func TestRootsAreDescribed(t *testing.T) {
	t.Parallel()
	a := embedded(t).person(t, "ada").get(t, `{ __schema { queryType { description } mutationType { description } subscriptionType { description } } }`, nil)
	for _, root := range []string{"queryType", "mutationType", "subscriptionType"} {
		if len(a.text("__schema."+root+".description")) < 20 {
			t.Errorf("%s has no description", root)
		}
	}
}

func TestSchemaCanBeHidden(t *testing.T) {
	t.Parallel()
	w := embedded(t, map[string]string{"INTROSPECTION": "false"})
	p := w.person(t, "ada")
	for _, document := range []string{`{ __schema { queryType { name } } }`, `{ __type(name: "User") { name } }`, `{ viewer { id } ...F } fragment F on Query { __schema { types { name } } }`} {
		a := p.do(t, document, nil)
		if a.code() != "GRAPHQL_VALIDATION_FAILED" || !strings.Contains(a.message(), "Introspection is switched off") {
			t.Errorf("%s: %v, %v", document, a.Errors, a.Data)
		}
	}
	for document, variables := range map[string]object{
		`{ viwer { id } }`: nil, `query ($k: ArtifactKind) { viewer { artifacts(kind: $k) { nodes { id } } } }`: {"k": "image"},
		`query ($f: JobFilter) { viewer { jobs(filter: $f) { nodes { id } } } }`: {"f": object{"Statuses": []string{}}},
	} {
		if a := p.do(t, document, variables); a.code() != "GRAPHQL_VALIDATION_FAILED" || strings.Contains(a.message(), "Did you mean") {
			t.Errorf("%s: %v", document, a.Errors)
		}
	}
	if a := p.get(t, `{ __typename viewer { __typename } }`, nil); a.text("viewer.__typename") != "User" {
		t.Errorf("__typename is no introspection: %v", a.Data)
	}
	if status, body := w.fetched(t, "/playground/"); status != http.StatusOK || !strings.Contains(body, "INTROSPECTION=false") {
		t.Errorf("the playground does not say why it knows no schema: %d %s", status, body)
	}
}

func TestPlaygroundCanBeOff(t *testing.T) {
	t.Parallel()
	w := embedded(t, map[string]string{"PLAYGROUND": "false"})
	for _, path := range []string{"/", "/playground", "/playground/", "/playground/index.html"} {
		if status, body := w.fetched(t, path); status != http.StatusNotFound || !strings.Contains(body, "PLAYGROUND=false") {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if a := w.person(t, "ada").get(t, `{ __schema { queryType { name } } }`, nil); a.text("__schema.queryType.name") != "Query" {
		t.Errorf("introspection: %v", a.Data)
	}
}

// TestSubscriptionsWithTwoRootFields are refused before they run, over a socket as over HTTP.
func TestSubscriptionsWithTwoRootFields(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	chat := p.newChat(t, nil)
	socket := p.socket(t)
	for _, document := range []string{
		`subscription ($c: ID!) { chatEvents(chatId: $c) { __typename } viewerEvents { __typename } }`,
		`subscription ($c: ID!) { a: chatEvents(chatId: $c) { __typename } b: chatEvents(chatId: $c) { __typename } }`,
		`subscription ($c: ID!) { ...F ...G } fragment F on Subscription { viewerEvents { __typename } } fragment G on Subscription { chatEvents(chatId: $c) { __typename } }`,
		`subscription ($c: ID!) { chatEvents(chatId: $c) { __typename } viewerEvents @skip(if: true) { __typename } }`,
		`subscription ($c: ID!) { chatEvents(chatId: $c) @skip(if: true) { __typename } }`,
	} {
		if code := refusedOn(t, socket, document, object{"c": chat}); code != "GRAPHQL_VALIDATION_FAILED" {
			t.Errorf("%s: %q", document, code)
		}
	}
}

// TestHeadWithoutChat: an order that expects a head of no chat is refused.
func TestHeadWithoutChat(t *testing.T) {
	t.Parallel()
	f := embedded(t).fixture(t, "ada")
	work := object{"text": object{"prompt": "p"}}
	for _, head := range []string{f.reply, "msg_x", ""} {
		a := f.mutate(t, "createJob", object{"work": work, "ifHead": head, "idempotencyKey": key()}, "job { id }")
		if a.reason() != "INVALID_VALUE" || a.at("result.userErrors.0.path.1") != "ifHead" {
			t.Errorf("%q: %v %v", head, a.Errors, a.Data)
		}
	}
	f.change(t, "createJob", object{"work": work, "ifHead": nil, "idempotencyKey": key()}, "job { id }")
}

// TestSignedOutModelsAskToSignIn: that comes before all other reasons.
func TestSignedOutModelsAskToSignIn(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	p.Token = ""
	a := p.get(t, `{ models(filter: {states: [ACTIVE, DEPRECATED, RETIRED]}) { id unavailableReason } }`, nil)
	reasons := a.list("models", "unavailableReason")
	if len(reasons) < 5 {
		t.Fatalf("only %d models", len(reasons))
	}
	for i, reason := range reasons {
		if reason != "SIGN_IN_REQUIRED" {
			t.Errorf("%v: %q", a.at("models").([]any)[i], reason)
		}
	}
}
