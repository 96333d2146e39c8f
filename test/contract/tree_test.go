package contract

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weav-ai/weav/ent/usage"
	"github.com/weav-ai/weav/internal/client"
)

// branch are the ids of a chat's current branch, root first.
func (p *person) branch(t *testing.T, chat string) []string {
	t.Helper()
	return p.get(t, `query ($id: ID!) { node(id: $id) { ... on Chat { messages(first: 100) { nodes { id } } } } }`, object{"id": chat}).
		list("node.messages.nodes", "id")
}

func (p *person) siblings(t *testing.T, message string) []string {
	t.Helper()
	return p.get(t, `query ($id: ID!) { node(id: $id) { ... on Message { siblings { id } } } }`, object{"id": message}).list("node.siblings", "id")
}

const echo = "[sandbox:echo] "

func TestTree(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		chat := p.newChat(t, object{"title": "t"})
		m1, r1 := p.exchange(t, chat, echo+"one")
		m2, r2 := p.exchange(t, chat, echo+"two")
		sameIDs(t, "the branch", p.branch(t, chat), m1, r1, m2, r2)

		edited := p.change(t, "editMessage", object{"messageId": m2, "text": echo + "zwei", "ifHead": r2, "idempotencyKey": key()},
			"chat { head { id } } message { id parent { id } } reply { id parent { id } }")
		m3, r3 := edited.text("result.message.id"), edited.text("result.reply.id")
		if edited.text("result.message.parent.id") != r1 || edited.text("result.chat.head.id") != r3 {
			t.Errorf("an edit stands at %v", edited.Data)
		}
		p.awaitEnd(t, chat, r3)
		sameIDs(t, "the branch after an edit", p.branch(t, chat), m1, r1, m3, r3)
		sameIDs(t, "siblings after an edit", p.siblings(t, m3), m2, m3)

		again := p.change(t, "regenerateReply", object{"messageId": r1, "idempotencyKey": key()}, "chat { head { id } } reply { id parent { id } }")
		r4 := again.text("result.reply.id")
		if again.text("result.reply.parent.id") != m1 || again.text("result.chat.head.id") != r4 {
			t.Errorf("another reply stands at %v", again.Data)
		}
		p.awaitEnd(t, chat, r4)
		sameIDs(t, "the branch after another reply", p.branch(t, chat), m1, r4)
		sameIDs(t, "siblings after another reply", p.siblings(t, r1), r1, r4)

		root := p.change(t, "editMessage", object{"messageId": m1, "text": echo + "eins", "idempotencyKey": key()}, "message { id parent { id } } reply { id }")
		m5, r5 := root.text("result.message.id"), root.text("result.reply.id")
		p.awaitEnd(t, chat, r5)
		sameIDs(t, "siblings of the root", p.siblings(t, m1), m1, m5)

		for choice, head := range map[string]string{m1: r4, r1: r3, m2: r2, m3: r3, r4: r4, m5: r5} {
			if got := p.change(t, "chooseBranch", object{"messageId": choice}, "chat { head { id } }").text("result.chat.head.id"); got != head {
				t.Errorf("choosing %s moves the head to %s, want its newest leaf %s", choice, got, head)
			}
		}
	})
}

func sameIDs(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s (-want +got):\n%s", what, cmp.Diff(want, got))
	}
}

func TestIfHead(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	for name, c := range map[string]struct {
		empty    bool
		mutation string
		head     any // absent is no value at all
		code     string
	}{
		"null in an empty chat":        {true, "sendMessage", nil, ""},
		"null in a chat with messages": {false, "sendMessage", nil, "CONFLICT"},
		"the head":                     {false, "sendMessage", "head", ""},
		"absent":                       {false, "sendMessage", absent{}, ""},
		"absent in an empty chat":      {true, "sendMessage", absent{}, ""},
		"an older message":             {false, "sendMessage", "older", "CONFLICT"},
		"a head in an empty chat":      {true, "sendMessage", "older", "CONFLICT"},
		"edit: null is no check":       {false, "editMessage", nil, ""},
		"edit: an older message":       {false, "editMessage", "older", "CONFLICT"},
		"regenerate: null is no check": {false, "regenerateReply", nil, ""},
		"regenerate: an older message": {false, "regenerateReply", "older", "CONFLICT"},
		"choose: null is no check":     {false, "chooseBranch", nil, ""},
		"choose: an older message":     {false, "chooseBranch", "older", "CONFLICT"},
		"choose: the head":             {false, "chooseBranch", "head", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := w.fixture(t, "head-"+strings.ReplaceAll(strings.ReplaceAll(name, " ", "-"), ":", ""))
			input, head := operations[c.mutation].input(f), any(f.reply)
			if c.empty {
				input["chatId"], head = f.newChat(t, nil), nil
			}
			switch c.head {
			case absent{}:
				delete(input, "ifHead")
			case "head":
				input["ifHead"] = f.reply
			case "older":
				input["ifHead"] = f.message
			default:
				input["ifHead"] = c.head
			}
			a := f.mutate(t, c.mutation, input, "chat { id }")
			if a.code() != c.code {
				t.Fatalf("got %v, want %q", a.Errors, c.code)
			}
			if reported := a.code() != "" && a.Errors[0].Extensions["headId"] != head; reported {
				t.Errorf("headId is %v, want %v", a.Errors[0].Extensions["headId"], head)
			}
		})
	}
}

type absent struct{}

// TestRunningHead holds a reply back, and finds that nothing is written behind it.
func TestRunningHead(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		chat := p.newChat(t, object{"title": "t"})
		m1, r1 := p.exchange(t, chat, echo+"one")
		events := p.follow(t, chat, "")
		sent, err := p.Send(t.Context(), chat, "[sandbox:stall_after=1] wait", key())
		must(t, err)
		for name, input := range map[string]object{
			"sendMessage":     {"chatId": chat, "text": "x"},
			"editMessage":     {"messageId": m1, "text": "x"},
			"regenerateReply": {"messageId": r1},
		} {
			a := p.mutate(t, name, with(input, "idempotencyKey", key()), "chat { id }")
			if a.code() != "CONFLICT" || a.Errors[0].Extensions["headId"] != sent.ReplyID {
				t.Errorf("%s onto a running head: %v", name, a.Errors)
			}
		}
		await(t, events, func(e client.Event) bool { return e.Typename == "ReplyDelta" })
		first, err := p.Stop(t.Context(), sent.ReplyID)
		must(t, err)
		if first.Status != "STOPPED" || first.Text == "" {
			t.Errorf("the receipt is %+v", first)
		}
		second, err := p.Stop(t.Context(), sent.ReplyID)
		must(t, err)
		if first != second {
			t.Errorf("stopping again: %+v, first %+v", second, first)
		}
		await(t, events, func(e client.Event) bool { return e.Typename == "ReplyEnded" && e.MessageID == sent.ReplyID })
		p.exchange(t, chat, echo+"after the stop")
	})
}

// TestBranchPages reads a branch of 9 in both directions.
func TestBranchPages(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	chat := p.newChat(t, object{"title": "t"})
	for range 4 {
		p.exchange(t, chat, echo+"x")
	}
	all := p.branch(t, chat)
	for _, forward := range []bool{true, false} {
		var got []string
		var cursor any
		for pages := 0; ; pages++ {
			args, place := "first: 3, after: $c", "endCursor"
			if !forward {
				args, place = "last: 3, before: $c", "startCursor"
			}
			a := p.get(t, `query ($id: ID!, $c: Cursor) { node(id: $id) { ... on Chat { messages(`+args+`) {
				nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } } }`, object{"id": chat, "c": cursor})
			ids := a.list("node.messages.nodes", "id")
			info, _ := a.at("node.messages.pageInfo").(object)
			more := info["hasNextPage"]
			if forward {
				got = append(got, ids...)
			} else {
				got, more = append(ids, got...), info["hasPreviousPage"]
			}
			if back := info[map[bool]string{true: "hasPreviousPage", false: "hasNextPage"}[forward]]; back != (pages > 0) {
				t.Errorf("page %d, forward %v: there is more behind us: %v", pages, forward, back)
			}
			if !slices.Equal(ids, a.list("node.messages.edges", "node.id")) {
				t.Error("edges and nodes differ")
			}
			if cursor = info[place]; more != true {
				break
			}
		}
		sameIDs(t, "the pages", got, all...)
	}
	last := p.get(t, `query ($id: ID!) { node(id: $id) { ... on Chat { messages(last: 3) { nodes { id } } } } }`, object{"id": chat})
	sameIDs(t, "the last page", last.list("node.messages.nodes", "id"), all[len(all)-3:]...)
}

// TestCursorOfAnotherBranch keeps a place that the chat has left.
func TestCursorOfAnotherBranch(t *testing.T) {
	t.Parallel()
	f := embedded(t).fixture(t, "ada")
	place := f.get(t, `query ($id: ID!) { node(id: $id) { ... on Chat { messages(last: 1) { pageInfo { endCursor } } } } }`, object{"id": f.chat}).
		text("node.messages.pageInfo.endCursor")
	again := f.change(t, "regenerateReply", object{"messageId": f.reply, "idempotencyKey": key()}, "reply { id }").text("result.reply.id")
	f.awaitEnd(t, f.chat, again)
	a := f.do(t, `query ($id: ID!, $c: Cursor) { node(id: $id) { ... on Chat { messages(last: 1, before: $c) { nodes { id } } } } }`, object{"id": f.chat, "c": place})
	if a.code() != "BAD_CURSOR" {
		t.Errorf("got %v %v", a.Errors, a.Data)
	}
}

// TestATitleAsksNoModelThatNobodyLetThrough: it is written by the model of the reply, not by the chat's own, which may need a
// membership that the person does not have.
func TestATitleAsksNoModelThatNobodyLetThrough(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	p := w.person(t, "ada")
	chat := p.newChat(t, object{"modelId": "sandbox-scholar"})
	events := p.follow(t, chat, "")
	if got := p.sendAs(t, chat, "hello there", object{"modelId": "sandbox-brief"}); got.status != "COMPLETED" {
		t.Fatalf("the reply is %+v", got)
	}
	await(t, events, func(e client.Event) bool { return e.Typename == "ChatSaved" && e.Chat != nil && e.Chat.Title != "" })
	if row := w.rows.Usage.Query().Where(usage.PurposeEQ(usage.PurposeTitle)).OnlyX(t.Context()); row.ModelID != "sandbox-brief" {
		t.Errorf("the title is by %s", row.ModelID)
	}
}

func TestTitles(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		for name, c := range map[string]struct{ text, holds string }{
			"English": {echo + "How do I plant tomatoes?", "tomatoes"},
			"Korean":  {echo + "토마토를 어떻게 심나요?", "토마토"},
		} {
			chat := p.newChat(t, nil)
			events := p.follow(t, chat, "")
			p.exchange(t, chat, c.text)
			saved := await(t, events, func(e client.Event) bool { return e.Typename == "ChatSaved" })
			if !strings.Contains(saved.Chat.Title, c.holds) {
				t.Errorf("the title of the %s exchange is %q", name, saved.Chat.Title)
			}
			if custom := p.get(t, `query ($id: ID!) { node(id: $id) { ... on Chat { isTitleCustom } } }`, object{"id": chat}).at("node.isTitleCustom"); custom != false {
				t.Errorf("%s: isTitleCustom is %v", name, custom)
			}
		}
		rows, err := w.rows.Usage.Query().All(t.Context())
		must(t, err)
		purposes := map[usage.Purpose]int{}
		for _, row := range rows {
			purposes[row.Purpose]++
			if row.IsCharged != (row.Purpose == usage.PurposeReply) {
				t.Errorf("the usage row of a %s is charged: %v", row.Purpose, row.IsCharged)
			}
		}
		if purposes[usage.PurposeTitle] != 2 || purposes[usage.PurposeReply] != 2 {
			t.Errorf("usage rows: %v, want 2 of each", purposes)
		}
	})
}

// TestRenameWins names a chat while its first reply is still written.
func TestRenameWins(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	p := w.person(t, "ada")
	chat := p.newChat(t, nil)
	events := p.follow(t, chat, "")
	sent, err := p.Send(t.Context(), chat, "[sandbox:stall_after=1] hello", key())
	must(t, err)
	await(t, events, func(e client.Event) bool { return e.Typename == "ReplyDelta" })
	p.change(t, "renameChat", object{"chatId": chat, "title": "Mine"}, "chat { id }")
	_, err = p.Stop(t.Context(), sent.ReplyID)
	must(t, err)
	p.exchange(t, chat, echo+"a second exchange")
	a := p.get(t, `query ($id: ID!) { node(id: $id) { ... on Chat { title isTitleCustom } } }`, object{"id": chat})
	if a.at("node.title") != "Mine" || a.at("node.isTitleCustom") != true {
		t.Errorf("the chat is %v", a.at("node"))
	}
	titles, err := w.rows.Usage.Query().Where(usage.PurposeEQ(usage.PurposeTitle)).Count(t.Context())
	must(t, err)
	if titles != 0 {
		t.Errorf("%d titles were made for a chat with a name", titles)
	}
}
