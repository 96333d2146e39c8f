package contract

import (
	"slices"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/app"
	"github.com/weav-ai/weav/internal/client"
)

// realWorld is a server that asks a vendor unless somebody names the sandbox.
func realWorld(t *testing.T) (*world, *vendor) {
	t.Helper()
	v := newVendor(t)
	settings := map[string]string{"OPENAI_API_KEY": houseKey, "OPENAI_BASE_URL": v.url + "/v1", "AI_PROVIDER_DEFAULT": "openai"}
	return start(t, app.Part{Serves: true, Works: true}, settings), v
}

// worked are the paths at the vendor by which work was asked for.
func (v *vendor) worked() (paths []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, asked := range v.asked {
		paths = append(paths, slices.DeleteFunc(slices.Clone(asked), func(p string) bool { return strings.HasSuffix(p, "/models") })...)
	}
	return paths
}

// ended follows a job to its end, which must be a good one.
func (p *person) ended(t *testing.T, what, job string) {
	t.Helper()
	if j := p.over(t, job); j.Status != "COMPLETED" {
		t.Errorf("%s ended %s, %+v", what, j.Status, j.Failure)
	}
}

// TestATestKeyAsksTheSandboxAlone, whatever it orders on a server with a real provider, and costs no quota.
func TestATestKeyAsksTheSandboxAlone(t *testing.T) {
	t.Parallel()
	w, v := realWorld(t)
	p := w.person(t, "ada")
	k := p.withKey(t, object{"isTest": true}, scopes...)
	before := p.quota(t)

	k.testReplies(t)
	k.testJobs(t)
	k.testPlans(t)

	if after := p.quota(t); after.Used != before.Used || after.Held != before.Held {
		t.Errorf("the quota is %+v, was %+v", after, before)
	}
	if paths := v.worked(); len(paths) != 0 {
		t.Errorf("the vendor was asked %v", paths)
	}
	if got := p.sendAs(t, p.newChat(t, object{"title": "n"}), "hi", nil); got.status != "COMPLETED" || len(v.worked()) != 1 {
		t.Errorf("without the key the vendor is asked %v for %+v", v.worked(), got)
	}
}

// testReplies sends, edits and regenerates in a chat that gets its title, whose own model is the vendor's.
func (p *person) testReplies(t *testing.T) {
	t.Helper()
	chat := p.newChat(t, nil)
	events := p.follow(t, chat, "")
	input := object{"chatId": chat, "text": echo + "hi there", "modelId": "sandbox-brief", "idempotencyKey": key()}
	sent := p.change(t, "sendMessage", input, "message { id } reply { id }")
	await(t, events, func(e client.Event) bool { return e.Typename == "ChatSaved" && e.Chat != nil && e.Chat.Title != "" })
	p.awaitEnd(t, chat, sent.text("result.reply.id"))
	for mutation, id := range map[string]string{"editMessage": sent.text("result.message.id"), "regenerateReply": sent.text("result.reply.id")} {
		input := object{"messageId": id, "modelId": "sandbox-brief", "idempotencyKey": key()}
		if mutation == "editMessage" {
			input["text"] = echo + "ho"
		}
		if got := p.replied(t, chat, p.change(t, mutation, input, "reply { id }").text("result.reply.id")); got.status != "COMPLETED" {
			t.Errorf("%s: %+v", mutation, got)
		}
	}
	if a := p.mutate(t, "sendMessage", object{"chatId": chat, "text": "hi", "modelId": "gpt-6-luna", "idempotencyKey": key()}, "reply { id }"); a.code() != "FORBIDDEN" {
		t.Errorf("the vendor's model: %v %v", a.Errors, a.Data)
	}
	prompts := p.change(t, "recommendPrompts", object{"chatId": chat, "idempotencyKey": key()}, "job { id }").text("result.job.id")
	p.ended(t, "recommendPrompts", prompts)
}

// testJobs orders one of each kind, two of which a chat without a title shows, and one again.
func (p *person) testJobs(t *testing.T) {
	t.Helper()
	chat := p.newChat(t, nil)
	events := p.follow(t, chat, "")
	picture := p.order(t, object{"image": object{"prompt": "a cat", "size": "256x256", "modelId": "sandbox-painter"}}, object{"chatId": chat})
	p.ended(t, "an image", picture)
	await(t, events, func(e client.Event) bool { return e.Typename == "ChatSaved" && e.Chat != nil && e.Chat.Title != "" })
	text := p.order(t, object{"text": object{"prompt": echo + "p", "modelId": "sandbox-brief"}}, object{"chatId": chat})
	p.ended(t, "a text", text)
	p.ended(t, "a video", p.order(t, object{"video": object{"prompt": "[sandbox:fast] a film", "seconds": 4, "modelId": "sandbox-filmer"}}, nil))
	p.ended(t, "retryJob", p.change(t, "retryJob", object{"jobId": text, "idempotencyKey": key()}, "job { id }").text("result.job.id"))
}

// testPlans has a plan made and made again, applies it and runs its first step.
func (p *person) testPlans(t *testing.T) {
	t.Helper()
	plan, steps := p.newPlan(t, "a goal")
	models := func() []string {
		return p.get(t, `query ($id: ID!) { node(id: $id) { ... on Plan { steps { model { provider } } } } }`, object{"id": plan}).list("node.steps", "model.provider")
	}
	if got := slices.Compact(models()); !slices.Equal(got, []string{"sandbox"}) {
		t.Errorf("the plan's models are of %v", got)
	}
	again := p.change(t, "replan", object{"planId": plan, "fromStepId": steps[len(steps)-1], "wish": "w", "idempotencyKey": key()}, "job { id }").text("result.job.id")
	p.ended(t, "replan", again)
	if got := slices.Compact(models()); !slices.Equal(got, []string{"sandbox"}) {
		t.Errorf("made anew, the plan's models are of %v", got)
	}
	other := p.change(t, "planProject", object{"goal": "another", "idempotencyKey": key()}, "job { id }").text("result.job.id")
	p.ended(t, "planProject", other)
	p.ended(t, "a plan again", p.change(t, "retryJob", object{"jobId": other, "idempotencyKey": key()}, "job { id }").text("result.job.id"))
	p.change(t, "applyPlan", object{"planId": plan, "idempotencyKey": key()}, "plan { id }")
	run := p.change(t, "runStep", object{"stepId": steps[0], "idempotencyKey": key()}, "step { chat { id } } reply { id } job { id }")
	if job, isJob := run.at("result.job.id").(string); isJob {
		p.ended(t, "runStep", job)
	} else if got := p.replied(t, run.text("result.step.chat.id"), run.text("result.reply.id")); got.status != "COMPLETED" {
		t.Errorf("runStep: %+v", got)
	}
}

// TestAKeySeesWhichModelsItMayAsk, and plans with those alone.
func TestAKeySeesWhichModelsItMayAsk(t *testing.T) {
	t.Parallel()
	w, v := realWorld(t)
	p := w.person(t, "ada")
	available := func(k *person) []string {
		return k.get(t, `{ models(filter: {availableToViewer: true, kind: TEXT}) { id availableToViewer unavailableReason } }`, nil).list("models", "id")
	}
	test := p.withKey(t, object{"isTest": true}, "READ")
	if got := available(test); !slices.Contains(got, "sandbox-brief") || slices.ContainsFunc(got, func(id string) bool { return !strings.HasPrefix(id, "sandbox-") }) {
		t.Errorf("a test key may ask %v", got)
	}
	named := p.withKey(t, object{"modelIds": []string{"sandbox-brief", "sandbox-painter"}}, scopes...)
	if got := available(named); !slices.Equal(got, []string{"sandbox-brief"}) {
		t.Errorf("a key of two models may ask %v", got)
	}
	if got := available(p); !slices.Contains(got, "gpt-6-luna") {
		t.Errorf("the person may ask %v", got)
	}
	refused := named.get(t, `{ models(filter: {availableToViewer: false, kind: TEXT}) { id unavailableReason } }`, nil).at("models").([]any)
	if i := slices.IndexFunc(refused, func(m any) bool { return at(m, "id") == "gpt-6-luna" }); i < 0 || at(refused[i], "unavailableReason") != "KEY_RESTRICTED" {
		t.Errorf("it is told of the others %v", refused)
	}
	plan, _ := named.newPlan(t, "a goal")
	steps := p.get(t, `query ($id: ID!) { node(id: $id) { ... on Plan { steps { model { id } } } } }`, object{"id": plan}).list("node.steps", "model.id")
	if slices.ContainsFunc(steps, func(id string) bool { return id != "sandbox-brief" && id != "sandbox-painter" }) || len(v.worked()) != 0 {
		t.Errorf("its plan is made with %v, and the vendor was asked %v", steps, v.worked())
	}
	drawer := p.withKey(t, object{"modelIds": []string{"sandbox-painter"}}, "JOBS")
	if a := drawer.mutate(t, "planProject", object{"goal": "g", "idempotencyKey": key()}, "job { id }"); a.code() != "FORBIDDEN" {
		t.Errorf("a key without a model that plans: %v %v", a.Errors, a.Data)
	}
}
