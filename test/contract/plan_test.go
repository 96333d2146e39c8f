package contract

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/client"
)

// wholePlan is all of a plan that a client may show.
const wholePlan = `id goal title summary language status revision stepsDone appliedAt budget { amountMicros currency } estimatedCost { min { amountMicros } max { amountMicros } }
	job { id status } folder { id type name } steps { id position title intent kind model { id } reason instruction prompts dependsOn { id position } status
		estimatedCost { max { amountMicros } } chat { id title systemInstruction recommendedPrompts model { id } planStep { id } head { id role text } } }`

func (p *person) planOf(t *testing.T, id string) answer {
	t.Helper()
	return p.get(t, `query ($id: ID!) { node(id: $id) { ... on Plan { `+wholePlan+` } } }`, object{"id": id})
}

// planned orders a plan and follows it to its end.
func (p *person) planned(t *testing.T, input object) client.Job {
	t.Helper()
	return p.over(t, p.change(t, "planProject", with(input, "idempotencyKey", key()), "job { id }").text("result.job.id"))
}

// TestAGoalBecomesAFolder walks from a goal to a finished step, in both languages.
func TestAGoalBecomesAFolder(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		for language, goal := range map[string]string{"en": "Write a children's book with a picture of a fox", "ko": "월 200만 원을 안전하게 받는 미국 배당주 포트폴리오와 그림"} {
			plan, steps := p.newPlan(t, goal)
			a := p.planOf(t, plan)
			if a.text("node.language") != language || a.text("node.goal") != goal || a.text("node.status") != "DRAFT" || a.text("node.job.status") != "COMPLETED" {
				t.Fatalf("%s: %v", language, a.Data)
			}
			if kinds := a.list("node.steps", "kind"); len(kinds) < 3 || !slices.Contains(kinds, "IMAGE") {
				t.Errorf("%s: kinds %v", language, kinds)
			}
			p.change(t, "applyPlan", object{"planId": plan, "idempotencyKey": key()}, "plan { id }")
			a = p.planOf(t, plan)
			if a.text("node.status") != "APPLIED" || a.text("node.folder.type") != "PROJECT" || a.text("node.steps.0.chat.planStep.id") != steps[0] {
				t.Errorf("%s: applied %v", language, a.Data)
			}
			welcome := a.text("node.steps.0.chat.head.text")
			if a.text("node.steps.0.chat.head.role") != "ASSISTANT" || !strings.Contains(welcome, a.text("node.steps.0.title")) {
				t.Errorf("%s: the chat opens with %q", language, welcome)
			}
			if reported := a.text("node.steps.0.chat.systemInstruction"); !strings.Contains(reported, a.text("node.steps.1.title")) {
				t.Errorf("%s: the first step does not know the next: %q", language, reported)
			}
			p.runs(t, plan, steps)
		}
	})
}

// runs begins a text step and an image step, and sees the plan go on.
func (p *person) runs(t *testing.T, plan string, steps []string) {
	t.Helper()
	begun := p.change(t, "runStep", object{"stepId": steps[0], "idempotencyKey": key()}, "step { chat { id } } reply { id } job { id }")
	if begun.at("result.job") != nil {
		t.Errorf("a text was run as %v", begun.Data)
	}
	p.awaitEnd(t, begun.text("result.step.chat.id"), begun.text("result.reply.id"))
	at := slices.Index(p.planOf(t, plan).list("node.steps", "kind"), "IMAGE")
	begun = p.change(t, "runStep", object{"stepId": steps[at], "promptIndex": 1, "idempotencyKey": key()}, "reply { id } job { id kind chat { id } }")
	if begun.text("result.job.kind") != "IMAGE" || begun.at("result.reply") != nil {
		t.Errorf("an image was run as %v", begun.Data)
	}
	if ended := p.over(t, begun.text("result.job.id")); ended.Status != "COMPLETED" {
		t.Errorf("the image ended %s", ended.Status)
	}
	a := p.planOf(t, plan)
	if a.at("node.stepsDone") != 2.0 || a.text("node.steps.0.status") != "DONE" || a.text("node.steps.1.status") != "NOT_STARTED" {
		t.Errorf("after two steps: %v of %v", a.at("node.stepsDone"), a.list("node.steps", "status"))
	}
	folder := a.text("node.folder.id")
	if got := p.get(t, `query ($id: ID!) { node(id: $id) { ... on Folder { plan { id stepsDone } } } }`, object{"id": folder}); got.text("node.plan.id") != plan {
		t.Errorf("the folder's plan is %v", got.Data)
	}
}

// TestAPlanIsAppliedOnce applies one from many sides at the same time.
func TestAPlanIsAppliedOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		plan, steps := p.newPlan(t, "a goal")
		before := w.counts(t)
		folders := make(chan string, 8)
		for range cap(folders) {
			go func() {
				a := p.mutate(t, "applyPlan", object{"planId": plan, "idempotencyKey": key()}, "folder { id }")
				folders <- a.text("result.folder.id")
			}()
		}
		one := <-folders
		for range cap(folders) - 1 {
			if other := <-folders; other != one || one == "" {
				t.Errorf("folders %q and %q", one, other)
			}
		}
		after := w.counts(t)
		if made := after["chats"] - before["chats"]; made != len(steps) || after["folders"]-before["folders"] != 1 {
			t.Errorf("%d chats for %d steps", made, len(steps))
		}
	})
}

// TestBadPlansAreMendedOnce: a plan that cannot be used is sent back once; one that stays bad is a failure, and nothing is kept.
func TestBadPlansAreMendedOnce(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	p := w.person(t, "ada")
	sound := p.planned(t, object{"goal": "a goal"}).Usage.InputTokens
	for _, fault := range []string{"garbage", "half", "model", "cycle", "empty", "one"} {
		ended := p.planned(t, object{"goal": "[sandbox:plan_fault=" + fault + "] a goal"})
		if ended.Status != "COMPLETED" || ended.Usage.InputTokens < 2*sound {
			t.Errorf("%s: %s %+v, usage %+v", fault, ended.Status, ended.Failure, ended.Usage)
		}
		before := w.counts(t)
		ended = p.planned(t, object{"goal": "[sandbox:plan_fault=" + fault + ":always] a goal"})
		if ended.Status != "FAILED" || ended.Failure.Code != "NO_OUTPUT" || !ended.Failure.Retryable {
			t.Errorf("%s: a plan that stays bad ended %s %+v", fault, ended.Status, ended.Failure)
		}
		if ended.Usage == nil || ended.Usage.InputTokens < 2*sound {
			t.Errorf("%s: a plan that stays bad consumed %+v", fault, ended.Usage)
		}
		if after := w.counts(t); after["plans"] != before["plans"] || after["plan_steps"] != before["plan_steps"] {
			t.Errorf("%s: half a plan was kept", fault)
		}
	}
}

// TestFaultsOfPlanning says what becomes of a provider's faults.
func TestFaultsOfPlanning(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	for directive, want := range map[string]string{"blocked": "CONTENT_BLOCKED", "refusal": "MODEL_REFUSED", "filter_after=0": "CONTENT_BLOCKED", "auth": "PROVIDER_REFUSED"} {
		ended := p.planned(t, object{"goal": "[sandbox:" + directive + "] a goal"})
		if ended.Status != "FAILED" || ended.Failure.Code != want {
			t.Errorf("%s: %s %+v", directive, ended.Status, ended.Failure)
		}
		if ended.Failure != nil && ended.Failure.Retryable {
			t.Errorf("%s: the same order may succeed later", directive)
		}
		if answered := directive == "refusal"; answered && (ended.Usage == nil || ended.Usage.InputTokens == 0) {
			t.Errorf("%s: the job does not say what it consumed: %+v", directive, ended.Usage)
		}
	}
	if ended := p.planned(t, object{"goal": "[sandbox:fail_times=1:overloaded] a goal"}); ended.Status != "COMPLETED" || len(ended.Attempts) != 2 {
		t.Errorf("a fault that passes: %s after %d attempts", ended.Status, len(ended.Attempts))
	}
	if ended := p.planned(t, object{"goal": "[sandbox:drop_after=3] a goal"}); ended.Status != "FAILED" || len(ended.Attempts) != 4 {
		t.Errorf("a plan that always breaks off: %s after %d attempts", ended.Status, len(ended.Attempts))
	}
}

func TestGoalsThatAreRefused(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	for what, budget := range map[string]object{
		"nothing to spend": {"amountMicros": 0, "currency": "USD"}, "another currency": {"amountMicros": 1, "currency": "KRW"},
	} {
		a := p.mutate(t, "planProject", object{"goal": "g", "budget": budget, "idempotencyKey": key()}, "job { id }")
		if a.reason() != "INVALID_VALUE" {
			t.Errorf("%s: %v %v", what, a.Errors, a.Data)
		}
	}
	a := p.mutate(t, "planProject", object{"goal": "g", "modelId": "sandbox-painter", "idempotencyKey": key()}, "job { id }")
	if a.reason() != "INVALID_VALUE" {
		t.Errorf("a painter plans: %v %v", a.Errors, a.Data)
	}
}

// TestPlansAreNoneOfTheFourJobs: plans hold none of the places of jobs, but there are no more than four at once.
func TestPlansAreNoneOfTheFourJobs(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	for range 4 {
		p.change(t, "planProject", object{"goal": "[sandbox:stall] never", "idempotencyKey": key()}, "job { id }")
	}
	a := p.mutate(t, "planProject", object{"goal": "g", "idempotencyKey": key()}, "job { id }")
	if a.code() != "TOO_MANY_JOBS" || a.Errors[0].Extensions["retryAfterMs"] == nil {
		t.Errorf("the fifth plan: %v %v", a.Errors, a.Data)
	}
	for range 4 {
		p.order(t, object{"image": object{"prompt": "[sandbox:stall] never"}}, nil)
	}
	if a := p.mutate(t, "createJob", object{"work": object{"image": object{"prompt": "p"}}, "idempotencyKey": key()}, "job { id }"); a.code() != "TOO_MANY_JOBS" {
		t.Errorf("the fifth job: %v", a.Errors)
	}
}

// TestAPlanCanBeCancelledAndRetried leaves nothing behind, and makes the plan then.
func TestAPlanCanBeCancelledAndRetried(t *testing.T) {
	t.Parallel()
	w := embedded(t, map[string]string{"SANDBOX_PACE": "1"}) // The first word takes its time, so that there is some to cancel in.
	p := w.person(t, "ada")
	job := p.change(t, "planProject", object{"goal": "[sandbox:first_after=9000] a goal", "idempotencyKey": key()}, "job { id }").text("result.job.id")
	if status := p.change(t, "cancelJob", object{"jobId": job}, "job { status }").text("result.job.status"); status != "CANCELLED" {
		t.Errorf("the plan is %s", status)
	}
	if n := w.counts(t)["plans"]; n != 0 {
		t.Errorf("%d plans", n)
	}
	again := p.change(t, "retryJob", object{"jobId": job, "idempotencyKey": key()}, "job { id kind retryOf { id } }")
	if again.text("result.job.kind") != "PLAN" || again.text("result.job.retryOf.id") != job {
		t.Errorf("retried as %v", again.Data)
	}
	if ended := p.over(t, again.text("result.job.id")); ended.Status != "COMPLETED" || w.counts(t)["plans"] != 1 {
		t.Errorf("the retried plan ended %s", ended.Status)
	}
}

func TestStepsOfAPlan(t *testing.T) {
	t.Parallel()
	f := embedded(t).fixture(t, "ada")
	add := func(plan string, more object) answer {
		return f.mutate(t, "addPlanStep", withAll(object{"planId": plan, "title": "more", "prompts": []string{"p"}, "idempotencyKey": key()}, more), "step { id position kind }")
	}
	if a := add(f.draft, object{"position": 1, "kind": "IMAGE"}); a.at("result.step.position") != 1.0 || a.text("result.step.kind") != "IMAGE" {
		t.Errorf("a first step: %v %v", a.Errors, a.Data)
	}
	if a := add(f.draft, object{"position": 1, "dependsOnIds": []string{f.draftSteps[0]}}); a.reason() != "INVALID_VALUE" {
		t.Errorf("a step that needs a later one: %v", a.Data)
	}
	if a := add(f.draft, object{"position": 99}); a.reason() != "INVALID_VALUE" {
		t.Errorf("a place that is not there: %v", a.Data)
	}
	if a := add(f.draft, object{"kind": "VIDEO", "modelId": "sandbox-writer"}); a.reason() != "INVALID_VALUE" {
		t.Errorf("a writer that films: %v", a.Data)
	}
	for len(f.stepIDs(t, f.draft)) < 8 {
		if a := add(f.draft, nil); a.reason() != "" || a.code() != "" {
			t.Fatalf("a further step: %v %v", a.Errors, a.Data)
		}
	}
	if a := add(f.draft, nil); a.reason() != "LIMIT_REACHED" {
		t.Errorf("the ninth step: %v", a.Data)
	}
	ids := f.stepIDs(t, f.draft)
	slices.Reverse(ids)
	if a := f.mutate(t, "reorderPlanSteps", object{"planId": f.draft, "stepIds": ids}, "plan { id }"); a.reason() != "INVALID_VALUE" {
		t.Errorf("an order in which steps stand before what they need: %v", a.Data)
	}
	if a := f.mutate(t, "reorderPlanSteps", object{"planId": f.draft, "stepIds": ids[1:]}, "plan { id }"); a.reason() != "INVALID_VALUE" {
		t.Errorf("an order that forgets one: %v", a.Data)
	}
	if a := f.mutate(t, "removePlanStep", object{"stepId": f.draftSteps[0], "ifRevision": 1}, "plan { id }"); a.code() != "CONFLICT" {
		t.Errorf("a plan that was changed since: %v %v", a.Errors, a.Data)
	}
	for _, id := range f.stepIDs(t, f.draft)[1:] {
		f.change(t, "removePlanStep", object{"stepId": id}, "plan { id }")
	}
	last := f.stepIDs(t, f.draft)[0]
	if a := f.mutate(t, "removePlanStep", object{"stepId": last}, "plan { id }"); a.reason() != "INVALID_VALUE" {
		t.Errorf("the last step: %v", a.Data)
	}
}

// stepIDs are the ids of a plan's steps in order.
func (p *person) stepIDs(t *testing.T, plan string) []string {
	t.Helper()
	return p.planOf(t, plan).list("node.steps", "id")
}

func withAll(input, more object) object {
	for k, v := range more {
		input = with(input, k, v)
	}
	return input
}

// TestChangesOfAnAppliedPlanReachItsChats, but not over what the person wrote in them.
func TestChangesOfAnAppliedPlanReachItsChats(t *testing.T) {
	t.Parallel()
	f := embedded(t).fixture(t, "ada")
	f.change(t, "configureChat", object{"chatId": f.stepChat, "systemInstruction": "mine"}, "chat { id }")
	f.change(t, "updatePlanStep", object{"stepId": f.steps[0], "title": "renamed", "instruction": "theirs", "prompts": []string{"q"}}, "step { id }")
	a := f.planOf(t, f.applied)
	if got := a.text("node.steps.0.chat.title"); got != "1. renamed" {
		t.Errorf("the chat is %q", got)
	}
	if got := a.text("node.steps.0.chat.systemInstruction"); got != "mine" {
		t.Errorf("the person's instruction became %q", got)
	}
	if got := a.at("node.steps.0.chat.recommendedPrompts"); len(got.([]any)) != 1 {
		t.Errorf("prompts %v", got)
	}
	added := f.change(t, "addPlanStep", object{"planId": f.applied, "title": "more", "prompts": []string{"p"}, "idempotencyKey": key()}, "step { chat { id title } }")
	if added.text("result.step.chat.id") == "" {
		t.Errorf("a step added to an applied plan has no chat: %v", added.Data)
	}
}

// TestReplanKeepsWhatIsDone plans the rest again.
func TestReplanKeepsWhatIsDone(t *testing.T) {
	t.Parallel()
	f := embedded(t).fixture(t, "ada")
	begun := f.change(t, "runStep", object{"stepId": f.steps[0], "idempotencyKey": key()}, "step { chat { id } } reply { id }")
	f.awaitEnd(t, begun.text("result.step.chat.id"), begun.text("result.reply.id"))
	if a := f.mutate(t, "replan", object{"planId": f.applied, "fromStepId": f.steps[0], "idempotencyKey": key()}, "job { id }"); a.reason() != "INVALID_VALUE" {
		t.Errorf("a finished step was planned anew: %v %v", a.Errors, a.Data)
	}
	job := f.change(t, "replan", object{"planId": f.applied, "fromStepId": f.steps[1], "wish": "with a video", "idempotencyKey": key()}, "job { id }").text("result.job.id")
	if ended := f.over(t, job); ended.Status != "COMPLETED" {
		t.Fatalf("the replan ended %s %+v", ended.Status, ended.Failure)
	}
	a := f.planOf(t, f.applied)
	ids := a.list("node.steps", "id")
	if ids[0] != f.steps[0] || slices.Contains(ids, f.steps[1]) || a.text("node.steps.0.status") != "DONE" {
		t.Errorf("steps %v, of %v before", ids, f.steps)
	}
	if needs := a.list("node.steps.1.dependsOn", "id"); len(needs) != 1 || needs[0] != f.steps[0] {
		t.Errorf("the new step needs %v, not the one that is done", needs)
	}
	if a.text("node.steps.1.chat.id") == "" || a.at("node.steps.1.position") != 2.0 {
		t.Errorf("the new step: %v", a.at("node.steps.1"))
	}
}

// TestReplanOfWhatIsGoneAsksNobody: neither the provider is asked nor anything kept.
func TestReplanOfWhatIsGoneAsksNobody(t *testing.T) {
	t.Parallel()
	f := embedded(t).fixture(t, "ada")
	job := f.change(t, "replan", object{"planId": f.draft, "fromStepId": f.draftSteps[0], "wish": "[sandbox:stall]", "idempotencyKey": key()}, "job { id }").text("result.job.id")
	f.change(t, "cancelJob", object{"jobId": job}, "job { id }")
	f.change(t, "deletePlan", object{"planId": f.draft}, "planId")
	again := f.change(t, "retryJob", object{"jobId": job, "idempotencyKey": key()}, "job { id }").text("result.job.id")
	if ended := f.over(t, again); ended.Status != "FAILED" || ended.Failure.Code != "NO_OUTPUT" || ended.Usage != nil {
		t.Errorf("ended %s %+v, usage %+v", ended.Status, ended.Failure, ended.Usage)
	}
}

// TestAPlanIsNoText: what the model wrote is shown as a plan alone, to who followed it and to who comes behind its end.
func TestAPlanIsNoText(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	job := p.change(t, "planProject", object{"goal": "a goal", "idempotencyKey": key()}, "job { id }").text("result.job.id")
	socket := p.socket(t)
	for range 2 {
		events, err := socket.FollowJob(job, "")
		must(t, err)
		var e client.JobEvent
		for e.Typename != "JobEnded" {
			e, err = client.JobEventOf(next(t, events))
			must(t, err)
			if e.Typename == "JobTextDelta" {
				t.Errorf("the plan was shown as text: %q", e.Text)
			}
		}
		if e.Status != "COMPLETED" || e.Length != 0 || e.Job.Text != nil || e.Job.Result.Text != nil {
			t.Errorf("ended %s with %d units of text", e.Status, e.Length)
		}
	}
}

// TestPromptsForAChat are found, stored and sent.
func TestPromptsForAChat(t *testing.T) {
	t.Parallel()
	f := embedded(t).fixture(t, "ada")
	job := f.change(t, "recommendPrompts", object{"chatId": f.chat, "count": 4, "idempotencyKey": key()}, "job { id }").text("result.job.id")
	if ended := f.over(t, job); ended.Status != "COMPLETED" {
		t.Fatalf("ended %s %+v", ended.Status, ended.Failure)
	}
	a := f.get(t, `query ($job: ID!, $chat: ID!) { job: node(id: $job) { ... on Job { result { prompts } } } chat: node(id: $chat) { ... on Chat { recommendedPrompts } } }`,
		object{"job": job, "chat": f.chat})
	found, _ := json.Marshal(a.at("job.result.prompts"))
	kept, _ := json.Marshal(a.at("chat.recommendedPrompts"))
	if string(found) != string(kept) || len(a.at("job.result.prompts").([]any)) != 4 {
		t.Errorf("found %s, kept %s", found, kept)
	}
	for _, n := range []int{0, 7} {
		if a := f.mutate(t, "recommendPrompts", object{"chatId": f.chat, "count": n, "idempotencyKey": key()}, "job { id }"); a.reason() != "INVALID_VALUE" {
			t.Errorf("%d prompts: %v", n, a.Data)
		}
	}
}
