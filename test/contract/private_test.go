package contract

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// private are the types of what no API key sees.
var private = []string{"Payment", "PaymentStep", "Checkout", "ApiKey", "ProviderKey", "Session", "TokenPair"}

// givesItself are root fields that bring their own proof of who somebody is, and return what that proof is worth.
var givesItself = []string{"signIn", "refreshSession"}

// TestNothingPrivateIsWithinAKeysReach walks the schema from all that a key may ask, over every field that no session guards.
func TestNothingPrivateIsWithinAKeysReach(t *testing.T) {
	t.Parallel()
	s := schema(t)
	for _, name := range private {
		if s.Types[name] == nil {
			t.Errorf("%s is no type", name)
		}
	}
	reach := reached{schema: s, by: map[string]string{}}
	for _, root := range []*ast.Definition{s.Query, s.Mutation, s.Subscription} {
		for _, f := range fields(root) {
			if !slices.Contains(givesItself, f.Name) {
				reach.field(root.Name, f)
			}
		}
	}
	for _, name := range private {
		if way := reach.by[name]; way != "" {
			t.Errorf("a key gets to %s by %s, which needs @access(needs: SESSION)", name, way)
		}
	}
	if reach.by["Artifact"] == "" || reach.by["ReplyEnded"] == "" {
		t.Errorf("the walk has not gone far: %v", reach.by)
	}
}

// reached are the types within reach, and by which field.
type reached struct {
	schema *ast.Schema
	by     map[string]string
}

func (r reached) field(on string, f *ast.FieldDefinition) {
	if slices.Contains([]string{"SESSION", "SUPPORT", "ADMIN"}, needOf(f)) {
		return
	}
	d := r.schema.Types[f.Type.Name()]
	if d.Name == "Node" { // What an id leads to is TestAKeyIsShownNothingPrivate's.
		return
	}
	for _, possible := range append([]*ast.Definition{d}, r.schema.GetPossibleTypes(d)...) {
		if r.by[possible.Name] != "" {
			continue
		}
		r.by[possible.Name] = on + "." + f.Name
		for _, below := range fields(possible) {
			r.field(possible.Name, below)
		}
	}
}

// TestAKeyReadsNothingPrivate: neither payments nor sessions are among a key's events, and a person's go on.
func TestAKeyReadsNothingPrivate(t *testing.T) {
	t.Parallel()
	f := embedded(t).fixture(t, "ada")
	k := f.withKey(t, nil, "READ")
	document := `subscription { viewerEvents { __typename ... on Event { cursor } ... on PaymentSaved { paymentId payment { price { amount } timeline { type } } }
		... on SessionEnded { sessionId } } }`
	ofKey, err := k.socket(t).Subscribe(document, nil)
	must(t, err)
	ofPerson, err := f.socket(t).Subscribe(document, nil)
	must(t, err)
	reported := func(events <-chan json.RawMessage, until string) (types []string) {
		t.Helper()
		for !slices.Contains(types, until) {
			var e struct {
				Data   struct{ ViewerEvents object }
				Errors []any
			}
			must(t, json.Unmarshal(next(t, events), &e))
			if len(e.Errors) > 0 {
				t.Fatalf("told %v", e.Errors)
			}
			types = append(types, fmt.Sprint(e.Data.ViewerEvents["__typename"]))
		}
		return types
	}
	reported(ofKey, "ViewerSnapshot")
	reported(ofPerson, "ViewerSnapshot")
	f.change(t, "preparePayment", object{"plan": "PREMIUM", "idempotencyKey": key()}, "payment { id }")
	f.change(t, "revokeSession", object{"sessionId": f.otherSession}, "sessionId")
	f.newFolder(t, "last")
	if types := reported(ofKey, "FolderSaved"); slices.Contains(types, "PaymentSaved") || slices.Contains(types, "SessionEnded") {
		t.Errorf("a key is told %v", types)
	}
	if types := reported(ofPerson, "FolderSaved"); !slices.Contains(types, "PaymentSaved") || !slices.Contains(types, "SessionEnded") {
		t.Errorf("a person is told %v", types)
	}
}

// TestAKeyIsShownNothingPrivate, neither by the fields of a person that only sessions see, nor by an id.
func TestAKeyIsShownNothingPrivate(t *testing.T) {
	t.Parallel()
	f := embedded(t).fixture(t, "ada")
	k := f.withKey(t, nil, scopes...)
	s := schema(t)
	for _, field := range fields(s.Types["User"]) {
		want := ""
		if needOf(field) == "SESSION" {
			want = "FORBIDDEN"
		}
		if a := k.do(t, `{ viewer { `+selected(s, field)+` } }`, nil); a.code() != want {
			t.Errorf("%s: %v %v, want %q", field.Name, a.Errors, a.Data, want)
		}
	}
	ids := map[string]string{"Session": f.session, "ApiKey": f.apiKey, "Payment": f.payment}
	for _, d := range s.GetPossibleTypes(s.Types["Node"]) {
		if !slices.Contains(private, d.Name) {
			continue
		}
		id := ids[d.Name]
		a := k.get(t, `query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }`, object{"id": id})
		if id == "" || a.at("node") != nil || a.at("nodes.0") != nil {
			t.Errorf("%s is %v to a key", d.Name, a.Data)
		}
		if a := f.get(t, `query ($id: ID!) { node(id: $id) { __typename } }`, object{"id": id}); a.text("node.__typename") != d.Name {
			t.Errorf("%s is %v to the person", d.Name, a.Data)
		}
	}
}

// selected is a field with the least that can be asked of it.
func selected(s *ast.Schema, f *ast.FieldDefinition) string {
	var args []string
	for _, a := range f.Arguments {
		if a.Type.NonNull && a.DefaultValue == nil {
			args = append(args, a.Name+": "+map[string]string{"String": `"hello"`}[a.Type.Name()])
		}
	}
	out := f.Name
	if len(args) > 0 {
		out += "(" + strings.Join(args, ", ") + ")"
	}
	if s.Types[f.Type.Name()].IsCompositeType() {
		out += " { __typename }"
	}
	return out
}
