package contract

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weav-ai/weav/ent/idempotencykey"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/oid"
)

// others change one value of an input that a key was used with.
var others = map[string]object{
	"createPrompt":     {"title": "another"},
	"createFolder":     {"name": "another"},
	"createChat":       {"title": "another"},
	"sendMessage":      {"text": "another"},
	"editMessage":      {"text": "another"},
	"regenerateReply":  {"modelId": "sandbox-writer"},
	"createJob":        {"storeResult": false},
	"retryJob":         {"onLimit": "WAIT"},
	"createShareLink":  {"expiresAt": "2031-01-01T00:00:00Z"},
	"createUpload":     {"bytes": 71},
	"planProject":      {"goal": "another"},
	"replan":           {"wish": "another"},
	"addPlanStep":      {"title": "another"},
	"applyPlan":        {"planId": oid.New[oid.Plan]().String()},
	"runStep":          {"prompt": "another"},
	"recommendPrompts": {"count": 4},
	"createApiKey":     {"name": "another"},
	"exportAccount":    {"includeFiles": true},
	"preparePayment":   {"plan": "PREMIUM"},
	"grantMembership":  {"days": 2},
	"refundPayment":    {"reason": "another"},
}

// keyed are the mutations that take a key.
func keyed(t *testing.T) map[string]operation {
	t.Helper()
	out := map[string]operation{}
	s := schema(t)
	for name, op := range operations {
		in := s.Types[s.Mutation.Fields.ForName(name).Arguments[0].Type.Name()]
		if in.Fields.ForName("idempotencyKey") == nil {
			continue
		}
		if others[name] == nil {
			t.Errorf("%s takes a key: add another input to others", name)
		}
		if elsewhere[name] == "" {
			out[name] = op
		}
	}
	return out
}

func TestReplay(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		for name, op := range keyed(t) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				f := w.fixture(t, "replay-"+name)
				input := op.input(f)
				first := f.change(t, name, input, op.selection)
				w.wantScope(t, name, input)
				// The head has moved since: a key comes before ifHead.
				if again := f.change(t, name, input, op.selection); !cmp.Equal(first.Data, again.Data) {
					t.Errorf("again: %s", cmp.Diff(first.Data, again.Data))
				}
				for field, value := range others[name] {
					if got := f.mutate(t, name, with(input, field, value), op.selection).code(); got != "IDEMPOTENCY_CONFLICT" {
						t.Errorf("another %s under the same key: %q", field, got)
					}
				}
			})
		}
	})
}

// wantScope checks that a key is stored for the field, whatever alias the operation gives it.
func (w *world) wantScope(t *testing.T, field string, input object) {
	t.Helper()
	stored, err := w.rows.IdempotencyKey.Query().Where(idempotencykey.Key(fmt.Sprint(input["idempotencyKey"]))).Only(t.Context())
	if err != nil || stored.Mutation != field {
		t.Errorf("the key of %s is stored as %v (%v)", field, stored, err)
	}
}

func TestKeysOfOthersAreTheirOwn(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	a, b := w.person(t, "a"), w.person(t, "b")
	input := object{"name": "n", "idempotencyKey": "shared"}
	first := a.change(t, "createFolder", input, "folder { id }").text("result.folder.id")
	if second := b.change(t, "createFolder", input, "folder { id }").text("result.folder.id"); second == first {
		t.Error("two persons share a folder by their key")
	}
	a.change(t, "createPrompt", object{"title": "t", "content": "c", "idempotencyKey": "shared"}, "prompt { id }")
}

func TestSameKeyAtOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		f := w.fixture(t, "ada")
		before := w.counts(t)
		input := sendInput(f)
		answers := make([]answer, 6)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = f.mutate(t, "sendMessage", input, "message { id } reply { id }") })
		}
		all.Wait()
		for _, a := range answers {
			if a.code() != "" || !cmp.Equal(a.Data, answers[0].Data) {
				t.Errorf("%v %v, want %v", a.Errors, a.Data, answers[0].Data)
			}
		}
		if got := w.counts(t)["messages"] - before["messages"]; got != 2 {
			t.Errorf("%d messages were stored, want a message and its reply", got)
		}
	})
}

func TestBadKeys(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	f := w.fixture(t, "ada")
	before := w.counts(t)
	for name, op := range keyed(t) {
		for what, c := range map[string]struct {
			key  any
			code string
		}{
			"none": {nil, "GRAPHQL_VALIDATION_FAILED"}, "a list": {[]int{1, 2}, "GRAPHQL_VALIDATION_FAILED"},
			"empty": {"", "BAD_USER_INPUT"}, "129 long": {strings.Repeat("k", 129), "BAD_USER_INPUT"},
			"not ASCII": {"열쇠", "BAD_USER_INPUT"}, "not printable": {"a\nb", "BAD_USER_INPUT"}, "U+0000": {"\x00", "BAD_USER_INPUT"},
		} {
			if a := f.mutate(t, name, with(op.input(f), "idempotencyKey", c.key), op.selection); a.code() != c.code {
				t.Errorf("%s with a key that is %s: %v, want %s", name, what, a.Errors, c.code)
			}
		}
	}
	sameCounts(t, before, w.counts(t))
}

// TestFailureLeavesTheKeyFree mends an input and sends it under the key it failed with.
func TestFailureLeavesTheKeyFree(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	f := w.fixture(t, "ada")
	retire := func(model string) {
		step, err := oid.Parse[oid.PlanStep](f.draftSteps[0])
		must(t, err)
		must(t, w.rows.PlanStep.UpdateOneID(step).SetModel(model).Exec(t.Context()))
	}
	kept := ""
	for name, op := range keyed(t) {
		k := key()
		f.draft, f.draftSteps = f.newPlan(t, "a goal") // The last one may have been planned again.
		bad := with(op.input(f), "idempotencyKey", k)
		for _, field := range []string{"title", "name", "text", "goal", "wish", "prompt"} {
			if _, ok := bad[field]; ok {
				bad = with(bad, field, "\x00")
			}
		}
		switch name {
		case "applyPlan":
			retire("sandbox-classic")
		case "recommendPrompts":
			bad = with(bad, "count", 0)
		case "regenerateReply":
			bad = with(bad, "modelId", "sandbox-classic")
		case "createJob":
			bad = with(bad, "storeResult", false)
		case "retryJob":
			bad = with(bad, "jobId", f.order(t, object{"image": object{"prompt": "[sandbox:stall] never"}}, nil))
		case "createShareLink":
			bad = with(bad, "expiresAt", "2001-01-01T00:00:00Z")
		case "preparePayment":
			bad = with(bad, "plan", "FREE")
		case "exportAccount":
			for range job.MaxKeptExports {
				kept = f.export(t, false).Result.Artifacts[0].ID
			}
		}
		if got := f.mutate(t, name, bad, op.selection); got.reason() == "" {
			t.Fatalf("%s: %v", name, got.Errors)
		}
		if name == "applyPlan" {
			retire("sandbox-writer")
		}
		if name == "exportAccount" {
			f.change(t, "deleteArtifact", object{"artifactId": kept}, "artifactId")
		}
		chat := f.newChat(t, object{"title": "another"})
		message, reply := f.exchange(t, chat, "[sandbox:echo] hello")
		next := *f
		next.chat, next.message, next.reply = chat, message, reply
		f.change(t, name, with(op.input(&next), "idempotencyKey", k), op.selection)
	}
}
