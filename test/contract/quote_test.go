package contract

import (
	"maps"
	"testing"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/ledgerentry"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/oid"
)

const quoteQuery = `query ($input: QuoteInput!) { quote(input: $input) { most { tokens images videoMs } cost { max { amountMicros } } isAllowed refusal } }`

// paid are the mutations that cost something: what each is asked, and by which field it is quoted.
var paid = map[string]struct {
	quoted    string
	input     func(f *fixture) object
	only      object // what the mutation takes besides
	selection string
}{
	"a message":                 {"message", func(f *fixture) object { return object{"chatId": f.chat, "text": "안녕 hello"} }, object{"": "sendMessage"}, "reply { id }"},
	"a message with a stand-in": {"message", func(f *fixture) object { return object{"chatId": f.chat, "text": "hi", "fallbackModelId": "dear"} }, object{"": "sendMessage"}, "reply { id }"},
	"other words": {"edit", func(f *fixture) object {
		return object{"messageId": f.message, "text": "other words", "modelId": "dear"}
	}, object{"": "editMessage"}, "reply { id }"},
	"a reply again": {"reply", func(f *fixture) object { return object{"messageId": f.reply, "fallbackModelId": "dear"} }, object{"": "regenerateReply"}, "reply { id }"},
	"a text":        {"job", func(*fixture) object { return object{"text": object{"prompt": "p", "maxOutputTokens": 77}} }, object{"": "createJob", "member": "work"}, "job { id }"},
	"a picture":     {"job", func(*fixture) object { return object{"image": object{"prompt": "p"}} }, object{"": "createJob", "member": "work"}, "job { id }"},
	"a film":        {"job", func(*fixture) object { return object{"video": object{"prompt": "p", "seconds": 8}} }, object{"": "createJob", "member": "work"}, "job { id }"},
	"a job again":   {"retry", func(f *fixture) object { return object{"jobId": f.job} }, object{"": "retryJob"}, "job { id }"},
	"a plan": {"plan", func(*fixture) object {
		return object{"goal": "a goal", "modelId": "dear", "budget": object{"amountMicros": 5000000, "currency": "USD"}}
	}, object{"": "planProject"}, "job { id }"},
	"a plan anew": {"replan", func(f *fixture) object {
		return object{"planId": f.applied, "fromStepId": f.steps[0], "wish": "otherwise"}
	}, object{"": "replan"}, "job { id }"},
	"a step":  {"step", func(f *fixture) object { return object{"stepId": f.steps[0], "prompt": "some words"} }, object{"": "runStep"}, "step { id }"},
	"prompts": {"prompts", func(f *fixture) object { return object{"chatId": f.chat, "count": 2} }, object{"": "recommendPrompts"}, "job { id }"},
}

// TestEveryPaidMutationIsQuotedAsItIsHeld: the quote is what the mutation holds, to the token and the micro, and maxCost lets it
// through from there on and not below.
func TestEveryPaidMutationIsQuotedAsItIsHeld(t *testing.T) {
	t.Parallel()
	w := embedded(t, map[string]string{"CATALOG_FILE": "testdata/priced.yaml"})
	tried := map[string]bool{}
	for what, c := range paid {
		mutation := c.only[""].(string)
		tried[mutation] = true
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f := w.fixture(t, what)
			w.premium(t, f.person, user.MembershipTypePremium)
			f.change(t, "updatePreferences", object{"personaName": "A Name That Is Quite Long"}, "__typename")
			asked := c.input(f)
			quote := f.get(t, quoteQuery, object{"input": object{c.quoted: asked}})
			most, held := quote.at("quote.cost.max.amountMicros").(float64), f.lastHold(t, w)
			if quote.at("quote.isAllowed") != true || most == 0 {
				t.Fatalf("quoted %v", quote.Data)
			}
			order := func(micros float64) answer {
				input := maps.Clone(asked)
				if member, ok := c.only["member"].(string); ok {
					input = object{member: asked}
				}
				return f.mutate(t, mutation, withAll(input, object{"maxCost": object{"amountMicros": micros, "currency": "USD"}, "idempotencyKey": key()}), c.selection)
			}
			if a := order(most - 1); a.code() != "COST_LIMIT_EXCEEDED" {
				t.Errorf("just below its cost: %v %v", a.Errors, a.Data)
			}
			if now := f.lastHold(t, w); now.ID != held.ID {
				t.Fatal("a quote or a refusal held something")
			}
			if a := order(most); a.code() != "" || a.reason() != "" {
				t.Fatalf("at its cost: %v %v", a.Errors, a.Data)
			}
			now := f.lastHold(t, w)
			want := decoded[amounts](t, quote.at("quote.most"))
			if got := (amounts{now.Tokens, now.Images, now.VideoMs}); now.ID == held.ID || got != want || float64(now.CostMicros) != most {
				t.Errorf("held %+v and %d micros, quoted %+v and %v", got, now.CostMicros, want, most)
			}
		})
	}
	for _, name := range []string{"sendMessage", "editMessage", "regenerateReply", "createJob", "retryJob", "planProject", "replan", "runStep", "recommendPrompts"} {
		if !tried[name] {
			t.Errorf("%s is not quoted here", name)
		}
	}
}

// lastHold is what a person's last order held.
func (f *fixture) lastHold(t *testing.T, w *world) *ent.LedgerEntry {
	t.Helper()
	id, err := oid.Parse[oid.User](f.user)
	must(t, err)
	rows := w.rows.LedgerEntry.Query().Where(ledgerentry.UserID(id), ledgerentry.KindEQ(ledgerentry.KindHold)).
		Order(ent.Desc(ledgerentry.FieldID)).AllX(t.Context())
	if len(rows) == 0 {
		t.Fatal("nothing was ever held")
	}
	return rows[0]
}

// TestAStandInOfTheCatalogueStaysWithinMaxCost: one that is dearer is left out, and one that fits may answer.
func TestAStandInOfTheCatalogueStaysWithinMaxCost(t *testing.T) {
	t.Parallel()
	w := embedded(t, map[string]string{"CATALOG_FILE": "testdata/priced.yaml"})
	p := w.person(t, "ada")
	w.premium(t, p, user.MembershipTypePremium)
	chat := p.newChat(t, object{"title": "named"})
	asked := func(model string) float64 {
		return p.get(t, quoteQuery, object{"input": object{"message": object{"chatId": chat, "text": "hi", "modelId": model}}}).at("quote.cost.max.amountMicros").(float64)
	}
	own, dear := asked("sandbox-writer"), asked("dear")
	for name, c := range map[string]struct {
		most float64
		want bool
	}{"below what it costs": {dear - 1, false}, "what it costs": {dear, true}} {
		a := p.change(t, "sendMessage", object{"chatId": p.newChat(t, object{"title": name}), "text": "hi", "maxCost": object{"amountMicros": c.most, "currency": "USD"}, "idempotencyKey": key()}, "reply { id }")
		row := w.rows.Message.GetX(t.Context(), messageID(t, a.text("result.reply.id")))
		if may := row.FallbackModel != nil && *row.FallbackModel == "dear"; may != c.want || own >= dear {
			t.Errorf("%s: it may stand in: %t", name, may)
		}
	}
}

// TestTheNameOfTheAssistantIsHeldFor: the model receives it with the instruction.
func TestTheNameOfTheAssistantIsHeldFor(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	p := w.person(t, "ada")
	chat := p.newChat(t, object{"title": "named"})
	most := func() float64 {
		return p.get(t, quoteQuery, object{"input": object{"message": object{"chatId": chat, "text": "hi"}}}).at("quote.most.tokens").(float64)
	}
	before := most()
	p.change(t, "updatePreferences", object{"personaName": "A Name That Is Quite Long"}, "__typename")
	if after := most(); after < before+10 {
		t.Errorf("%v tokens without a name, %v with one", before, after)
	}
}
