package contract

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weav-ai/weav/internal/client"
)

// scopes are what a key may have.
var scopes = []string{"READ", "CHAT", "JOBS", "FILES"}

// needs is what each operation asks for, decided here and not read from the schema: a directive that says something else is
// wrong, or was changed on purpose together with this.
var needs = map[string][]string{
	"PUBLIC": {
		"Query.models", "Query.sharedArtifact", "Query.plans", "Query.serverInfo", "Mutation.signIn", "Mutation.refreshSession",
	},
	"READ": {
		"Query.viewer", "Query.node", "Query.nodes", "Query.quote", "Subscription.viewerEvents", "Subscription.chatEvents",
		"Subscription.jobEvents",
	},
	"CHAT": {
		"Mutation.createPrompt", "Mutation.updatePrompt", "Mutation.deletePrompt", "Mutation.createFolder",
		"Mutation.renameFolder", "Mutation.deleteFolder", "Mutation.restoreFolder", "Mutation.createChat", "Mutation.renameChat",
		"Mutation.configureChat", "Mutation.moveChat", "Mutation.pinChat", "Mutation.archiveChat", "Mutation.deleteChat",
		"Mutation.restoreChat", "Mutation.sendMessage", "Mutation.editMessage", "Mutation.regenerateReply",
		"Mutation.chooseBranch", "Mutation.stopReply",
	},
	"JOBS": {
		"Mutation.planProject", "Mutation.replan", "Mutation.updatePlanStep", "Mutation.addPlanStep", "Mutation.removePlanStep",
		"Mutation.reorderPlanSteps", "Mutation.applyPlan", "Mutation.runStep", "Mutation.deletePlan", "Mutation.recommendPrompts",
		"Mutation.createJob", "Mutation.cancelJob", "Mutation.retryJob",
	},
	"FILES": {
		"Mutation.favouriteArtifact", "Mutation.deleteArtifact", "Mutation.createShareLink", "Mutation.revokeShareLink",
		"Mutation.createUpload", "Mutation.completeUpload", "Mutation.deleteFile",
	},
	"SESSION": {
		"Mutation.signOut", "Mutation.revokeSession", "Mutation.updatePreferences", "Mutation.updateProfile",
		"Mutation.deleteAccount", "Mutation.restoreAccount", "Mutation.exportAccount", "Mutation.setProviderKey",
		"Mutation.removeProviderKey", "Mutation.createApiKey", "Mutation.revokeApiKey", "Mutation.preparePayment",
		"Mutation.completePayment",
	},
	"SUPPORT": {
		"Query.modelWarnings", "Query.administration",
	},
	"ADMIN": {
		"Mutation.grantMembership", "Mutation.refundPayment", "Mutation.setRole", "Mutation.cancelUserJob",
		"Mutation.endUserSessions",
	},
}

// needOf is what a field's directive asks for; empty without one.
func needOf(f *ast.FieldDefinition) string {
	d := f.Directives.ForName("access")
	if d == nil {
		return ""
	}
	return d.Arguments.ForName("needs").Value.Raw
}

// decidedNeed is what an operation asks for by the table; empty for one that is not in it.
func decidedNeed(operation string) string {
	for need, operations := range needs {
		if slices.Contains(operations, operation) {
			return need
		}
	}
	return ""
}

// roots are all operations, as Query.viewer.
func roots(s *ast.Schema) map[string]*ast.FieldDefinition {
	out := map[string]*ast.FieldDefinition{}
	for _, root := range []*ast.Definition{s.Query, s.Mutation, s.Subscription} {
		for _, f := range fields(root) {
			out[root.Name+"."+f.Name] = f
		}
	}
	return out
}

// mutationsThatNeed are the mutations that the table has under a need.
func mutationsThatNeed(t *testing.T, need string) (names []string) {
	t.Helper()
	for _, f := range fields(schema(t).Mutation) {
		if decidedNeed("Mutation."+f.Name) == need {
			names = append(names, f.Name)
		}
	}
	return names
}

// TestEveryOperationNeedsWhatWasDecided holds the schema to the table, and the table to the schema.
func TestEveryOperationNeedsWhatWasDecided(t *testing.T) {
	t.Parallel()
	all := roots(schema(t))
	for operation, f := range all {
		if want := decidedNeed(operation); want == "" || needOf(f) != want {
			t.Errorf("%s has @access(needs: %q); the table says %q", operation, needOf(f), want)
		}
	}
	n := 0
	for _, operations := range needs {
		n += len(operations)
		for _, operation := range operations {
			if all[operation] == nil {
				t.Errorf("the table has %s, which is no operation", operation)
			}
		}
	}
	if n != len(all) {
		t.Errorf("the table has %d rows for %d operations", n, len(all))
	}
}

// TestScopesOfKeys tries every operation with a key of every scope, over HTTP and over a socket.
func TestScopesOfKeys(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	for _, scope := range scopes {
		t.Run(scope, func(t *testing.T) {
			t.Parallel()
			f := w.fixture(t, "scope-"+scope)
			k := f.withKey(t, nil, scope)
			socket := k.socket(t)
			over := func(query string, variables object) answer { return asked(t, socket, query, variables) }
			// The socket comes first, while there is all that the mutations take away.
			for _, s := range fields(schema(t).Subscription) {
				wantAccess(t, "Subscription."+s.Name, scope, over(subscriptions[s.Name], object{"chat": f.chat, "job": f.job}))
			}
			for way, ask := range map[string]func(string, object) answer{"socket": over, "HTTP": func(q string, v object) answer { return k.do(t, q, v) }} {
				t.Log(way)
				for _, q := range fields(schema(t).Query) {
					wantAccess(t, "Query."+q.Name, scope, ask(queries[q.Name], object{"id": f.chat}))
				}
				for _, m := range fields(schema(t).Mutation) {
					op := operations[m.Name]
					wantAccess(t, "Mutation."+m.Name, scope, ask(mutation(m.Name, op.selection), object{"input": op.input(f)}))
				}
			}
		})
	}
}

// asked is the first answer to an operation on a socket.
func asked(t *testing.T, socket *client.Socket, query string, variables object) (a answer) {
	t.Helper()
	events, err := socket.Subscribe(query, variables)
	must(t, err)
	must(t, json.Unmarshal(next(t, events), &a))
	return a
}

// wantAccess checks that a key was refused for what it has no scope for, and for nothing else.
func wantAccess(t *testing.T, operation, scope string, a answer) {
	t.Helper()
	need := decidedNeed(operation)
	allowed := need == "PUBLIC" || need == scope
	if refused := a.code() == "FORBIDDEN"; refused == allowed {
		t.Errorf("%s needs %s: a key of %s got %v", operation, need, scope, a.Errors)
	}
	if !allowed && slices.Contains(scopes, need) && len(a.Errors) > 0 && a.Errors[0].Extensions["scopeNeeded"] != need {
		t.Errorf("%s: extensions = %v", operation, a.Errors[0].Extensions)
	}
}

// parts are the fields whose objects are part of the one they hang on, and shown wherever it is.
var parts = []string{"Plan.steps", "StopReceipt.message"}

// leadsOut says whether a field leads from an object to another one, or to a list of others. Events are READ's anyway, and what the
// administration sees is not a key's.
func leadsOut(s *ast.Schema, on *ast.Definition, f *ast.FieldDefinition) bool {
	for _, end := range []string{"Payload", "Connection", "Edge"} {
		if strings.HasSuffix(on.Name, end) {
			return false
		}
	}
	isEvent := slices.Contains(on.Interfaces, "Event")
	if on.Kind != ast.Object || isRoot(s, on) || isEvent || strings.HasPrefix(on.Name, "Account") || on.Name == "Administration" {
		return false
	}
	to := s.Types[f.Type.Name()]
	return strings.HasSuffix(to.Name, "Connection") || slices.ContainsFunc(append(s.GetPossibleTypes(to), to), func(d *ast.Definition) bool {
		return slices.Contains(d.Interfaces, "Node")
	})
}

// TestWhatLeadsOutOfAPayloadNeedsTheScopeREAD, so that no other scope reads what its mutation did not change.
func TestWhatLeadsOutOfAPayloadNeedsTheScopeREAD(t *testing.T) {
	t.Parallel()
	s, n := schema(t), 0
	for _, d := range own(s) {
		for _, f := range fields(d) {
			name := d.Name + "." + f.Name
			if !leadsOut(s, d, f) || slices.Contains(parts, name) {
				continue
			}
			n++
			if need := needOf(f); need != "READ" && need != "SESSION" {
				t.Errorf("%s leads to another %s: it needs @access(needs: READ)", name, f.Type.Name())
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d fields lead out", n)
	}
}

// TestNoOtherScopeReadsAlong by the objects that hang on a payload's own.
func TestNoOtherScopeReadsAlong(t *testing.T) {
	t.Parallel()
	f := embedded(t).fixture(t, "ada")
	f.change(t, "moveChat", object{"chatId": f.chat, "folderId": f.folder}, "chat { id }")
	beside := f.newChat(t, object{"title": "beside", "folderId": f.folder})
	f.exchange(t, beside, echo+"a secret word")
	for name, c := range map[string]struct {
		scope, mutation, selection string
		input                      object
	}{
		"chats beside it":        {"CHAT", "pinChat", `chat { id folder { chats { nodes { messages { nodes { text } } } } } }`, object{"chatId": f.chat, "pinned": true}},
		"messages of a chat":     {"CHAT", "pinChat", `chat { id messages { nodes { text } } }`, object{"chatId": beside, "pinned": true}},
		"a message's chat":       {"CHAT", "chooseBranch", `chat { id head { attachments { __typename } } }`, object{"messageId": f.reply, "ifHead": f.reply}},
		"the head of a chat":     {"CHAT", "pinChat", `chat { id head { text } }`, object{"chatId": beside, "pinned": true}},
		"chats of a folder":      {"CHAT", "renameFolder", `folder { id chats { nodes { title } } }`, object{"folderId": f.folder, "name": "n"}},
		"the job of an artifact": {"FILES", "favouriteArtifact", `artifact { id job { id } }`, object{"artifactId": f.artifact, "favourite": true}},
		"chats of a plan's step": {"JOBS", "updatePlanStep", `step { id chat { messages { nodes { text } } } }`, object{"stepId": f.steps[0], "title": "t"}},
	} {
		alone := f.withKey(t, nil, c.scope)
		a := alone.mutate(t, c.mutation, c.input, c.selection)
		if shown, _ := json.Marshal(a.Data); a.code() != "FORBIDDEN" || a.Errors[0].Extensions["scopeNeeded"] != "READ" || strings.Contains(string(shown), "secret word") {
			t.Errorf("%s: a key of %s alone is shown %s %v", name, c.scope, shown, a.Errors)
		}
		both := f.withKey(t, nil, c.scope, "READ")
		if a := both.mutate(t, c.mutation, c.input, c.selection); a.code() != "" || a.reason() != "" {
			t.Errorf("%s: a key of %s and READ: %v %v", name, c.scope, a.Errors, a.Data)
		}
		for _, k := range []*person{alone, both} {
			f.revoke(t, k)
		}
	}
	a := f.withKey(t, nil, "CHAT").change(t, "pinChat", object{"chatId": f.chat, "pinned": false}, "chat { id title isPinned }")
	if a.text("result.chat.title") != "named" || a.at("result.chat.isPinned") != false {
		t.Errorf("what it changed itself is shown as %v", a.Data)
	}
}

// revoke ends the key of a client.
func (p *person) revoke(t *testing.T, k *person) {
	t.Helper()
	keys := p.get(t, `{ viewer { apiKeys { id hint revokedAt } } }`, nil).at("viewer.apiKeys").([]any)
	for _, shown := range keys {
		if strings.HasSuffix(k.Token, at(shown, "hint").(string)) {
			p.change(t, "revokeApiKey", object{"apiKeyId": at(shown, "id")}, "apiKey { id }")
		}
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

// subscriptions are a document for each subscription.
var subscriptions = map[string]string{
	"viewerEvents": `subscription { viewerEvents { __typename } }`,
	"chatEvents":   `subscription ($chat: ID!) { chatEvents(chatId: $chat) { __typename } }`,
	"jobEvents":    `subscription ($job: ID!) { jobEvents(jobId: $job) { __typename } }`,
}

func TestEveryQueryHasItsCase(t *testing.T) {
	t.Parallel()
	for _, f := range fields(schema(t).Query) {
		if queries[f.Name] == "" {
			t.Errorf("query %s has no case: add it to queries", f.Name)
		}
	}
	for _, f := range fields(schema(t).Subscription) {
		if subscriptions[f.Name] == "" {
			t.Errorf("subscription %s has no case: add it to subscriptions", f.Name)
		}
	}
}
