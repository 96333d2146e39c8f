package contract

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weav-ai/weav/internal/client"
)

// wrongValue is a variable that must be refused before anything runs.
type wrongValue struct {
	query     string
	variables object
	// names is what the message must name.
	names string
}

// TestWrongVariables: over HTTP and over sockets, a value that its type does not have is refused as the specification says, and changes
// nothing.
func TestWrongVariables(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	f := w.fixture(t, "ada")
	before := w.counts(t)
	socket := f.socket(t)
	for name, c := range wrongVariables(t, f) {
		a := f.do(t, c.query, c.variables)
		if a.code() != "GRAPHQL_VALIDATION_FAILED" || a.Status != 400 || !strings.Contains(a.message(), c.names) {
			t.Errorf("%s over HTTP: %d %v, %v", name, a.Status, a.Errors, a.Data)
		}
		if code := refusedOn(t, socket, c.query, c.variables); code != "GRAPHQL_VALIDATION_FAILED" {
			t.Errorf("%s over a socket: %q", name, code)
		}
	}
	sameCounts(t, before, w.counts(t))
	if err := socket.Err(); err != nil {
		t.Errorf("the socket ended: %v", err)
	}
}

// refusedOn is the code of the first answer to an operation over a socket, "" for an answer with data.
func refusedOn(t *testing.T, socket *client.Socket, query string, variables object) string {
	t.Helper()
	events, err := socket.Subscribe(query, variables)
	must(t, err)
	return client.CodeOf(client.Decode(next(t, events), &struct{}{}))
}

func wrongVariables(t *testing.T, f *fixture) map[string]wrongValue {
	t.Helper()
	input := func(name, path string, value any, names string) wrongValue {
		op := operations[name]
		return wrongValue{mutation(name, op.selection), object{"input": put(op.input(f), path, value)}, names}
	}
	all := map[string]wrongValue{
		"a membership in lower case": input("preparePayment", "plan", "standard", `"standard"`),
		"what a retirement brings":   input("createChat", "onRetirement", "auto", `"auto"`),
		"the same, changed":          input("configureChat", "onRetirement", "Auto", `"Auto"`),
		"a role":                     input("setRole", "role", "admin", `"admin"`),
		"an enum nested in an input": {mutation("createJob", "job { id }"), object{"input": object{"work": object{"image": object{"prompt": "p", "quality": "hd"}}, "idempotencyKey": key()}}, `"hd"`},
		"an enum in a list of an input": {
			`query ($f: JobFilter) { viewer { jobs(filter: $f) { nodes { id } } } }`, object{"f": object{"statuses": []string{"COMPLETED", "failed"}}}, "$f.statuses.1",
		},
		"an enum in a list":            {`query ($s: [ModelState!]) { models(filter: {states: $s}) { id } }`, object{"s": []string{"active"}}, "$s.0"},
		"an enum as an argument":       {`query ($k: ArtifactKind) { viewer { artifacts(kind: $k) { nodes { id } } } }`, object{"k": "image"}, `"image"`},
		"an Int in quotes":             {`query ($n: Int) { viewer { chats(first: $n) { nodes { id } } } }`, object{"n": "5"}, `"5"`},
		"an Int beyond 32 bits":        {`query ($n: Int) { viewer { chats(first: $n) { nodes { id } } } }`, object{"n": 1 << 31}, "2147483648"},
		"a Float that is NaN":          input("createJob", "work.text.temperature", "NaN", `"NaN"`),
		"a Float that is Infinity":     input("createJob", "work.text.temperature", "Infinity", `"Infinity"`),
		"a Float beyond float64":       input("createJob", "work.text.temperature", json.Number("1e999"), "1e999"),
		"a Boolean in quotes":          input("createJob", "storeResult", "false", `"false"`),
		"an id that is a boolean":      input("renameFolder", "folderId", true, "true"),
		"an id with a fraction":        input("renameFolder", "folderId", 1.5, "1.5"),
		"a text that is a number":      input("renameFolder", "name", 5, "not 5"),
		"null for what has a default":  input("createJob", "onLimit", nil, "OnJobLimit!"),
		"two of one":                   {mutation("createJob", "job { id }"), object{"input": object{"work": object{"text": object{"prompt": "p"}, "image": object{"prompt": "p"}}, "idempotencyKey": key()}}, "exactly one"},
		"null where a default let it":  {`query ($n: Int = 5) { viewer { usage { rows(first: $n) { day } } } }`, object{"n": nil}, "Int!"},
		"null for a directive":         {`query ($x: Boolean = true) { viewer @skip(if: $x) { id } }`, object{"x": nil}, "Boolean!"},
		"a long value, which is cut":   input("preparePayment", "plan", strings.Repeat("secret", 20), `"…" (120)`),
		"an input that is a text":      {mutation("createFolder", "folder { id }"), object{"input": "{}"}, "CreateFolderInput"},
		"an unknown field of an input": input("createFolder", "__typename", "CreateFolderInput", "no such field"),
	}
	for name, op := range operations {
		for path, value := range enumsOf(t, schema(t), schema(t).Types[strings.ToUpper(name[:1])+name[1:]+"Input"], op.input(f), "") {
			all[name+" "+path] = input(name, path, strings.ToLower(value), `"`+strings.ToLower(value)+`"`)
		}
	}
	return all
}

// enumsOf finds the fields of an input that are enums, at any depth of what the input gives, with one of their values.
func enumsOf(t *testing.T, s *ast.Schema, def *ast.Definition, given object, above string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, f := range def.Fields {
		typ := s.Types[f.Type.Name()]
		switch below, nested := given[f.Name].(object); {
		case typ.Kind == ast.Enum && f.Type.Elem == nil:
			found[above+f.Name] = typ.EnumValues[0].Name
		case typ.Kind == ast.InputObject && nested:
			for path, value := range enumsOf(t, s, typ, below, above+f.Name+".") {
				found[path] = value
			}
		}
	}
	return found
}

// TestWrongLiterals: what a document holds itself is judged as variables are.
func TestWrongLiterals(t *testing.T) {
	t.Parallel()
	f := embedded(t).person(t, "ada")
	for document, code := range map[string]string{
		`{ viewer { chats(first: 3000000000) { nodes { id } } } }`:                    "GRAPHQL_VALIDATION_FAILED",
		`{ viewer { chats(first: "5") { nodes { id } } } }`:                           "GRAPHQL_VALIDATION_FAILED",
		`{ viewer { jobs(filter: {statuses: [failed]}) { nodes { id } } } }`:          "GRAPHQL_VALIDATION_FAILED",
		`{ viewer { jobs(filter: {createdSinceAt: "yesterday"}) { nodes { id } } } }`: "BAD_USER_INPUT",
		`{ viewer { jobs(filter: {createdSinceAt: {}}) { nodes { id } } } }`:          "GRAPHQL_VALIDATION_FAILED",
		`{ viewer { chats(after: "no cursor") { nodes { id } } } }`:                   "BAD_CURSOR",
		`{ node(id: {}) { id } }`:                   "GRAPHQL_VALIDATION_FAILED",
		`{ models(filter: {provider: {}}) { id } }`: "GRAPHQL_VALIDATION_FAILED",
		`mutation { preparePayment(input: {plan: "STANDARD", idempotencyKey: "k"}) { payment { id } } }`:                "GRAPHQL_VALIDATION_FAILED",
		`mutation { createUpload(input: {name: "a", mimeType: "b", bytes: "1", idempotencyKey: "k"}) { file { id } } }`: "BAD_USER_INPUT",
	} {
		if a := f.do(t, document, nil); a.code() != code || a.Status != 400 {
			t.Errorf("%s: %d %v, %v", document, a.Status, a.Errors, a.Data)
		}
	}
}

// TestCustomScalars: their errors have the code of the scalar and name the variable, and nothing of the operation runs.
func TestCustomScalars(t *testing.T) {
	t.Parallel()
	f := embedded(t).person(t, "ada")
	for name, c := range map[string]struct {
		typ, field string
		value      any
		code       string
	}{
		"a day":                       {"DateTime", "jobs(filter: {createdSinceAt: $x}) { nodes { id } }", "2026-01-31", "BAD_USER_INPUT"},
		"seconds":                     {"DateTime", "jobs(filter: {createdSinceAt: $x}) { nodes { id } }", 1769851800, "BAD_USER_INPUT"},
		"a year that is too far":      {"DateTime", "jobs(filter: {createdSinceAt: $x}) { nodes { id } }", "9999-12-31T23:59:59-12:00", "BAD_USER_INPUT"},
		"a cursor that is a number":   {"Cursor", "jobs(after: $x) { nodes { id } }", 5, "BAD_CURSOR"},
		"a cursor that is none":       {"Cursor", "jobs(after: $x) { nodes { id } }", "no cursor", "BAD_CURSOR"},
		"a cursor of another list":    {"Cursor", "jobs(after: $x) { nodes { id } }", "abc", "BAD_CURSOR"},
		"a moment as it should be":    {"DateTime", "jobs(filter: {createdSinceAt: $x}) { nodes { id } }", "2026-01-31T09:30:00+09:00", ""},
		"an Int that is written as 1": {"Int", "jobs(first: $x) { nodes { id } }", json.Number("1.0"), ""},
	} {
		a := f.do(t, fmt.Sprintf(`query ($x: %s) { viewer { %s } }`, c.typ, c.field), object{"x": c.value})
		if a.code() != c.code || c.code != "" && a.at("viewer") != nil {
			t.Errorf("%s: %v, %v", name, a.Errors, a.Data)
		}
	}
}

// TestTextsThatNoDatabaseTakes: U+0000 in whatever is read by reaches no statement. Postgres refuses it, which would be INTERNAL.
func TestTextsThatNoDatabaseTakes(t *testing.T) {
	t.Parallel()
	w := external(t, map[string]string{"ADMIN_EMAILS": address("root")})
	p := w.person(t, "root")
	for document, want := range map[string]string{
		`query ($x: ID!) { node(id: $x) { id } }`:                                                    "",
		`query ($x: ID!) { nodes(ids: [$x]) { id } }`:                                                "",
		`query ($x: String) { models(filter: {provider: $x}) { id } }`:                               "",
		`query ($x: String!) { viewer { search(query: $x) { nodes { title } } } }`:                   "*",
		`query ($x: ID) { viewer { chats(filter: {folderId: $x}) { nodes { id } } } }`:               "NOT_FOUND",
		`query ($x: ID) { viewer { jobs(filter: {chatId: $x}) { nodes { id } } } }`:                  "NOT_FOUND",
		`query ($x: ID) { viewer { artifacts(folderId: $x) { nodes { id } } } }`:                     "NOT_FOUND",
		`query ($x: String) { administration { users(email: $x) { nodes { id } } } }`:                "*",
		`query ($x: ID) { administration { users(id: $x) { nodes { id } } } }`:                       "NOT_FOUND",
		`query ($x: ID) { administration { payments(userId: $x) { nodes { payment { id } } } } }`:    "NOT_FOUND",
		`query ($x: ID) { administration { jobs(userId: $x) { nodes { id } } } }`:                    "NOT_FOUND",
		`query ($x: ID) { administration { auditLog(userId: $x) { nodes { id } } } }`:                "NOT_FOUND",
		`query ($x: ID!) { quote(input: {message: {chatId: $x, text: "a"}}) { allowed: isOwnKey } }`: "NOT_FOUND",
	} {
		for _, text := range []string{"\x00", "chat_\x00", "a\x00b"} {
			a := p.do(t, document, object{"x": text})
			if a.code() == "INTERNAL" || a.code() == "UNAVAILABLE" || want != "*" && a.code() != want {
				t.Errorf("%s with %q: %v", document, text, a.Errors)
			}
		}
	}
}
