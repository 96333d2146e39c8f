package contract

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// schema reads the contract.
func schema(t *testing.T) *ast.Schema {
	t.Helper()
	text, err := os.ReadFile("../../schema.graphql")
	must(t, err)
	s, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: string(text)})
	must(t, err)
	return s
}

// own are the types that the contract itself defines, without the roots' introspection.
func own(s *ast.Schema) []*ast.Definition {
	var out []*ast.Definition
	for _, d := range s.Types {
		if !d.BuiltIn && !strings.HasPrefix(d.Name, "__") {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b *ast.Definition) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// fields are the fields of a type without those of introspection.
func fields(d *ast.Definition) ast.FieldList {
	return slices.DeleteFunc(slices.Clone(d.Fields), func(f *ast.FieldDefinition) bool { return strings.HasPrefix(f.Name, "__") })
}

// isRoot reports the types whose fields are operations.
func isRoot(s *ast.Schema, d *ast.Definition) bool {
	return d == s.Query || d == s.Mutation || d == s.Subscription
}

func TestEverythingIsDescribed(t *testing.T) {
	t.Parallel()
	s := schema(t)
	said := func(where, description string) {
		t.Helper()
		if len(strings.TrimSpace(description)) < 2 {
			t.Errorf("%s has no description", where)
		}
	}
	for _, d := range own(s) {
		said(d.Name, d.Description)
		for _, f := range fields(d) {
			said(d.Name+"."+f.Name, f.Description)
			for _, a := range f.Arguments {
				if d != s.Mutation { // A mutation's one argument is described by its type.
					said(d.Name+"."+f.Name+"."+a.Name, a.Description)
				}
			}
		}
		for _, v := range d.EnumValues {
			said(d.Name+"."+v.Name, v.Description)
		}
	}
}

// TestWhatHasAnIDIsANode: or its description says why not.
func TestWhatHasAnIDIsANode(t *testing.T) {
	t.Parallel()
	for _, d := range own(schema(t)) {
		id := d.Fields.ForName("id")
		if d.Kind != ast.Object || id == nil || id.Type.String() != "ID!" || slices.Contains(d.Interfaces, "Node") {
			continue
		}
		if !regexp.MustCompile("no\\s+`Node`").MatchString(d.Description) {
			t.Errorf("%s has an id, is no Node, and does not say why", d.Name)
		}
	}
}

func TestScalarsAreSpecified(t *testing.T) {
	t.Parallel()
	for _, d := range own(schema(t)) {
		if d.Kind != ast.Scalar {
			continue
		}
		by := d.Directives.ForName("specifiedBy")
		if by == nil || !strings.HasPrefix(by.Arguments.ForName("url").Value.Raw, "https://") {
			t.Errorf("scalar %s has no @specifiedBy", d.Name)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	camel, pascal, screaming := regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`), regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`), regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)
	for _, d := range own(schema(t)) {
		if !pascal.MatchString(d.Name) {
			t.Errorf("type %s", d.Name)
		}
		for _, v := range d.EnumValues {
			if !screaming.MatchString(v.Name) {
				t.Errorf("value %s.%s", d.Name, v.Name)
			}
		}
		for _, f := range fields(d) {
			if !camel.MatchString(f.Name) {
				t.Errorf("field %s.%s", d.Name, f.Name)
			}
			checkUnit(t, d.Name+"."+f.Name, f.Name, f.Type.Name())
		}
	}
}

// untimed are moments whose name is not one of …At, with the reason.
var untimed = map[string]string{
	"ServerInfo.time":        "it is the clock itself",
	"Folder.restorableUntil": "it is a limit, not an event",
	"Chat.restorableUntil":   "it is a limit, not an event",
	"Job.resumableUntil":     "it is a limit, not an event",
}

// checkUnit compares what a field's name says of its unit with its type.
func checkUnit(t *testing.T, where, name, typ string) {
	t.Helper()
	switch {
	case typ == "DateTime" && !strings.HasSuffix(name, "At") && untimed[where] == "":
		t.Errorf("%s is a moment: its name must end in At", where)
	case strings.HasSuffix(name, "At") && typ != "DateTime":
		t.Errorf("%s is named as a moment, but is a %s", where, typ)
	case (strings.HasSuffix(name, "Ms") || strings.HasSuffix(name, "Bytes")) && typ != "Int" && typ != "Long":
		t.Errorf("%s is named as an amount, but is a %s", where, typ)
	case regexp.MustCompile(`(Seconds|Secs|Millis|Kb|KiB|Size|Duration)$`).MatchString(name):
		t.Errorf("%s: amounts of time are in …Ms, of storage in …Bytes", where)
	}
}

func TestMutationsHaveOneForm(t *testing.T) {
	t.Parallel()
	s := schema(t)
	for _, f := range fields(s.Mutation) {
		typ := strings.ToUpper(f.Name[:1]) + f.Name[1:]
		if len(f.Arguments) != 1 || f.Arguments[0].Name != "input" || f.Arguments[0].Type.String() != typ+"Input!" {
			t.Errorf("%s must take exactly `input: %sInput!`", f.Name, typ)
		}
		if f.Type.String() != typ+"Payload!" {
			t.Errorf("%s must answer %sPayload!, not %s", f.Name, typ, f.Type)
			continue
		}
		payload := s.Types[typ+"Payload"]
		userErrors := payload.Fields.ForName("userErrors")
		if userErrors == nil || userErrors.Type.String() != "["+typ+"UserError!]!" {
			t.Errorf("%sPayload must have `userErrors: [%sUserError!]!`", typ, typ)
			continue
		}
		checkUserError(t, s, typ)
	}
}

func checkUserError(t *testing.T, s *ast.Schema, typ string) {
	t.Helper()
	d := s.Types[typ+"UserError"]
	if !slices.Contains(d.Interfaces, "UserError") {
		t.Errorf("%s must implement UserError", d.Name)
	}
	code := d.Fields.ForName("code")
	if code == nil || code.Type.String() != typ+"UserErrorCode!" || s.Types[typ+"UserErrorCode"].Kind != ast.Enum {
		t.Errorf("%s must have `code: %sUserErrorCode!`, an enum", d.Name, typ)
	}
}

// lists are the lists that do not grow, which need no connection: their descriptions name the
// greatest length, or the reason is here.
var lists = map[string]string{
	"Query.nodes":                    "as long as ids, at most 50",
	"ServerInfo.signInMethods":       "as many as there are ways",
	"SignOutPayload.endedSessionIds": "the open sessions",
}

func TestListsArePagedOrBounded(t *testing.T) {
	t.Parallel()
	s := schema(t)
	atMost := regexp.MustCompile(`(?i)at most [\d,]+`)
	for _, d := range own(s) {
		if d.Kind == ast.InputObject || strings.HasSuffix(d.Name, "Connection") {
			continue
		}
		for _, f := range fields(d) {
			where := d.Name + "." + f.Name
			if f.Type.Elem == nil || f.Name == "userErrors" || where == d.Name+".path" || lists[where] != "" {
				continue
			}
			if !atMost.MatchString(f.Description) {
				t.Errorf("%s is a list: page it, or say how long it may be", where)
			}
		}
	}
}

func TestConnections(t *testing.T) {
	t.Parallel()
	s := schema(t)
	for _, d := range own(s) {
		if node, ok := strings.CutSuffix(d.Name, "Connection"); ok {
			want := map[string]string{"edges": "[" + node + "Edge!]!", "nodes": "[" + node + "!]!", "pageInfo": "PageInfo!"}
			for name, typ := range want {
				if f := d.Fields.ForName(name); f == nil || f.Type.String() != typ {
					t.Errorf("%s must have `%s: %s`", d.Name, name, typ)
				}
			}
			edge := s.Types[node+"Edge"]
			if edge == nil || edge.Fields.ForName("cursor").Type.String() != "Cursor!" || edge.Fields.ForName("node").Type.String() != node+"!" {
				t.Errorf("%sEdge must have `cursor: Cursor!` and `node: %s!`", node, node)
			}
		}
		for _, f := range fields(d) {
			if strings.HasSuffix(f.Type.Name(), "Connection") && (f.Arguments.ForName("first") == nil || f.Arguments.ForName("after") == nil) {
				t.Errorf("%s.%s is a connection without first and after", d.Name, f.Name)
			}
		}
	}
}

// keyless are the mutations without an idempotency key, with the reason why repeating them is safe.
var keyless = map[string]string{
	"signIn":            "each call is a session of its own",
	"refreshSession":    "the refresh token is its own key: within 10 s it brings the same successor",
	"signOut":           "a session ends once",
	"revokeSession":     "a session ends once",
	"updatePreferences": "sets values",
	"updatePrompt":      "sets values",
	"updateProfile":     "sets values",
	"deleteAccount":     "deleting again answers the same date",
	"restoreAccount":    "restoring again changes nothing",
	"revokeApiKey":      "a key ends once",
	"setProviderKey":    "sets a value",
	"removeProviderKey": "a key is removed once",
	"completePayment":   "a payment is settled once, however often it is looked at",
	"setRole":           "sets a value",
	"cancelUserJob":     "a job ends once",
	"endUserSessions":   "a session ends once",
	"deletePrompt":      "a prompt is deleted once",
	"renameFolder":      "sets values",
	"deleteFolder":      "deleting again answers the same",
	"restoreFolder":     "restoring again changes nothing",
	"renameChat":        "sets values",
	"configureChat":     "sets values",
	"moveChat":          "sets values",
	"pinChat":           "sets values",
	"archiveChat":       "sets values",
	"deleteChat":        "deleting again answers the same",
	"restoreChat":       "restoring again changes nothing",
	"chooseBranch":      "sets the head",
	"stopReply":         "stopping again gives the same receipt",
	"cancelJob":         "a job ends once",
	"favouriteArtifact": "sets a value",
	"deleteArtifact":    "an artifact is deleted once",
	"revokeShareLink":   "a link ends once",
	"completeUpload":    "completing again answers the same",
	"deleteFile":        "a file is deleted once",
	"updatePlanStep":    "sets values",
	"removePlanStep":    "a step is removed once",
	"reorderPlanSteps":  "sets an order",
	"deletePlan":        "a plan is deleted once",
}

func TestCreatingMutationsHaveAKey(t *testing.T) {
	t.Parallel()
	s := schema(t)
	for _, f := range fields(s.Mutation) {
		_, exempt := keyless[f.Name]
		k := s.Types[f.Arguments[0].Type.Name()].Fields.ForName("idempotencyKey")
		switch {
		case exempt && k != nil:
			t.Errorf("%s has a key: take it off the list of exemptions", f.Name)
		case !exempt && (k == nil || k.Type.String() != "String!"):
			t.Errorf("%s needs `idempotencyKey: String!`, or its reason among the exemptions", f.Name)
		}
	}
	for name := range keyless {
		if s.Mutation.Fields.ForName(name) == nil {
			t.Errorf("there is no mutation %s to exempt", name)
		}
	}
}

func TestEventsCarryTheirPlace(t *testing.T) {
	t.Parallel()
	s := schema(t)
	for _, f := range fields(s.Subscription) {
		if after := f.Arguments.ForName("after"); after == nil || after.Type.String() != "EventCursor" {
			t.Errorf("%s must take `after: EventCursor`", f.Name)
		}
		for _, member := range s.GetPossibleTypes(s.Types[f.Type.Name()]) {
			if !slices.Contains(member.Interfaces, "Event") {
				t.Errorf("%s of %s is no Event", member.Name, f.Name)
			}
		}
	}
}
