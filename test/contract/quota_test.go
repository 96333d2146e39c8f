package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/app"
	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/internal/oid"
)

// smallPlans are memberships whose FREE gives a thousand tokens and one image a day.
func smallPlans(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "plans.yaml")
	must(t, os.WriteFile(path, []byte(`plans:
  - {type: FREE, name: {en: Free, ko: 무료}, daily: {tokens: 1000, images: 1, videoSeconds: 4}}
  - {type: STANDARD, name: {en: S, ko: S}, orderName: S, amount: 9900, currency: KRW, days: 30, daily: {tokens: 2000, images: 2, videoSeconds: 8}}
  - {type: PREMIUM, name: {en: P, ko: P}, orderName: P, amount: 19900, currency: KRW, days: 30, daily: {tokens: 9000, images: 9, videoSeconds: 90}, ownKeys: true}
`), 0o600))
	return path
}

// scant is a server with small plans; replies have at most 100 tokens.
func scant(t *testing.T) *world {
	t.Helper()
	settings := services(t)
	settings["PLANS_FILE"], settings["MAX_OUTPUT_TOKENS"] = smallPlans(t), "100"
	return start(t, app.Part{Serves: true, Works: true}, settings)
}

// amounts are the amounts of a quota as the API shows them.
type amounts struct{ Tokens, Images, VideoMs int64 }

type quota struct {
	Used, Held, Left, Limit amounts
	ResetsAt, Day           string
}

const quotaFields = `{ day resetsAt limit { tokens images videoMs } used { tokens images videoMs } held { tokens images videoMs } left { tokens images videoMs } }`

func (p *person) quota(t *testing.T) quota {
	t.Helper()
	a := p.get(t, `{ viewer { membership { quota `+quotaFields+` } } }`, nil)
	return decoded[quota](t, a.at("viewer.membership.quota"))
}

func decoded[T any](t *testing.T, v any) (out T) {
	t.Helper()
	raw, err := json.Marshal(v)
	must(t, err)
	must(t, json.Unmarshal(raw, &out))
	return out
}

func TestAReplyCostsWhatItUsedAndFailuresCostNothing(t *testing.T) {
	t.Parallel()
	w := scant(t)
	p := w.person(t, "ada")
	chat := p.newChat(t, object{"title": "t"})
	_, reply := p.exchange(t, chat, echo+"four words of text")
	a := p.get(t, `query ($id: ID!) { node(id: $id) { ... on Message { usage { inputTokens outputTokens } cost { amountMicros currency } } } }`, object{"id": reply})
	used := int64(a.at("node.usage.inputTokens").(float64) + a.at("node.usage.outputTokens").(float64))
	if q := p.quota(t); q.Used.Tokens != used || q.Held.Tokens != 0 || q.Left.Tokens != 1000-used || used == 0 {
		t.Errorf("quota = %+v, want %d used", q, used)
	}
	if a.at("node.cost.amountMicros") != 0.0 || a.text("node.cost.currency") != "USD" {
		t.Errorf("cost = %v, want 0 USD of the sandbox", a.at("node.cost"))
	}
	p.exchange(t, chat, "[sandbox:upstream] x")
	if q := p.quota(t); q.Used.Tokens != used || q.Held.Tokens != 0 {
		t.Errorf("after a failure quota = %+v, want %d used", q, used)
	}
	p.over(t, p.order(t, object{"image": object{"prompt": "[sandbox:blocked] x", "size": "256x256"}}, nil))
	if q := p.quota(t); q.Used.Images != 0 || q.Held.Images != 0 {
		t.Errorf("after a failed image quota = %+v", q)
	}
	p.picture(t, "x")
	refused := p.mutate(t, "createJob", object{"work": object{"image": object{"prompt": "x"}}, "idempotencyKey": key()}, "job { id }")
	if refused.code() != "QUOTA_EXCEEDED" {
		t.Errorf("the second image: %v", refused.Errors)
	}
	ext := refused.Errors[0].Extensions
	if at(ext, "left.images") != 0.0 || at(ext, "planNeeded") != "STANDARD" || at(ext, "httpStatus") != 429.0 || at(ext, "retryAfterMs") == nil {
		t.Errorf("extensions = %v", ext)
	}
}

func TestAStoppedReplyCostsWhatWasProduced(t *testing.T) {
	t.Parallel()
	w := scant(t)
	p := w.person(t, "ada")
	chat := p.newChat(t, object{"title": "t"})
	reply := p.change(t, "sendMessage", object{"chatId": chat, "text": "[sandbox:stall] " + echo + "some words", "idempotencyKey": key()}, "reply { id }").text("result.reply.id")
	if q := p.quota(t); q.Held.Tokens < 100 || q.Used.Tokens != 0 {
		t.Errorf("while it is written quota = %+v, want a hold", q)
	}
	a := p.change(t, "stopReply", object{"messageId": reply}, "receipt { status usage { inputTokens outputTokens } cost { amountMicros } }")
	used := int64(a.at("result.receipt.usage.inputTokens").(float64) + a.at("result.receipt.usage.outputTokens").(float64))
	if q := p.quota(t); q.Held.Tokens != 0 || q.Used.Tokens != used {
		t.Errorf("quota = %+v, want %d used and nothing held", q, used)
	}
	if a.at("result.receipt.cost.amountMicros") != 0.0 {
		t.Errorf("receipt = %v, want a cost of 0", a.at("result.receipt"))
	}
}

func TestParallelCallsNeverPassAQuota(t *testing.T) {
	t.Parallel()
	w := scant(t)
	p := w.person(t, "ada")
	chats := make([]string, 20)
	for i := range chats {
		chats[i] = p.newChat(t, object{"title": fmt.Sprint(i)})
	}
	var let, refused atomic.Int64
	var wg sync.WaitGroup
	for _, chat := range chats {
		wg.Go(func() {
			a := p.mutate(t, "sendMessage", object{"chatId": chat, "text": "[sandbox:stall] x", "idempotencyKey": key()}, "reply { id }")
			switch a.code() {
			case "":
				let.Add(1)
			case "QUOTA_EXCEEDED":
				refused.Add(1)
			default:
				t.Errorf("a send: %v", a.Errors)
			}
		})
	}
	wg.Wait()
	q := p.quota(t)
	if let.Load() == 0 || refused.Load() == 0 || q.Used.Tokens+q.Held.Tokens > q.Limit.Tokens {
		t.Errorf("%d let through and %d refused, quota = %+v", let.Load(), refused.Load(), q)
	}
	if got := len(p.get(t, `{ viewer { chats(first: 50) { nodes { head { id } } } } }`, nil).list("viewer.chats.nodes", "head.id")); got != len(chats) {
		t.Errorf("%d chats", got)
	}
}

func TestQuotaIsPushed(t *testing.T) {
	t.Parallel()
	w := scant(t)
	p := w.person(t, "ada")
	chat := p.newChat(t, object{"title": "t"})
	events, err := p.socket(t).Subscribe(`subscription { viewerEvents { __typename ... on Event { cursor } ... on ReplyEnded { messageId }
		... on QuotaChanged { quota `+quotaFields+` today { runs outputTokens } } } }`, nil)
	must(t, err)
	type reported struct {
		ViewerEvents struct {
			Typename  string `json:"__typename"`
			Cursor    string
			Quota     quota
			Today     struct{ Runs int }
			MessageID string `json:"messageId"`
		}
	}
	read := func() reported {
		var e reported
		must(t, client.Decode(next(t, events), &e))
		return e
	}
	place := func(e reported) place {
		at, err := placeOf(e.ViewerEvents.Cursor)
		must(t, err)
		return at
	}
	if first, second := read(), read(); first.ViewerEvents.Typename != "ViewerSnapshot" || second.ViewerEvents.Typename != "QuotaChanged" ||
		place(second) != place(first) || second.ViewerEvents.Quota.Left.Tokens != 1000 {
		t.Fatalf("first %+v, then %+v", first, second)
	}
	p.change(t, "sendMessage", object{"chatId": chat, "text": echo + "hi", "idempotencyKey": key()}, "reply { id }")
	for ended := false; ; {
		e := read().ViewerEvents
		if e.Typename == "QuotaChanged" && ended {
			if e.Quota.Held.Tokens != 0 || e.Quota.Used.Tokens == 0 || e.Today.Runs != 1 {
				t.Errorf("at the end %+v", e)
			}
			return
		}
		ended = ended || e.Typename == "ReplyEnded"
	}
}

func TestAQuoteSaysWhatAnActionTakesAndHoldsNothing(t *testing.T) {
	t.Parallel()
	w := scant(t)
	p := w.person(t, "ada")
	chat := p.newChat(t, object{"title": "t"})
	_, reply := p.exchange(t, chat, echo+"hi")
	ask := func(input object) answer {
		t.Helper()
		return p.get(t, `query ($input: QuoteInput!) { quote(input: $input) { model { id } most { tokens images videoMs } cost { min { amountMicros } max { amountMicros } }
			left { tokens } isAllowed refusal planNeeded } }`, object{"input": input})
	}
	tests := []struct {
		name                string
		input               object
		model               string
		allowed             bool
		refusal, planNeeded any
	}{
		{"a message", object{"message": object{"chatId": chat, "text": "hello"}}, "sandbox-writer", true, nil, nil},
		{"a reply again", object{"reply": object{"messageId": reply}}, "sandbox-writer", true, nil, nil},
		{"an image", object{"job": object{"image": object{"prompt": "p"}}}, "sandbox-painter", true, nil, nil},
		{"a video beyond the quota", object{"job": object{"video": object{"prompt": "p", "seconds": 8}}}, "sandbox-filmer", false, "QUOTA_EXCEEDED", "STANDARD"},
		{"a plan beyond every quota", object{"plan": object{"goal": "g"}}, "sandbox-writer", false, "QUOTA_EXCEEDED", nil},
	}
	for _, tt := range tests {
		a := ask(tt.input)
		if a.text("quote.model.id") != tt.model || a.at("quote.isAllowed") != tt.allowed || a.at("quote.refusal") != tt.refusal || a.at("quote.planNeeded") != tt.planNeeded {
			t.Errorf("%s: %v", tt.name, a.at("quote"))
		}
	}
	most := ask(object{"message": object{"chatId": chat, "text": "hello"}})
	before := p.quota(t)
	p.change(t, "sendMessage", object{"chatId": chat, "text": "[sandbox:stall] hello", "idempotencyKey": key()}, "reply { id }")
	if q := p.quota(t); q.Held.Tokens < int64(most.at("quote.most.tokens").(float64)) || before.Held.Tokens != 0 {
		t.Errorf("held %d, quoted %v, before %d", q.Held.Tokens, most.at("quote.most.tokens"), before.Held.Tokens)
	}
	for what, input := range map[string]object{"none": {}, "two": {"plan": object{"goal": "g"}, "reply": object{"messageId": reply}}, "an empty goal": {"plan": object{"goal": " "}}} {
		if a := p.do(t, `query ($input: QuoteInput!) { quote(input: $input) { isAllowed } }`, object{"input": input}); a.code() != "BAD_USER_INPUT" && a.code() != "GRAPHQL_VALIDATION_FAILED" {
			t.Errorf("%s: %v", what, a.Errors)
		}
	}
}

func TestUsageByEachDimension(t *testing.T) {
	t.Parallel()
	w := scant(t)
	p, other := w.person(t, "ada"), w.person(t, "bob")
	folder := p.newFolder(t, "f")
	chat := p.newChat(t, object{"title": "t", "folderId": folder})
	p.exchange(t, chat, echo+"hi")
	p.exchange(t, chat, "[sandbox:upstream] x")
	p.picture(t, "x")
	for by, want := range map[string][]string{"KIND": {"IMAGE", "REPLY"}, "MODEL": {"sandbox-painter", "sandbox-writer"}, "CHAT": {chat, ""}, "FOLDER": {folder, ""}, "DAY": {"*"}} {
		a := p.get(t, `query ($by: [UsageDimension!]!) { viewer { usage(groupBy: $by) {
			total { runs images outputTokens unpricedRuns cost { amountMicros } } rows { day kind model { id } chat { id } folder { id } totals { runs } } } } }`, object{"by": []string{by}})
		if a.at("viewer.usage.total.runs") != 2.0 || a.at("viewer.usage.total.images") != 1.0 || a.at("viewer.usage.total.unpricedRuns") != 0.0 {
			t.Errorf("by %s: total %v", by, a.at("viewer.usage.total"))
		}
		below := map[string]string{"KIND": "kind", "MODEL": "model.id", "CHAT": "chat.id", "FOLDER": "folder.id", "DAY": "day"}[by]
		got := map[string]bool{}
		for _, v := range a.list("viewer.usage.rows", below) {
			got[v] = true
		}
		for _, v := range want {
			if v != "*" && !got[v] {
				t.Errorf("by %s: %v, want %v", by, got, want)
			}
		}
		if len(got) != len(want) {
			t.Errorf("by %s: %v, want %v", by, got, want)
		}
	}
	if a := other.get(t, `{ viewer { usage { total { runs } rows { day } } } }`, nil); a.at("viewer.usage.total.runs") != 0.0 {
		t.Errorf("somebody else's usage = %v", a.Data)
	}
	for what, query := range map[string]string{
		"one dimension twice":  `{ viewer { usage(groupBy: [DAY, DAY]) { total { runs } } } }`,
		"an end before":        `{ viewer { usage(range: {sinceAt: "2026-01-02T00:00:00Z", untilAt: "2026-01-01T00:00:00Z"}) { total { runs } } } }`,
		"more rows than asked": `{ viewer { usage(groupBy: [KIND]) { rows(first: 1) { kind } } } }`,
		"too long":             `{ viewer { usage(range: {sinceAt: "2020-01-02T00:00:00Z"}) { total { runs } } } }`,
	} {
		if a := p.do(t, query, nil); a.code() != "BAD_USER_INPUT" {
			t.Errorf("%s: %v", what, a.Errors)
		}
	}
	costs := p.get(t, `query ($c: ID!, $f: ID!) { chat: node(id: $c) { ... on Chat { cost { amountMicros } } } folder: node(id: $f) { ... on Folder { cost { currency } } } }`, object{"c": chat, "f": folder})
	if costs.at("chat.cost.amountMicros") != 0.0 || costs.text("folder.cost.currency") != "USD" {
		t.Errorf("costs = %v", costs.Data)
	}
}

func TestMaxCost(t *testing.T) {
	t.Parallel()
	w := scant(t)
	p := w.person(t, "ada")
	chat := p.newChat(t, object{"title": "t"})
	for what, c := range map[string]struct {
		limit  object
		code   string
		reason string
	}{
		"of nothing, for what is free": {object{"amountMicros": 0, "currency": "USD"}, "", ""},
		"in won":                       {object{"amountMicros": 5, "currency": "KRW"}, "", "INVALID_VALUE"},
		"below zero":                   {object{"amountMicros": -1, "currency": "USD"}, "", "INVALID_VALUE"},
	} {
		a := p.mutate(t, "createJob", object{"work": object{"text": object{"prompt": "p", "maxOutputTokens": 5}}, "chatId": chat, "maxCost": c.limit, "idempotencyKey": key()}, "job { id }")
		if a.code() != c.code || a.reason() != c.reason {
			t.Errorf("%s: %v %v", what, a.Errors, a.at("result"))
		}
	}
}

func TestWithoutBillingEverybodyMayUseEverything(t *testing.T) {
	t.Parallel()
	w := start(t, app.Part{Serves: true, Works: true}, map[string]string{"ENABLE_BILLING": "false"})
	p := w.person(t, "ada")
	a := p.get(t, `{ serverInfo { isBillingOn quotaTimeZone } viewer { membership { type actsAs isActive canUsePremiumFeatures expiresAt quota { day } } } }`, nil)
	if a.at("serverInfo.isBillingOn") != false || a.text("viewer.membership.actsAs") != "PREMIUM" || a.at("viewer.membership.quota") != nil || a.at("viewer.membership.canUsePremiumFeatures") != true {
		t.Errorf("without billing: %v", a.Data)
	}
}

// TestPriorityIsServedFirst: what PREMIUM people order while all workers are busy is begun before what others ordered earlier.
func TestPriorityIsServedFirst(t *testing.T) {
	t.Parallel()
	settings := services(t)
	settings["TEXT_WORKERS"], settings["REPLY_WORKERS"] = "1", "1"
	w := start(t, app.Part{Serves: true}, maps.Clone(settings))
	type order struct {
		by                   *person
		chat, reply, job     string
		replyBegan, jobBegan time.Time
	}
	var orders []*order
	for _, to := range []user.MembershipType{user.MembershipTypeFree, user.MembershipTypeFree, user.MembershipTypeFree, user.MembershipTypePremium} {
		p := w.person(t, fmt.Sprint("p", len(orders)))
		w.premium(t, p, to)
		o := &order{by: p, chat: p.newChat(t, object{"title": "n"}), job: p.order(t, object{"text": object{"prompt": "p"}}, nil)}
		sent, err := p.Send(t.Context(), o.chat, "hi", key())
		must(t, err)
		o.reply, orders = sent.ReplyID, append(orders, o)
	}
	start(t, app.Part{Works: true}, settings)
	for _, o := range orders {
		o.by.over(t, o.job)
		o.by.awaitEnd(t, o.chat, o.reply)
		job, err := oid.Parse[oid.Job](o.job)
		must(t, err)
		reply, err := oid.Parse[oid.Message](o.reply)
		must(t, err)
		o.jobBegan, o.replyBegan = *w.rows.Job.GetX(t.Context(), job).StartedAt, *w.rows.Message.GetX(t.Context(), reply).StartedAt
	}
	member := orders[len(orders)-1]
	for i, o := range orders[:len(orders)-1] {
		if o.jobBegan.Before(member.jobBegan) || o.replyBegan.Before(member.replyBegan) {
			t.Errorf("order %d began at %s and %s, the member's at %s and %s", i, o.jobBegan, o.replyBegan, member.jobBegan, member.replyBegan)
		}
	}
}
