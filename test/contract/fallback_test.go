package contract

import (
	"testing"
	"time"

	"github.com/weav-ai/weav/ent/usage"
	"github.com/weav-ai/weav/internal/oid"
)

// otherModels are settings with the models of testdata in place of those that ship.
var otherModels = map[string]string{"CATALOG_FILE": "testdata/models.yaml"}

// onBothWithModels runs a test as onBoth does, with the models of testdata.
func onBothWithModels(t *testing.T, run func(t *testing.T, w *world)) {
	onBoth(t, run, otherModels)
}

// replied is how a reply ended.
type replied struct {
	id, status, text, requested, model, answeredBy, failure string
	omitted                                                 any
}

const replyFields = `id status text requestedModel { id } model { id } answeredBy omittedMessages failure { code }`

func (p *person) replied(t *testing.T, chat, reply string) replied {
	t.Helper()
	p.awaitEnd(t, chat, reply)
	a := p.get(t, `query ($id: ID!) { node(id: $id) { ... on Message { `+replyFields+` } } }`, object{"id": reply})
	return replied{
		id: reply, status: a.text("node.status"), text: a.text("node.text"), requested: a.text("node.requestedModel.id"),
		model: a.text("node.model.id"), answeredBy: a.text("node.answeredBy"), failure: a.text("node.failure.code"),
		omitted: a.at("node.omittedMessages"),
	}
}

// sendAs sends a message with more values, which must be taken, and waits for its reply.
func (p *person) sendAs(t *testing.T, chat, text string, more object) replied {
	t.Helper()
	input := withAll(object{"chatId": chat, "text": text, "idempotencyKey": key()}, more)
	return p.replied(t, chat, p.change(t, "sendMessage", input, "reply { id }").text("result.reply.id"))
}

func TestFallback(t *testing.T) {
	t.Parallel()
	const gone = "MODEL_UNAVAILABLE"
	cases := map[string]struct {
		prompt   string
		more     object
		model    string
		status   string
		failure  string
		pictured bool
	}{
		"the catalogue's":              {"[sandbox:fail_model=first]", object{"modelId": "first"}, "second", "COMPLETED", "", false},
		"the request's":                {"[sandbox:fail_model=first]", object{"modelId": "first", "fallbackModelId": "blind"}, "blind", "COMPLETED", "", false},
		"of a model that has none":     {"[sandbox:fail_model=blind:quota]", object{"modelId": "blind", "fallbackModelId": "first"}, "first", "COMPLETED", "", false},
		"when repeating does not help": {"[sandbox:fail_model=first:overloaded]", object{"modelId": "first"}, "second", "COMPLETED", "", false},
		"none":                         {"[sandbox:fail_model=blind]", object{"modelId": "blind"}, "blind", "FAILED", gone, false},
		"itself":                       {"[sandbox:fail_model=first]", object{"modelId": "first", "fallbackModelId": "first"}, "first", "FAILED", gone, false},
		"one step and no further":      {"[sandbox:auth]", object{"modelId": "first"}, "second", "FAILED", "PROVIDER_REFUSED", false},
		"not configured":               {"[sandbox:fail_model=lonely]", object{"modelId": "lonely"}, "lonely", "FAILED", gone, false},
		"blind but no images":          {"[sandbox:fail_model=half-blind]", object{"modelId": "half-blind"}, "blind", "COMPLETED", "", false},
		"blind to the images":          {"[sandbox:fail_model=half-blind]", object{"modelId": "half-blind"}, "half-blind", "FAILED", gone, true},
		"the request's own fault":      {"[sandbox:fail_model=first:blocked]", object{"modelId": "first"}, "first", "FAILED", "CONTENT_BLOCKED", false},
		"after something was shown":    {"[sandbox:drop_after=1]", object{"modelId": "first"}, "first", "INTERRUPTED", "PROVIDER_INTERRUPTED", false},
	}
	onBothWithModels(t, func(t *testing.T, w *world) {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p, more := w.person(t, name), c.more
				if c.pictured {
					more = with(more, "attachmentIds", []string{p.ready(t, pixels(t))})
				}
				got := p.sendAs(t, p.newChat(t, object{"title": "named"}), c.prompt+"[sandbox:echo] hi there", more)
				want := replied{id: got.id, status: c.status, text: got.text, requested: more["modelId"].(string), model: c.model, failure: c.failure, omitted: 0.0}
				if c.status == "COMPLETED" {
					want.text, want.answeredBy = "hi there", c.model
				}
				if got != want || (c.status == "INTERRUPTED") != (got.failure != "" && got.text != "") {
					t.Errorf("got  %+v\nwant %+v", got, want)
				}
				row, err := w.rows.Usage.Query().Where(usage.MessageID(messageID(t, got.id))).Only(t.Context())
				must(t, err)
				if row.Model != c.model || row.IsCharged != (c.status == "COMPLETED") {
					t.Errorf("the usage is of %s, charged %v", row.Model, row.IsCharged)
				}
			})
		}
	})
}

// TestStopWhileAFallbackAnswers ends the whole, though nothing was shown: no other model is asked.
func TestStopWhileAFallbackAnswers(t *testing.T) {
	t.Parallel()
	onBothWithModels(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		chat := p.newChat(t, object{"title": "named", "modelId": "first"})
		reply := p.change(t, "sendMessage", object{"chatId": chat, "text": "[sandbox:fail_model=first][sandbox:stall_after=0] hi", "idempotencyKey": key()},
			"reply { id }").text("result.reply.id")
		w.untilAsked(t, reply, "second")
		a := p.change(t, "stopReply", object{"messageId": reply}, "receipt { status text providerCancelled }")
		if a.text("result.receipt.status") != "STOPPED" || a.text("result.receipt.text") != "" || a.at("result.receipt.providerCancelled") != true {
			t.Errorf("the receipt is %v", a.at("result.receipt"))
		}
		if got := p.replied(t, chat, reply); got.model != "second" || got.requested != "first" || got.failure != "" {
			t.Errorf("the reply is %+v", got)
		}
	})
}

// untilAsked waits until a reply is put to a model. That is a row and no event, so it is looked at again and again.
func (w *world) untilAsked(t *testing.T, reply, model string) {
	t.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		row, err := w.rows.Message.Get(t.Context(), messageID(t, reply))
		must(t, err)
		if row.Model != nil && *row.Model == model {
			return
		}
		select {
		case <-poll.C:
		case <-t.Context().Done():
			t.Fatalf("the reply was never put to %s", model)
		}
	}
}

func messageID(t *testing.T, id string) oid.Message {
	t.Helper()
	parsed, err := oid.Parse[oid.Message](id)
	must(t, err)
	return parsed
}

func TestFallbacksThatAreRefused(t *testing.T) {
	t.Parallel()
	w := embedded(t, otherModels)
	p := w.person(t, "ada")
	chat := p.newChat(t, object{"title": "named"})
	seen := p.ready(t, pixels(t))
	first := p.sendAs(t, chat, "[sandbox:echo] look", object{"attachmentIds": []string{seen}})
	asked := p.get(t, `query ($id: ID!) { node(id: $id) { ... on Message { parent { id } } } }`, object{"id": first.id}).text("node.parent.id")
	before := w.counts(t)
	for mutation, input := range map[string]object{
		"sendMessage":     {"chatId": chat, "text": "hi", "attachmentIds": []string{seen}},
		"editMessage":     {"messageId": asked, "text": "hi", "attachmentIds": []string{seen}},
		"regenerateReply": {"messageId": first.id},
	} {
		for model, want := range map[string]string{"oldest": "MODEL_RETIRED", "elsewhere": "INVALID_VALUE", "blind": "NOT_SUPPORTED"} {
			a := p.mutate(t, mutation, withAll(input, object{"fallbackModelId": model, "idempotencyKey": key()}), "reply { id }")
			if a.reason() != want || a.text("result.userErrors.0.path.1") != "fallbackModelId" {
				t.Errorf("%s with %s: %v %v", mutation, model, a.Errors, a.at("result.userErrors"))
			}
		}
		if a := p.mutate(t, mutation, withAll(input, object{"fallbackModelId": "no-such-model", "idempotencyKey": key()}), "reply { id }"); a.code() != "MODEL_NOT_ALLOWED" {
			t.Errorf("%s with an unknown model: %v %v", mutation, a.Errors, a.Data)
		}
	}
	sameCounts(t, before, w.counts(t))
}
