package contract

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weav-ai/weav/internal/app"
	"github.com/weav-ai/weav/internal/client"
)

// tooMuch are operations beyond a limit, with the limit's name.
var tooMuch = map[string]struct{ query, limit string }{
	"cost":             {`{ viewer { chats(first: 100) { nodes { messages(first: 20) { nodes { id } } } } } }`, "cost"},
	"rows of a report": {`{ viewer { usage(groupBy: [CHAT]) { rows { chat { messages(first: 20) { nodes { id } } } } } } }`, "cost"},
	"all the rows":     {`{ viewer { usage(groupBy: [CHAT]) { rows(first: 1000) { day } } } }`, "cost"},
	"depth":            {`{ viewer { chats { nodes { head { parent { parent { parent { parent { parent { parent { id } } } } } } } } } } }`, "depth"},
	"aliases":          {"{ models { " + numbered(31, "a%d: id ") + "} }", "aliases"},
	"root fields":      {"{ " + strings.Repeat("serverInfo { version } ", 11) + "}", "rootFields"},
	"mutation fields":  {`mutation { a: signOut(input: {}) { endedSessionIds } b: signOut(input: {}) { endedSessionIds } }`, "mutationFields"},
	"directives":       {"{ serverInfo { " + strings.Repeat("version @skip(if: false) ", 51) + "} }", "directives"},
	"nodes":            {"{ models { " + strings.Repeat("...F ", 20) + "} } fragment F on Model { " + strings.Repeat("id ", 30) + "}", "nodes"},
}

func numbered(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func TestLimits(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	socket := p.socket(t)
	for name, c := range tooMuch {
		a := p.do(t, c.query, nil)
		if a.code() != "QUERY_TOO_COMPLEX" || a.Status != 400 || a.Errors[0].Extensions["limitName"] != c.limit {
			t.Errorf("%s over HTTP: %d %v", name, a.Status, a.Errors)
		}
		events, err := socket.Subscribe(c.query, nil)
		must(t, err)
		if got := client.CodeOf(client.Decode(next(t, events), nil)); got != "QUERY_TOO_COMPLEX" {
			t.Errorf("%s over the socket: %q", name, got)
		}
	}
}

func TestTokenLimit(t *testing.T) {
	t.Parallel()
	p := embedded(t).signedOut()
	if a := p.do(t, "{ serverInfo { "+strings.Repeat("version ", 1001)+"} }", nil); a.code() != "GRAPHQL_PARSE_FAILED" {
		t.Errorf("1,001 tokens: %v", a.Errors)
	}
}

func TestCostIsReported(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	a := p.get(t, `{ viewer { chats(first: 10) { nodes { id } } } serverInfo { limits { maxOperationCost maxRequestBytes maxTextChars } } }`, nil)
	cost, ok := a.at("serverInfo.limits.maxOperationCost").(float64)
	if !ok || cost != 1000 || a.at("serverInfo.limits.maxRequestBytes") != 131072.0 || a.at("serverInfo.limits.maxTextChars") != 8000.0 {
		t.Errorf("limits: %v", a.at("serverInfo.limits"))
	}
	if _, reported := a.Extensions["cost"]; !reported {
		t.Errorf("extensions have no cost: %v", a.Extensions)
	}
}

// TestCostCountsEveryList by the entries that it may bring: a list of a new field, too.
func TestCostCountsEveryList(t *testing.T) {
	t.Parallel()
	s := schema(t)
	boss := start(t, app.Part{Serves: true, Works: true}, map[string]string{"ADMIN_EMAILS": address("boss")}).person(t, "boss")
	// around is how an operation comes to an object of a type, with one %s for the list.
	around := map[string]string{
		"User": `{ viewer { %s } }`, "Administration": `{ administration { %s } }`,
		"Folder": `{ viewer { folders(first: 1) { nodes { %s } } } }`, "Chat": `{ viewer { chats(first: 1) { nodes { %s } } } }`,
	}
	for _, d := range own(s) {
		for _, f := range fields(d) {
			if d.Kind == ast.InputObject || !strings.HasSuffix(f.Type.Name(), "Connection") {
				continue
			}
			if around[d.Name] == "" {
				t.Errorf("%s.%s: say in `around` how an operation comes to it", d.Name, f.Name)
				continue
			}
			cost := func(first int) float64 {
				args := fmt.Sprintf("first: %d", first)
				if f.Arguments.ForName("query") != nil {
					args += `, query: "word"`
				}
				a := boss.get(t, fmt.Sprintf(around[d.Name], fmt.Sprintf("%s(%s) { nodes { __typename } pageInfo { hasNextPage } }", f.Name, args)), nil)
				cost, _ := at(a.Extensions, "cost.requested").(float64)
				return cost
			}
			if few, many := cost(1), cost(90); many-few < 80 {
				t.Errorf("%s.%s costs %v for 1 and %v for 90", d.Name, f.Name, few, many)
			}
		}
	}
}

// TestRequestBytes is exact: 128 KiB pass, one byte more does not.
func TestRequestBytes(t *testing.T) {
	t.Parallel()
	p := embedded(t).signedOut()
	const most = 128 << 10
	body := func(size int) []byte {
		const head, tail = `{"query": "{ serverInfo { version } } #`, `"}`
		return []byte(head + strings.Repeat("x", size-len(head)-len(tail)) + tail)
	}
	if a := p.send(t, body(most)); a.code() != "" {
		t.Errorf("128 KiB: %v", a.Errors)
	}
	if a := p.send(t, body(most+1)); a.code() != "PAYLOAD_TOO_LARGE" || a.Status != 413 {
		t.Errorf("one byte more: %d %v", a.Status, a.Errors)
	}
	socket := p.socket(t)
	_, err := socket.Subscribe("{ serverInfo { version } } #"+strings.Repeat("x", most), nil)
	must(t, err)
	<-socket.Gone()
	if err := socket.Err(); err == nil || !strings.Contains(err.Error(), "1009") {
		t.Errorf("the socket ended with %v, want 1009", err)
	}
}

func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	for what, c := range map[string]struct {
		body, code string
		status     int
	}{
		"no JSON":                {`{`, "BAD_USER_INPUT", 400},
		"no query":               {`{}`, "BAD_USER_INPUT", 400},
		"a list":                 {`[{"query": "{ models { id } }"}]`, "BAD_USER_INPUT", 400},
		"query is no text":       {`{"query": 1}`, "BAD_USER_INPUT", 400},
		"variables are a list":   {`{"query": "{ models { id } }", "variables": []}`, "BAD_USER_INPUT", 400},
		"not UTF-8":              {"{\"query\": \"{ models { id } } #\xff\"}", "BAD_USER_INPUT", 400},
		"a syntax error":         {`{"query": "{"}`, "GRAPHQL_PARSE_FAILED", 400},
		"an unknown field":       {`{"query": "{ nothing }"}`, "GRAPHQL_VALIDATION_FAILED", 400},
		"an unknown operation":   {`{"query": "query A { models { id } } query B { models { id } }", "operationName": "C"}`, "GRAPHQL_VALIDATION_FAILED", 400},
		"a subscription by POST": {`{"query": "subscription { viewerEvents { __typename } }"}`, "BAD_USER_INPUT", 400},
	} {
		a := p.send(t, []byte(c.body))
		if a.code() != c.code || a.Status != c.status {
			t.Errorf("%s: %d %v, want %d %s", what, a.Status, a.Errors, c.status, c.code)
		}
	}
}

// TestWrongCaseEnum sends values in lower case: gqlparser lets those of variables pass, so the server must refuse them.
func TestWrongCaseEnum(t *testing.T) {
	t.Parallel()
	f := embedded(t).fixture(t, "ada")
	before := f.get(t, `{ viewer { preferences { theme language revision } folders { nodes { id } } sessions { id } } }`, nil)
	for what, a := range map[string]answer{
		"a theme":    f.mutate(t, "updatePreferences", object{"theme": "light"}, "viewer { id }"),
		"a language": f.mutate(t, "updatePreferences", object{"language": "ko"}, "viewer { id }"),
		"a literal":  f.do(t, `mutation { updatePreferences(input: {theme: light}) { viewer { id } } }`, nil),
		"a mode":     f.mutate(t, "deleteFolder", object{"folderId": f.folder, "mode": "keep_chats"}, "affectedChats"),
		"a scope":    f.mutate(t, "signOut", object{"scope": "all_sessions"}, "endedSessionIds"),
	} {
		if a.code() != "GRAPHQL_VALIDATION_FAILED" && a.code() != "BAD_USER_INPUT" && a.reason() != "INVALID_VALUE" {
			t.Errorf("%s in the wrong case: %v %v", what, a.Errors, a.Data)
		}
	}
	after := f.get(t, `{ viewer { preferences { theme language revision } folders { nodes { id } } sessions { id } } }`, nil)
	if diff := cmp.Diff(before.Data, after.Data); diff != "" {
		t.Errorf("something changed:\n%s", diff)
	}
}

func TestIntrospection(t *testing.T) {
	t.Parallel()
	query, err := os.ReadFile("../../graph/guard/testdata/introspection.graphql")
	must(t, err)
	a := embedded(t).signedOut().get(t, string(query), nil)
	if types, _ := a.at("__schema.types").([]any); len(types) < 100 {
		t.Errorf("introspection tells %d types", len(types))
	}
}

// TestErrorsCarryTheirFacts looks at the extensions of each kind of error.
func TestErrorsCarryTheirFacts(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	f := w.fixture(t, "ada")
	for code, c := range map[string]struct {
		answer answer
		status float64
	}{
		"NOT_FOUND":                 {f.mutate(t, "pinChat", object{"chatId": "x", "pinned": true}, "chat { id }"), 404},
		"CONFLICT":                  {f.mutate(t, "renameChat", object{"chatId": f.chat, "title": "n", "ifRevision": 99}, "chat { id }"), 409},
		"UNAUTHENTICATED":           {w.signedOut().mutate(t, "signOut", object{}, "endedSessionIds"), 401},
		"MODEL_NOT_ALLOWED":         {f.mutate(t, "createChat", object{"modelId": "x", "idempotencyKey": key()}, "chat { id }"), 400},
		"BAD_USER_INPUT":            {f.do(t, `{ viewer { chats(first: 0) { nodes { id } } } }`, nil), 400},
		"BAD_CURSOR":                {f.do(t, `{ viewer { chats(after: "x") { nodes { id } } } }`, nil), 400},
		"GRAPHQL_PARSE_FAILED":      {f.do(t, `{`, nil), 400},
		"GRAPHQL_VALIDATION_FAILED": {f.do(t, `{ nothing }`, nil), 400},
		"QUERY_TOO_COMPLEX":         {f.do(t, tooMuch["cost"].query, nil), 400},
	} {
		if c.answer.code() != code {
			t.Errorf("got %v, want %s", c.answer.Errors, code)
			continue
		}
		facts := c.answer.Errors[0].Extensions
		id, _ := facts["requestId"].(string)
		if facts["httpStatus"] != c.status || id == "" || facts["retryable"] == nil {
			t.Errorf("%s tells %v", code, facts)
		}
		if header := c.answer.Header.Get("X-Request-Id"); header != id {
			t.Errorf("%s tells the request %s, its header %s", code, id, header)
		}
	}
}

func TestBadToken(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	p := w.person(t, "ada")
	for what, token := range map[string]string{"nonsense": "x", "cut": p.Token[:len(p.Token)-3], "unsigned": "eyJhbGciOiJub25lIn0.e30."} {
		stranger := w.signedOut()
		stranger.Token = token
		if a := stranger.do(t, `{ viewer { id } }`, nil); a.code() != "UNAUTHENTICATED" || a.Status != 401 {
			t.Errorf("%s: %d %v", what, a.Status, a.Errors)
		}
	}
	p.change(t, "signOut", object{}, "endedSessionIds")
	if a := p.do(t, `{ viewer { id } }`, nil); a.code() != "UNAUTHENTICATED" {
		t.Errorf("after signing out: %v %v", a.Errors, a.Data)
	}
}

// TestInternalHidesItsCause takes a table away below the server.
func TestInternalHidesItsCause(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	p := w.person(t, "ada")
	_, err := w.rows.ExecContext(t.Context(), `ALTER TABLE prompts RENAME TO gone`)
	must(t, err)
	a := p.do(t, `{ viewer { prompts { nodes { id } } } }`, nil)
	if a.code() != "INTERNAL" || a.Errors[0].Extensions["httpStatus"] != 500.0 {
		t.Fatalf("got %v %v", a.Errors, a.Data)
	}
	for _, secret := range []string{"prompts", "SQL", "table"} {
		if strings.Contains(a.Errors[0].Message, secret) {
			t.Errorf("the message tells %q: %s", secret, a.Errors[0].Message)
		}
	}
}
