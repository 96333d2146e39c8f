package contract

import (
	"encoding/json"
	"fmt"
	"slices"
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

// TestAKeyIsToldNothingPrivate: neither payments nor sessions are among a key's events, and a person's go on.
func TestAKeyIsToldNothingPrivate(t *testing.T) {
	t.Parallel()
	f := embedded(t).fixture(t, "ada")
	k := f.withKey(t, nil, "READ")
	document := `subscription { viewerEvents { __typename ... on Event { cursor } ... on PaymentSaved { paymentId payment { price { amount } timeline { type } } }
		... on SessionEnded { sessionId } } }`
	ofKey, err := k.socket(t).Subscribe(document, nil)
	must(t, err)
	ofPerson, err := f.socket(t).Subscribe(document, nil)
	must(t, err)
	told := func(events <-chan json.RawMessage, until string) (types []string) {
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
	told(ofKey, "ViewerSnapshot")
	told(ofPerson, "ViewerSnapshot")
	f.change(t, "preparePayment", object{"plan": "PREMIUM", "idempotencyKey": key()}, "payment { id }")
	f.change(t, "revokeSession", object{"sessionId": f.otherSession}, "sessionId")
	f.newFolder(t, "last")
	if types := told(ofKey, "FolderSaved"); slices.Contains(types, "PaymentSaved") || slices.Contains(types, "SessionEnded") {
		t.Errorf("a key is told %v", types)
	}
	if types := told(ofPerson, "FolderSaved"); !slices.Contains(types, "PaymentSaved") || !slices.Contains(types, "SessionEnded") {
		t.Errorf("a person is told %v", types)
	}
}
