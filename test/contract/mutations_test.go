package contract

import (
	"testing"
)

// operation is a mutation as the tables use it.
type operation struct {
	// selection is what to ask for; what replays must repeat.
	selection string
	// input is a valid input for a person's objects.
	input func(f *fixture) object
	// public mutations need no session.
	public bool
}

// operations has every mutation of the contract; TestEveryMutationHasItsCase keeps it so.
var operations = map[string]operation{
	"signIn": {"viewer { id }", func(*fixture) object {
		return object{"identity": object{"dev": object{"email": "new@example.com", "firstName": "A", "lastName": "B"}}, "deviceName": "d"}
	}, true},
	"refreshSession":    {"tokens { accessToken }", func(f *fixture) object { return object{"refreshToken": f.refresh} }, true},
	"signOut":           {"endedSessionIds", func(*fixture) object { return object{} }, false},
	"revokeSession":     {"sessionId", func(f *fixture) object { return object{"sessionId": f.otherSession} }, false},
	"updatePreferences": {"viewer { preferences { theme defaultModel { id } } }", preferencesInput, false},
	"createPrompt":      {"prompt { id }", promptInput, false},
	"updatePrompt": {"prompt { id }", func(f *fixture) object {
		return object{"promptId": f.prompt, "title": "t", "description": "d", "content": "c"}
	}, false},
	"deletePrompt":  {"promptId", func(f *fixture) object { return object{"promptId": f.prompt} }, false},
	"createFolder":  {"folder { id }", func(*fixture) object { return object{"name": "n", "idempotencyKey": key()} }, false},
	"renameFolder":  {"folder { id name }", func(f *fixture) object { return object{"folderId": f.folder, "name": "n"} }, false},
	"deleteFolder":  {"folder { id }", func(f *fixture) object { return object{"folderId": f.folder, "mode": "KEEP_CHATS"} }, false},
	"restoreFolder": {"folder { id }", func(f *fixture) object { return object{"folderId": f.deletedFolder} }, false},
	"createChat":    {"chat { id title }", chatInput, false},
	"renameChat":    {"chat { id title }", func(f *fixture) object { return object{"chatId": f.chat, "title": "n"} }, false},
	"configureChat": {"chat { id model { id } }", func(f *fixture) object {
		return object{"chatId": f.chat, "modelId": "sandbox-brief", "systemInstruction": "s", "recommendedPrompts": []string{"p"}}
	}, false},
	"moveChat":        {"chat { id }", func(f *fixture) object { return object{"chatId": f.chat, "folderId": f.folder} }, false},
	"pinChat":         {"chat { id }", func(f *fixture) object { return object{"chatId": f.chat, "pinned": true} }, false},
	"archiveChat":     {"chat { id }", func(f *fixture) object { return object{"chatId": f.chat, "archived": true} }, false},
	"deleteChat":      {"chat { id }", func(f *fixture) object { return object{"chatId": f.chat} }, false},
	"restoreChat":     {"chat { id }", func(f *fixture) object { return object{"chatId": f.deletedChat} }, false},
	"sendMessage":     {"chat { id } message { id } reply { id }", sendInput, false},
	"editMessage":     {"chat { id } message { id } reply { id }", editInput, false},
	"regenerateReply": {"chat { id } reply { id }", regenerateInput, false},
	"chooseBranch":    {"chat { id }", func(f *fixture) object { return object{"messageId": f.reply, "ifHead": f.reply} }, false},
	"stopReply":       {"receipt { status text }", func(f *fixture) object { return object{"messageId": f.reply} }, false},

	"createJob": {"job { id kind }", jobInput, false},
	"cancelJob": {"job { id status }", func(f *fixture) object { return object{"jobId": f.job} }, false},
	"retryJob":  {"job { id }", func(f *fixture) object { return object{"jobId": f.job, "idempotencyKey": key()} }, false},
	"favouriteArtifact": {"artifact { id isFavourite }", func(f *fixture) object {
		return object{"artifactId": f.artifact, "favourite": true}
	}, false},
	"deleteArtifact": {"artifactId", func(f *fixture) object { return object{"artifactId": f.artifact} }, false},
	"createShareLink": {"shareLink { id url }", func(f *fixture) object {
		return object{"artifactId": f.artifact, "idempotencyKey": key()}
	}, false},
	"revokeShareLink": {"shareLink { id }", func(f *fixture) object { return object{"shareLinkId": f.link} }, false},
	"createUpload":    {"file { id name }", uploadInput, false},
	"completeUpload":  {"file { id status }", func(f *fixture) object { return object{"fileId": f.upload} }, false},
	"deleteFile":      {"fileId", func(f *fixture) object { return object{"fileId": f.file} }, false},

	"planProject": {"job { id kind }", func(*fixture) object {
		return object{"goal": "g", "modelId": "sandbox-writer", "idempotencyKey": key()}
	}, false},
	"replan": {"job { id kind }", func(f *fixture) object {
		return object{"planId": f.draft, "fromStepId": first(f.draftSteps), "wish": "w", "idempotencyKey": key()}
	}, false},
	"updatePlanStep": {"step { id title model { id } }", stepInput, false},
	"addPlanStep": {"step { id position }", func(f *fixture) object {
		return object{"planId": f.draft, "title": "t", "intent": "i", "modelId": "sandbox-brief", "instruction": "s",
			"prompts": []string{"p"}, "dependsOnIds": []string{first(f.draftSteps)}, "idempotencyKey": key()}
	}, false},
	"removePlanStep": {"plan { id }", func(f *fixture) object { return object{"stepId": first(f.draftSteps)} }, false},
	"reorderPlanSteps": {"plan { id steps { id } }", func(f *fixture) object {
		return object{"planId": f.draft, "stepIds": f.draftSteps}
	}, false},
	"applyPlan": {"plan { id status } folder { id }", func(f *fixture) object {
		return object{"planId": f.draft, "idempotencyKey": key()}
	}, false},
	"runStep": {"step { id } reply { id } job { id }", func(f *fixture) object {
		return object{"stepId": first(f.steps), "prompt": "p", "ifHead": f.stepHead, "idempotencyKey": key()}
	}, false},
	"deletePlan": {"planId", func(f *fixture) object { return object{"planId": f.draft} }, false},
	"recommendPrompts": {"job { id kind }", func(f *fixture) object {
		return object{"chatId": f.chat, "count": 3, "idempotencyKey": key()}
	}, false},

	"updateProfile":  {"viewer { firstName }", func(*fixture) object { return object{"firstName": "n", "lastName": "n"} }, false},
	"deleteAccount":  {"viewer { deletesAt }", func(f *fixture) object { return object{"identity": object{"dev": object{"email": f.email}}} }, false},
	"restoreAccount": {"viewer { deletesAt }", func(*fixture) object { return object{"reason": "r"} }, false},
	"createApiKey": {"apiKey { id name }", func(*fixture) object {
		return object{"name": "n", "scopes": []string{"READ"}, "modelIds": []string{"sandbox-brief"}, "idempotencyKey": key()}
	}, false},
	"exportAccount": {"job { id kind }", func(*fixture) object { return object{"includeFiles": false, "idempotencyKey": key()} }, false},
	"setProviderKey": {"providerKey { hint }", func(*fixture) object {
		return object{"provider": "OPENAI", "key": "sk-of-the-person"}
	}, false},
	"removeProviderKey": {"viewer { hasOpenaiKey }", func(*fixture) object { return object{"provider": "OPENAI"} }, false},
	"revokeApiKey":      {"apiKey { id }", func(f *fixture) object { return object{"apiKeyId": f.apiKey} }, false},
	"preparePayment": {"payment { id status }", func(*fixture) object {
		return object{"plan": "STANDARD", "idempotencyKey": key()}
	}, false},
	"completePayment": {"payment { id status }", func(f *fixture) object { return object{"paymentId": f.payment} }, false},

	"grantMembership": {"account { id membership { type } }", func(f *fixture) object {
		return object{"userId": f.user, "plan": "STANDARD", "days": 1, "reason": "r", "idempotencyKey": key()}
	}, false},
	"refundPayment": {"payment { id status }", func(f *fixture) object {
		return object{"paymentId": f.payment, "reason": "r", "idempotencyKey": key()}
	}, false},
	"setRole":         {"account { id role }", func(f *fixture) object { return object{"userId": f.user, "role": "SUPPORT", "reason": "r"} }, false},
	"cancelUserJob":   {"job { id status }", func(f *fixture) object { return object{"jobId": f.job, "reason": "r"} }, false},
	"endUserSessions": {"account { id }", func(f *fixture) object { return object{"userId": f.user, "reason": "r"} }, false},
}

// elsewhere are mutations whose valid input needs more than a fixture, with the tests that show it to pass.
var elsewhere = map[string]string{
	"grantMembership": "TestAdministration",
	"refundPayment":   "TestAdministration",
	"setRole":         "TestAdministration",
	"cancelUserJob":   "TestAdministration",
	"endUserSessions": "TestAdministration",
	"setProviderKey":  "TestOwnKeys",
}

func first(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}

func stepInput(f *fixture) object {
	return object{"stepId": first(f.draftSteps), "title": "t", "intent": "i", "modelId": "sandbox-brief", "instruction": "s", "prompts": []string{"p"}}
}

func jobInput(f *fixture) object {
	return object{"work": object{"text": object{"prompt": "p", "systemPrompt": "s"}}, "chatId": f.chat, "ifHead": f.reply, "idempotencyKey": key()}
}

func imageInput(f *fixture) object {
	return with(jobInput(f), "work", object{"image": object{"prompt": "p"}})
}

func videoInput(f *fixture) object {
	return with(jobInput(f), "work", object{"video": object{"prompt": "p"}})
}

func uploadInput(*fixture) object {
	return object{"name": "cat.png", "mimeType": "image/png", "bytes": 70, "idempotencyKey": key()}
}

func preferencesInput(*fixture) object {
	return object{"theme": "LIGHT", "defaultModelId": "sandbox-brief", "defaultInstruction": "i", "personaName": "p", "accentColor": "#000000"}
}

func promptInput(*fixture) object {
	return object{"title": "t", "description": "d", "content": "c", "idempotencyKey": key()}
}

func chatInput(f *fixture) object {
	return object{"title": "t", "folderId": f.folder, "modelId": "sandbox-brief", "systemInstruction": "s",
		"recommendedPrompts": []string{"p"}, "idempotencyKey": key()}
}

func sendInput(f *fixture) object {
	return object{"chatId": f.chat, "text": "hi", "modelId": "sandbox-brief", "ifHead": f.reply, "idempotencyKey": key()}
}

func editInput(f *fixture) object {
	return object{"messageId": f.message, "text": "hi", "modelId": "sandbox-brief", "ifHead": f.reply, "idempotencyKey": key()}
}

func regenerateInput(f *fixture) object {
	return object{"messageId": f.reply, "modelId": "sandbox-brief", "ifHead": f.reply, "idempotencyKey": key()}
}

func TestEveryMutationHasItsCase(t *testing.T) {
	t.Parallel()
	s := schema(t)
	for _, f := range fields(s.Mutation) {
		op, ok := operations[f.Name]
		if !ok {
			t.Errorf("mutation %s has no case: add it to operations", f.Name)
			continue
		}
		for _, in := range s.Types[f.Arguments[0].Type.Name()].Fields {
			_, given := op.input(&fixture{person: &person{}})[in.Name]
			if in.Type.NonNull && in.DefaultValue == nil && !given {
				t.Errorf("the case of %s lacks %s", f.Name, in.Name)
			}
		}
	}
	for name := range operations {
		if s.Mutation.Fields.ForName(name) == nil {
			t.Errorf("there is no mutation %s", name)
		}
	}
}

// TestValidInputPasses shows that what the other tables spoil is whole to begin with.
func TestValidInputPasses(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	for name, op := range operations {
		if elsewhere[name] != "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := w.fixture(t, "valid-"+name)
			f.change(t, name, op.input(f), op.selection)
		})
	}
}

func TestSignedOut(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	f := w.fixture(t, "ada")
	before := w.counts(t)
	for name, op := range operations {
		if op.public {
			continue
		}
		a := w.signedOut().mutate(t, name, op.input(f), op.selection)
		if a.code() != "UNAUTHENTICATED" || a.Errors[0].Extensions["httpStatus"] != 401.0 {
			t.Errorf("%s signed out: %v", name, a.Errors)
		}
	}
	sameCounts(t, before, w.counts(t))
}

func TestQueriesSignedOut(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	f := w.fixture(t, "ada")
	a := w.signedOut().get(t, `query ($id: ID!) { viewer { id eventCursor } node(id: $id) { id } nodes(ids: [$id, $id]) { id } models { id } serverInfo { version } }`,
		object{"id": f.chat})
	if a.at("viewer") != nil || a.at("node") != nil || a.at("nodes.0") != nil {
		t.Errorf("nobody sees %v", a.Data)
	}
	if a.text("models.0.id") == "" || a.text("serverInfo.version") == "" {
		t.Errorf("what is public is hidden: %v", a.Data)
	}
}

func sameCounts(t *testing.T, want, got map[string]int) {
	t.Helper()
	for table, n := range want {
		if got[table] != n {
			t.Errorf("%s had %d rows, now %d", table, n, got[table])
		}
	}
}
