package contract

import (
	"testing"
	"time"

	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/ledgerentry"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/app"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/usage"
)

// consumed is what a message or a job consumed, as the API reports it, and the quota that it took.
type consumed struct {
	input, output float64
	source        string
	charged       int64
}

// used reads what a reply consumed. It must be the only thing its person ever used.
func (p *person) used(t *testing.T, reply string) consumed {
	t.Helper()
	a := p.get(t, `query ($id: ID!) { node(id: $id) { ... on Message { usage { inputTokens outputTokens source } } } }`, object{"id": reply})
	q := p.quota(t)
	if q.Held != (amounts{}) {
		t.Errorf("%+v is still held", q.Held)
	}
	in, _ := a.at("node.usage.inputTokens").(float64)
	out, _ := a.at("node.usage.outputTokens").(float64)
	return consumed{in, out, a.text("node.usage.source"), q.Used.Tokens}
}

// TestAStopBeforeAnyProviderTookTheCallCostsNothing stops a reply while it waits for another try.
func TestAStopBeforeAnyProviderTookTheCallCostsNothing(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	p := w.person(t, "ada")
	chat := p.newChat(t, object{"title": "named"})
	reply := p.change(t, "sendMessage", object{"chatId": chat, "text": "[sandbox:rate_limit] hi", "idempotencyKey": key()}, "reply { id }").text("result.reply.id")
	w.untilAsked(t, reply, "sandbox-writer")
	p.change(t, "stopReply", object{"messageId": reply}, "receipt { status }")
	if got := p.replied(t, chat, reply); got.status != "STOPPED" {
		t.Fatalf("the reply is %+v", got)
	}
	if got := p.used(t, reply); got.input != 0 || got.output != 0 || got.charged != 0 {
		t.Errorf("it used %+v", got)
	}
}

// TestAStopThatTheProviderDoesNotCountCostsAnEstimate stops what a provider took.
func TestAStopThatTheProviderDoesNotCountCostsAnEstimate(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	for name, c := range map[string]struct {
		prompt string
		shown  string
	}{
		"before a text": {"[sandbox:no_usage][sandbox:stall_after=0] hi", ""},
		"behind a text": {"[sandbox:no_usage][sandbox:stall][sandbox:echo] hi", "hi"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := w.person(t, name)
			chat := p.newChat(t, object{"title": "named"})
			reply := p.change(t, "sendMessage", object{"chatId": chat, "text": c.prompt, "idempotencyKey": key()}, "reply { id }").text("result.reply.id")
			w.untilAsked(t, reply, "sandbox-writer")
			w.untilShown(t, p, reply, c.shown)
			p.change(t, "stopReply", object{"messageId": reply}, "receipt { status }")
			ended := p.replied(t, chat, reply)
			want := consumed{float64(usage.Estimate(c.prompt)), float64(usage.Estimate(ended.text)), "ESTIMATED", usage.Estimate(c.prompt) + usage.Estimate(ended.text)}
			if got := p.used(t, reply); got != want {
				t.Errorf("it used %+v, want %+v", got, want)
			}
		})
	}
}

// untilShown waits until a reply shows a text.
func (w *world) untilShown(t *testing.T, p *person, reply, want string) {
	t.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		if text, _, err := p.MessageText(t.Context(), reply); err != nil || text == want {
			must(t, err)
			return
		}
		select {
		case <-poll.C:
		case <-t.Context().Done():
			t.Fatalf("it never showed %q", want)
		}
	}
}

// TestRefusedWorkCostsNothing looks at what models and filters refuse, and at what is empty.
func TestRefusedWorkCostsNothing(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	for name, c := range map[string]struct{ directive, reply, job string }{
		"refusal":  {"[sandbox:refusal]", "COMPLETED", "COMPLETED"},
		"filtered": {"[sandbox:filter_after=2]", "COMPLETED", "COMPLETED"},
		"blocked":  {"[sandbox:blocked]", "FAILED", "FAILED"},
		"empty":    {"[sandbox:no_output]", "FAILED", "FAILED"},
		"nothing":  {"[sandbox:filter_after=0]", "FAILED", "FAILED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := w.person(t, name)
			chat := p.newChat(t, object{"title": "named"})
			_, reply := p.exchange(t, chat, c.directive+" hi")
			a := p.get(t, `query ($id: ID!) { node(id: $id) { ... on Message { status cost { amountMicros } } } }`, object{"id": reply})
			if a.text("node.status") != c.reply || a.at("node.cost.amountMicros") != 0.0 {
				t.Errorf("the reply is %v", a.Data)
			}
			job := p.order(t, object{"text": object{"prompt": c.directive + " hi"}}, nil)
			p.over(t, job)
			if a := p.read(t, job); a.text("node.status") != c.job || a.at("node.cost.amountMicros") != 0.0 {
				t.Errorf("the job is %s, costs %v", a.text("node.status"), a.at("node.cost"))
			}
			plan := p.change(t, "planProject", object{"goal": c.directive + " a goal", "idempotencyKey": key()}, "job { id }").text("result.job.id")
			if ended := p.over(t, plan); ended.Status != "FAILED" {
				t.Errorf("the plan ended %s", ended.Status)
			}
			if q := p.quota(t); q.Used != (amounts{}) || q.Held != (amounts{}) {
				t.Errorf("%+v is used, %+v held", q.Used, q.Held)
			}
			if n := w.rows.LedgerEntry.Query().Where(ledgerentry.KindEQ(ledgerentry.KindSettle), ledgerentry.TokensGT(0)).CountX(t.Context()); n != 0 {
				t.Errorf("%d runs were charged", n)
			}
		})
	}
}

// TestACancelledTextCostsWhatAStoppedReplyDoes cancels texts that a worker is at, of which the provider reports no usage.
func TestACancelledTextCostsWhatAStoppedReplyDoes(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	p := w.person(t, "ada")
	prompt := "[sandbox:no_usage][sandbox:stall][sandbox:echo] hi there"
	job := p.order(t, object{"text": object{"prompt": prompt}}, nil)
	w.untilText(t, p, job, "hi there")
	p.change(t, "cancelJob", object{"jobId": job}, "job { id }")
	p.over(t, job)
	p.wantTextCost(t, job, prompt, "hi there")
}

// untilText waits until a job shows a text.
func (w *world) untilText(t *testing.T, p *person, job, want string) {
	t.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for p.read(t, job).Errors == nil && p.get(t, `query ($id: ID!) { node(id: $id) { ... on Job { text } } }`, object{"id": job}).text("node.text") != want {
		select {
		case <-poll.C:
		case <-t.Context().Done():
			t.Fatalf("it never showed %q", want)
		}
	}
}

// wantTextCost checks that a cancelled text, the only thing its person ordered, is charged for what was asked and shown.
func (p *person) wantTextCost(t *testing.T, job, prompt, shown string) {
	t.Helper()
	a := p.read(t, job)
	in, out := usage.Estimate(prompt), usage.Estimate(shown)
	if a.text("node.status") != "CANCELLED" || a.at("node.usage.inputTokens") != float64(in) || a.at("node.usage.outputTokens") != float64(out) || a.text("node.usage.source") != "ESTIMATED" {
		t.Errorf("the job is %s and used %v", a.text("node.status"), a.at("node.usage"))
	}
	if q := p.quota(t); q.Used.Tokens != in+out || q.Held.Tokens != 0 {
		t.Errorf("%+v is used, %+v held", q.Used, q.Held)
	}
}

// TestWhatIsTakenOverCostsWhatAWorkerWouldCharge ends a reply and a text whose workers do not answer.
func TestWhatIsTakenOverCostsWhatAWorkerWouldCharge(t *testing.T) {
	t.Parallel()
	w := start(t, app.Part{Serves: true}, services(t))
	far := time.Now().Add(time.Hour).UnixMilli()
	const said, shown = "what is it", "it is"
	t.Run("a reply", func(t *testing.T) {
		t.Parallel()
		p := w.person(t, "ada")
		chat := p.newChat(t, object{"title": "named", "systemInstruction": "be kind"})
		sent, err := p.Send(t.Context(), chat, said, key())
		must(t, err)
		must(t, w.rows.Message.UpdateOneID(messageID(t, sent.ReplyID)).SetStatus(message.StatusStreaming).SetModel("sandbox-writer").SetOmittedMessages(0).
			SetText(shown).SetLeaseUntilMs(far).Exec(t.Context()))
		p.change(t, "stopReply", object{"messageId": sent.ReplyID}, "receipt { status }")
		in, out := usage.Estimate("be kind")+usage.Estimate(said), usage.Estimate(shown)
		if got, want := p.used(t, sent.ReplyID), (consumed{float64(in), float64(out), "ESTIMATED", in + out}); got != want {
			t.Errorf("it used %+v, want %+v", got, want)
		}
	})
	t.Run("a text", func(t *testing.T) {
		t.Parallel()
		p := w.person(t, "bob")
		job := p.order(t, object{"text": object{"prompt": said}}, nil)
		id, err := oid.Parse[oid.Job](job)
		must(t, err)
		must(t, w.rows.Job.UpdateOneID(id).SetStatus(entjob.StatusInProgress).SetText(shown).SetLeaseUntilMs(far).Exec(t.Context()))
		p.change(t, "cancelJob", object{"jobId": job}, "job { id }")
		p.wantTextCost(t, job, said, shown)
	})
}

// TestAMessageSentWhileAJobRunsHoldsForItsResult sends behind a job that has not ended.
func TestAMessageSentWhileAJobRunsHoldsForItsResult(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	p := w.person(t, "ada")
	for what, c := range map[string]struct {
		work object
		most int64
	}{
		"a text":    {object{"text": object{"prompt": "[sandbox:stall] x", "maxOutputTokens": 777}}, 777},
		"a picture": {object{"image": object{"prompt": "[sandbox:stall] x"}}, 1000},
	} {
		chat := p.newChat(t, object{"title": what})
		job := p.order(t, c.work, object{"chatId": chat})
		shown := messageID(t, p.read(t, job).text("node.message.id"))
		sent := p.change(t, "sendMessage", object{"chatId": chat, "text": "[sandbox:stall] y", "idempotencyKey": key()}, "reply { id }").text("result.reply.id")
		parent := w.rows.Message.GetX(t.Context(), *w.rows.Message.GetX(t.Context(), shown).ParentID)
		if before, behind := parent.BranchTokens, w.rows.Message.GetX(t.Context(), messageID(t, sent)).BranchTokens; behind < before+c.most {
			t.Errorf("%s: %d tokens before it, %d behind it, want %d more", what, before, behind, c.most)
		}
		counted := w.rows.Message.GetX(t.Context(), shown).BranchTokens
		p.change(t, "cancelJob", object{"jobId": job}, "job { id }")
		p.over(t, job)
		if got := w.rows.Message.GetX(t.Context(), shown).BranchTokens; got != counted {
			t.Errorf("%s: %d tokens at its end, %d before", what, got, counted)
		}
	}
}

// TestAReplyOfADeletedChatIsNotAsked deletes a chat whose reply waits for a worker.
func TestAReplyOfADeletedChatIsNotAsked(t *testing.T) {
	t.Parallel()
	settings := services(t)
	w := start(t, app.Part{Serves: true}, settings)
	p := w.person(t, "ada")
	chat := p.newChat(t, object{"title": "named"})
	sent, err := p.Send(t.Context(), chat, "hi", key())
	must(t, err)
	p.change(t, "deleteChat", object{"chatId": chat}, "chat { id }")
	start(t, app.Part{Works: true}, settings)
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	row := w.rows.Message.GetX(t.Context(), messageID(t, sent.ReplyID))
	for ; row.EndedAt == nil; row = w.rows.Message.GetX(t.Context(), row.ID) {
		select {
		case <-poll.C:
		case <-t.Context().Done():
			t.Fatal("the reply never ended")
		}
	}
	if row.Status != message.StatusStopped || row.Model != nil || row.Text != "" || *row.InputTokens != 0 {
		t.Errorf("the reply is %s, was put to %v and used %d tokens", row.Status, row.Model, *row.InputTokens)
	}
	if q := p.quota(t); q.Used != (amounts{}) || q.Held != (amounts{}) {
		t.Errorf("%+v is used, %+v held", q.Used, q.Held)
	}
}

// TestAPurgedChatHoldsNothing removes a chat for good whose reply nobody ended.
func TestAPurgedChatHoldsNothing(t *testing.T) {
	t.Parallel()
	settings := services(t)
	w := start(t, app.Part{Serves: true}, settings)
	p := w.person(t, "ada")
	chat := p.newChat(t, object{"title": "named"})
	sent, err := p.Send(t.Context(), chat, "hi", key())
	must(t, err)
	must(t, w.rows.Message.UpdateOneID(messageID(t, sent.ReplyID)).SetLeaseUntilMs(time.Now().Add(time.Hour).UnixMilli()).Exec(t.Context())) // Somebody is at it.
	if q := p.quota(t); q.Held.Tokens == 0 {
		t.Fatal("nothing is held")
	}
	must(t, w.rows.Chat.UpdateOneID(chatID(t, chat)).SetDeletedAt(time.Now().Add(-48*time.Hour)).Exec(t.Context()))
	start(t, app.Part{Works: true}, settings) // It cleans up as it starts.
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for w.rows.Chat.Query().CountX(t.Context()) > 0 {
		select {
		case <-poll.C:
		case <-t.Context().Done():
			t.Fatal("the chat is never purged")
		}
	}
	if q := p.quota(t); q.Held != (amounts{}) || q.Used != (amounts{}) {
		t.Errorf("%+v is held, %+v used", q.Held, q.Used)
	}
}

// TestACancelledPictureInAChatCostsNothing looks at its message.
func TestACancelledPictureInAChatCostsNothing(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	p := w.person(t, "ada")
	job := p.order(t, object{"image": object{"prompt": "[sandbox:stall] x"}}, object{"chatId": p.newChat(t, object{"title": "named"})})
	p.change(t, "cancelJob", object{"jobId": job}, "job { id }")
	p.over(t, job)
	a := p.get(t, `query ($id: ID!) { node(id: $id) { ... on Job { cost { amountMicros } message { status cost { amountMicros } } } } }`, object{"id": job})
	if a.text("node.message.status") != "STOPPED" || a.at("node.message.cost.amountMicros") != 0.0 || a.at("node.cost.amountMicros") != 0.0 {
		t.Errorf("the cancelled picture: %v", a.Data)
	}
}
