package contract

import (
	"strings"
	"sync"
	"testing"

	entmessage "github.com/weav-ai/weav/ent/message"
	entusage "github.com/weav-ai/weav/ent/usage"
	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/internal/oid"
)

// retire gives a chat a model that is retired since.
func (w *world) retire(t *testing.T, chat, model string) {
	t.Helper()
	must(t, w.rows.Chat.UpdateOneID(chatID(t, chat)).SetModel(model).Exec(t.Context()))
}

func chatID(t *testing.T, id string) oid.Chat {
	t.Helper()
	parsed, err := oid.Parse[oid.Chat](id)
	must(t, err)
	return parsed
}

// retiredChat is a chat with an exchange, whose model is retired since.
type retiredChat struct {
	*person
	chat, message, reply string
}

func (w *world) retiredChat(t *testing.T, name, onRetirement, model string) retiredChat {
	t.Helper()
	p := w.person(t, name)
	a := retiredChat{person: p, chat: p.newChat(t, object{"title": "named", "onRetirement": onRetirement})}
	a.message, a.reply = p.exchange(t, a.chat, "[sandbox:echo] hello")
	w.retire(t, a.chat, model)
	return a
}

// turns are the three ways to have the chat's model answer.
func (a retiredChat) turns() map[string]object {
	return map[string]object{
		"sendMessage":     {"chatId": a.chat, "text": "[sandbox:echo] again", "ifHead": a.reply, "idempotencyKey": key()},
		"editMessage":     {"messageId": a.message, "text": "[sandbox:echo] again", "ifHead": a.reply, "idempotencyKey": key()},
		"regenerateReply": {"messageId": a.reply, "ifHead": a.reply, "idempotencyKey": key()},
	}
}

// state is the chat's model and revision.
func (a retiredChat) state(t *testing.T) (model string, revision any) {
	t.Helper()
	got := a.get(t, `query ($id: ID!) { node(id: $id) { ... on Chat { model { id } revision } } }`, object{"id": a.chat})
	return got.text("node.model.id"), got.at("node.revision")
}

func TestRetiredModelAsks(t *testing.T) {
	t.Parallel()
	onBothWithModels(t, func(t *testing.T, w *world) {
		a := w.retiredChat(t, "ada", "ASK", "oldest")
		read := a.get(t, `query ($id: ID!) { node(id: $id) { ... on Chat { onRetirement model { id state successor { id } } messages { nodes { text } } } } }`, object{"id": a.chat})
		if read.text("node.model.state") != "RETIRED" || read.text("node.onRetirement") != "ASK" || len(read.list("node.messages.nodes", "text")) != 2 {
			t.Errorf("the chat reads %v", read.Data)
		}
		before := w.counts(t)
		for mutation, input := range a.turns() {
			got := a.mutate(t, mutation, input, "reply { id }")
			if got.reason() != "MODEL_RETIRED" || got.text("result.userErrors.0.path.1") != "modelId" || !strings.Contains(got.text("result.userErrors.0.message"), "second") {
				t.Errorf("%s: %v %v", mutation, got.Errors, got.at("result.userErrors"))
			}
		}
		sameCounts(t, before, w.counts(t))
		got := a.sendAs(t, a.chat, "[sandbox:echo] with another", object{"modelId": "blind"})
		if model, revision := a.state(t); got.status != "COMPLETED" || got.requested != "blind" || model != "oldest" || revision != 1.0 {
			t.Errorf("with another model: %+v, the chat is of %s at revision %v", got, model, revision)
		}
	})
}

func TestRetiredModelGivesWay(t *testing.T) {
	t.Parallel()
	onBothWithModels(t, func(t *testing.T, w *world) {
		for mutation := range (retiredChat{}).turns() {
			t.Run(mutation, func(t *testing.T) {
				t.Parallel()
				a := w.retiredChat(t, mutation, "AUTO", "oldest")
				input := a.turns()[mutation]
				for _, retired := range []string{"oldest", "old"} {
					if got := a.mutate(t, mutation, withAll(input, object{"modelId": retired, "idempotencyKey": key()}), "reply { id }"); got.reason() != "MODEL_RETIRED" {
						t.Errorf("%s by name: %v %v", retired, got.Errors, got.Data)
					}
				}
				events := a.follow(t, a.chat, "")
				got := a.change(t, mutation, input, "chat { model { id } revision } reply { id }")
				if got.text("result.chat.model.id") != "second" || got.at("result.chat.revision") != 2.0 {
					t.Errorf("the chat is %v", got.at("result.chat"))
				}
				await(t, events, func(e client.Event) bool { return e.Typename == "ChatSaved" })
				reply := a.replied(t, a.chat, got.text("result.reply.id"))
				if reply.requested != "second" || reply.answeredBy != "second" || reply.status != "COMPLETED" {
					t.Errorf("the reply is %+v", reply)
				}
				if replay := a.change(t, mutation, input, "reply { id }"); replay.text("result.reply.id") != reply.id {
					t.Errorf("a replay answers %v", replay.Data)
				}
				if model, revision := a.state(t); model != "second" || revision != 2.0 {
					t.Errorf("after a replay the chat is of %s at revision %v", model, revision)
				}
			})
		}
	})
}

// TestRetiredModelGivesWayOnce has several tabs send at once: one is taken, and the chat changes once.
func TestRetiredModelGivesWayOnce(t *testing.T) {
	t.Parallel()
	onBothWithModels(t, func(t *testing.T, w *world) {
		a := w.retiredChat(t, "ada", "AUTO", "old")
		answers := make([]answer, 5)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = a.mutate(t, "sendMessage", a.turns()["sendMessage"], "reply { id }") })
		}
		all.Wait()
		var taken []string
		for _, got := range answers {
			if id := got.text("result.reply.id"); id != "" {
				taken = append(taken, id)
			} else if got.code() != "CONFLICT" {
				t.Errorf("%v %v", got.Errors, got.Data)
			}
		}
		model, revision := a.state(t)
		if len(taken) != 1 || model != "second" || revision != 2.0 {
			t.Fatalf("%d were taken, the chat is of %s at revision %v", len(taken), model, revision)
		}
		if got := a.replied(t, a.chat, taken[0]); got.answeredBy != "second" {
			t.Errorf("the reply is %+v", got)
		}
	})
}

// TestNobodySucceeds: the successor cannot be asked on this server, so the person has to choose.
func TestNobodySucceeds(t *testing.T) {
	t.Parallel()
	w := embedded(t, otherModels)
	a := w.retiredChat(t, "ada", "AUTO", "stranded")
	before := w.counts(t)
	for mutation, input := range a.turns() {
		got := a.mutate(t, mutation, input, "reply { id }")
		if got.reason() != "INVALID_VALUE" || got.text("result.userErrors.0.path.1") != "modelId" {
			t.Errorf("%s: %v %v", mutation, got.Errors, got.Data)
		}
	}
	sameCounts(t, before, w.counts(t))
	if model, revision := a.state(t); model != "stranded" || revision != 1.0 {
		t.Errorf("the chat is of %s at revision %v", model, revision)
	}
}

func TestOnRetirementIsASetting(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	chat := p.newChat(t, nil)
	for _, c := range []struct {
		input object
		want  string
	}{
		{object{}, "ASK"}, {object{"onRetirement": "AUTO"}, "AUTO"}, {object{"systemInstruction": "s"}, "AUTO"},
		{object{"onRetirement": nil}, "AUTO"}, {object{"onRetirement": "ASK"}, "ASK"},
	} {
		got := p.change(t, "configureChat", with(c.input, "chatId", chat), "chat { onRetirement }")
		if got.text("result.chat.onRetirement") != c.want {
			t.Errorf("%v: %v", c.input, got.Data)
		}
	}
}

// TestRetiredDefaultAndTitle: what a person chose long ago does not stand in the way of new chats, nor of titles.
func TestRetiredDefaultAndTitle(t *testing.T) {
	t.Parallel()
	w := embedded(t, otherModels)
	p := w.person(t, "ada")
	must(t, w.rows.User.Update().SetDefaultModel("oldest").Exec(t.Context()))
	chat := p.newChat(t, nil)
	if got := p.get(t, `query ($id: ID!) { node(id: $id) { ... on Chat { model { id } } } }`, object{"id": chat}); got.text("node.model.id") != "sandbox-writer" {
		t.Errorf("a new chat is %v", got.Data)
	}
	w.retire(t, chat, "oldest")
	events := p.follow(t, chat, "")
	p.sendAs(t, chat, "[sandbox:echo] Where do whales sleep?", object{"modelId": "first"})
	await(t, events, func(e client.Event) bool { return e.Typename == "ChatSaved" && e.Chat != nil && e.Chat.Title != "" })
	row, err := w.rows.Usage.Query().Where(entusage.PurposeEQ(entusage.PurposeTitle)).Only(t.Context())
	must(t, err)
	if row.ModelID != "first" || row.IsCharged {
		t.Errorf("the title was written by %s, charged %v", row.ModelID, row.IsCharged)
	}
	if n := w.rows.Message.Query().Where(entmessage.RequestedModel("oldest")).CountX(t.Context()); n != 0 {
		t.Errorf("%d replies were put to the retired model", n)
	}
}
