package contract

import (
	"slices"
	"testing"

	"github.com/weav-ai/weav/internal/oid"
)

const projectChats = `query ($id: ID!, $first: Int, $after: Cursor) { node(id: $id) { ... on Plan {
	folder { id chats(first: $first, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } } } steps { id chat { id } } } } }`

// TestAProjectListsItsChatsInTheOrderOfThePlan: whatever happens in them, and page by page as at once.
func TestAProjectListsItsChatsInTheOrderOfThePlan(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		plan, steps := p.newPlan(t, "a goal")
		p.change(t, "applyPlan", object{"planId": plan, "idempotencyKey": key()}, "plan { id }")
		chats := p.get(t, projectChats, object{"id": plan}).list("node.steps", "chat.id")
		folder := p.get(t, projectChats, object{"id": plan}).text("node.folder.id")
		if len(chats) < 2 || len(chats) != len(steps) {
			t.Fatalf("%d chats of %d steps", len(chats), len(steps))
		}
		other, pinned := p.newChat(t, object{"title": "other", "folderId": folder}), p.newChat(t, object{"title": "pinned", "folderId": folder})
		p.change(t, "pinChat", object{"chatId": pinned, "pinned": true}, "chat { id }")
		rest := []string{pinned, other}
		p.wantProject(t, plan, append(slices.Clone(chats), rest...))

		last := len(chats) - 1
		p.exchange(t, chats[last], "[sandbox:echo] hello")
		p.change(t, "pinChat", object{"chatId": chats[1], "pinned": true}, "chat { id }")
		p.wantProject(t, plan, append(slices.Clone(chats), rest...))

		// Steps that need each other cannot change places over the API.
		for i, step := range steps {
			id, err := oid.Parse[oid.PlanStep](step)
			must(t, err)
			must(t, w.rows.PlanStep.UpdateOneID(id).SetPosition(len(steps)-i).Exec(t.Context()))
		}
		slices.Reverse(chats)
		p.wantProject(t, plan, append(slices.Clone(chats), rest...))

		p.change(t, "archiveChat", object{"chatId": chats[0], "archived": true}, "chat { id }")
		p.change(t, "moveChat", object{"chatId": chats[1], "folderId": nil}, "chat { id }")
		p.wantProject(t, plan, append(slices.Clone(chats[2:]), rest...))
	})
}

// wantProject reads the folder of a plan at once and in pages of each size.
func (p *person) wantProject(t *testing.T, plan string, want []string) {
	t.Helper()
	for first := 1; first <= len(want)+1; first++ {
		var got []string
		variables := object{"id": plan, "first": first}
		for {
			a := p.get(t, projectChats, variables)
			got = append(got, a.list("node.folder.chats.nodes", "id")...)
			if a.at("node.folder.chats.pageInfo.hasNextPage") != true || len(got) > len(want) {
				break
			}
			variables["after"] = a.at("node.folder.chats.pageInfo.endCursor")
		}
		if !slices.Equal(got, want) {
			t.Errorf("in pages of %d: %v, want %v", first, got, want)
		}
	}
}

// TestCursorsOfProjects: a cursor of another list, or one that was made up, is none of a project's.
func TestCursorsOfProjects(t *testing.T) {
	t.Parallel()
	f := embedded(t).fixture(t, "ada")
	foreign := f.get(t, `{ viewer { chats(first: 1) { pageInfo { endCursor } } } }`, nil).text("viewer.chats.pageInfo.endCursor")
	for name, after := range map[string]string{"of another list": foreign, "made up": "abc"} {
		if a := f.do(t, projectChats, object{"id": f.applied, "after": after}); a.code() != "BAD_CURSOR" {
			t.Errorf("%s: %v", name, a.Errors)
		}
	}
}
