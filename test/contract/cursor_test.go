package contract

import (
	"fmt"
	"testing"

	"github.com/weav-ai/weav/internal/client"
)

// TestQueryThenSubscribe reads the library while it grows, subscribes behind the query's cursor,
// and misses nothing, wherever in the writing it began.
func TestQueryThenSubscribe(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		const writes = 40
		begun := make(chan int, writes)
		written := make(chan error, 1)
		go func() {
			for i := range writes {
				err := p.Do(t.Context(), mutation("createPrompt", "prompt { id }"),
					object{"input": object{"title": fmt.Sprint(i), "content": "c", "idempotencyKey": fmt.Sprint(i)}}, nil)
				if err != nil {
					written <- err
					return
				}
				begun <- i
			}
			written <- nil
		}()
		for range 4 {
			<-begun
			checkNothingMissed(t, p, writes)
		}
		must(t, <-written)
	})
}

// checkNothingMissed sees every prompt either in the query or in an event behind it, and no event twice.
func checkNothingMissed(t *testing.T, p *person, writes int) {
	t.Helper()
	a := p.get(t, `{ viewer { prompts(first: 100) { nodes { id } } eventCursor } }`, nil)
	seen := map[string]bool{}
	for _, id := range a.list("viewer.prompts.nodes", "id") {
		seen[id] = true
	}
	events, err := p.socket(t).Subscribe(`subscription ($after: EventCursor) { viewerEvents(after: $after) {
		__typename ... on PromptSaved { promptId prompt { id } } } }`, object{"after": a.at("viewer.eventCursor")})
	must(t, err)
	told := map[string]bool{}
	for len(seen) < writes {
		var out struct {
			ViewerEvents struct {
				Typename string `json:"__typename"`
				PromptID string `json:"promptId"`
			}
		}
		must(t, client.Decode(next(t, events), &out))
		id := out.ViewerEvents.PromptID
		if out.ViewerEvents.Typename != "PromptSaved" || told[id] {
			t.Errorf("told %+v, twice: %v", out.ViewerEvents, told[id])
		}
		told[id], seen[id] = true, true
	}
}

// TestChatCursor sends between a query and the subscription behind it.
func TestChatCursor(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		chat := p.newChat(t, object{"title": "t"})
		cursor := p.get(t, `query ($id: ID!) { node(id: $id) { ... on Chat { eventCursor } } }`, object{"id": chat}).text("node.eventCursor")
		message, reply := p.exchange(t, chat, echo+"in between")
		events := p.follow(t, chat, cursor)
		var types []string
		await(t, events, func(e client.Event) bool {
			types = append(types, e.Typename+" "+map[string]string{message: "message", reply: "reply"}[e.MessageID])
			return e.Typename == "ReplyEnded"
		})
		for i, want := range []string{"MessageAdded message", "MessageAdded reply", "HeadMoved "} {
			if i >= len(types) || types[i] != want {
				t.Fatalf("told %v", types)
			}
		}
	})
}

// TestCursorsInsideEvents asks an object in an event for its cursor.
func TestCursorsInsideEvents(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	events, err := p.socket(t).Subscribe(`subscription { viewerEvents { __typename ... on ViewerSnapshot { cursor viewer { eventCursor } } } }`, nil)
	must(t, err)
	var out struct {
		ViewerEvents struct {
			Cursor string
			Viewer struct{ EventCursor string }
		}
	}
	must(t, client.Decode(next(t, events), &out))
	if out.ViewerEvents.Viewer.EventCursor == "" {
		t.Error("the viewer of a snapshot has no cursor")
	}
}
