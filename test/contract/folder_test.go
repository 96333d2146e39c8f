package contract

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/oid"
)

// chats are the ids of the chats a filter lists, sorted.
func (p *person) chats(t *testing.T, filter object) []string {
	t.Helper()
	ids := p.get(t, `query ($f: ChatFilter) { viewer { chats(first: 100, filter: $f) { nodes { id } } } }`, object{"f": filter}).list("viewer.chats.nodes", "id")
	slices.Sort(ids)
	return ids
}

// sorted is a list as chats answers it.
func sorted(ids ...string) []string {
	slices.Sort(ids)
	return ids
}

func TestDeleteFolderKeepingChats(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		folder, elsewhere := p.newFolder(t, "f"), p.newFolder(t, "g")
		stays, moved := p.newChat(t, object{"folderId": folder}), p.newChat(t, object{"folderId": folder})
		gone := p.change(t, "deleteFolder", object{"folderId": folder, "mode": "KEEP_CHATS"}, "folder { deletedAt restorableUntil } affectedChats")
		if gone.at("result.affectedChats") != 2.0 || gone.at("result.folder.deletedAt") == nil {
			t.Errorf("deleting answers %v", gone.Data)
		}
		checkRestorable(t, gone.text("result.folder.deletedAt"), gone.text("result.folder.restorableUntil"))
		sameIDs(t, "chats without a folder", p.chats(t, object{"withoutFolder": true}), sorted(stays, moved)...)
		p.change(t, "moveChat", object{"chatId": moved, "folderId": elsewhere}, "chat { id }")

		again := p.change(t, "deleteFolder", object{"folderId": folder, "mode": "DELETE_CHATS"}, "affectedChats")
		sameIDs(t, "chats after deleting again", p.chats(t, nil), sorted(stays, moved)...)
		if again.at("result.affectedChats") != 1.0 {
			t.Errorf("deleting again answers %v", again.Data)
		}
		back := p.change(t, "restoreFolder", object{"folderId": folder}, "folder { deletedAt restorableUntil } affectedChats")
		if back.at("result.affectedChats") != 1.0 || back.at("result.folder.deletedAt") != nil || back.at("result.folder.restorableUntil") != nil {
			t.Errorf("restoring answers %v", back.Data)
		}
		sameIDs(t, "the folder's chats", p.chats(t, object{"folderId": folder}), stays)
		sameIDs(t, "the other folder's", p.chats(t, object{"folderId": elsewhere}), moved)
	})
}

func checkRestorable(t *testing.T, deleted, until string) {
	t.Helper()
	from, err := time.Parse(time.RFC3339Nano, deleted)
	must(t, err)
	to, err := time.Parse(time.RFC3339Nano, until)
	must(t, err)
	if to.Sub(from) != 24*time.Hour {
		t.Errorf("deleted at %s, restorable until %s", deleted, until)
	}
}

func TestDeleteFolderWithChats(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		folder := p.newFolder(t, "f")
		first, second := p.newChat(t, object{"folderId": folder}), p.newChat(t, object{"folderId": folder})
		before := p.newChat(t, object{"folderId": folder})
		p.change(t, "deleteChat", object{"chatId": before}, "chat { id }")
		gone := p.change(t, "deleteFolder", object{"folderId": folder, "mode": "DELETE_CHATS"}, "affectedChats")
		if gone.at("result.affectedChats") != 2.0 {
			t.Errorf("deleting answers %v", gone.Data)
		}
		sameIDs(t, "the chats", p.chats(t, nil))
		sameIDs(t, "deleted chats", p.chats(t, object{"deleted": true}), sorted(first, second, before)...)

		alone := p.change(t, "restoreChat", object{"chatId": second}, "chat { folder { id } deletedAt }")
		if alone.at("result.chat.folder") != nil || alone.at("result.chat.deletedAt") != nil {
			t.Errorf("a chat restored without its folder is %v", alone.Data)
		}
		back := p.change(t, "restoreFolder", object{"folderId": folder}, "affectedChats")
		if back.at("result.affectedChats") != 1.0 {
			t.Errorf("restoring answers %v", back.Data)
		}
		sameIDs(t, "the folder's chats", p.chats(t, object{"folderId": folder}), first)
		sameIDs(t, "chats without a folder", p.chats(t, object{"withoutFolder": true}), second)
		sameIDs(t, "deleted chats after", p.chats(t, object{"deleted": true}), before)
		own := p.change(t, "restoreChat", object{"chatId": before}, "chat { folder { id } }")
		if own.text("result.chat.folder.id") != folder {
			t.Errorf("a chat goes back to %v, its folder stands", own.Data)
		}
	})
}

func TestFilters(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		folder := p.newFolder(t, "f")
		inside, loose := p.newChat(t, object{"folderId": folder}), p.newChat(t, nil)
		archived, deleted := p.newChat(t, object{"folderId": folder}), p.newChat(t, nil)
		p.change(t, "archiveChat", object{"chatId": archived, "archived": true}, "chat { id }")
		p.change(t, "deleteChat", object{"chatId": deleted}, "chat { id }")
		for name, c := range map[string]struct {
			filter object
			want   []string
		}{
			"none":                  {nil, sorted(inside, loose)},
			"empty":                 {object{}, sorted(inside, loose)},
			"in a folder":           {object{"folderId": folder}, []string{inside}},
			"in none":               {object{"withoutFolder": true}, []string{loose}},
			"archived":              {object{"archived": true}, []string{archived}},
			"archived or not":       {object{"archived": nil}, sorted(inside, loose, archived)},
			"archived in a folder":  {object{"folderId": folder, "archived": true}, []string{archived}},
			"archived in none":      {object{"withoutFolder": true, "archived": true}, []string{}},
			"deleted":               {object{"deleted": true}, []string{deleted}},
			"deleted in a folder":   {object{"deleted": true, "folderId": folder}, []string{}},
			"deleted, archived too": {object{"deleted": true, "archived": nil}, []string{deleted}},
		} {
			if got := p.chats(t, c.filter); !slices.Equal(got, c.want) {
				t.Errorf("%s: %s", name, cmp.Diff(c.want, got))
			}
		}
		if got := p.do(t, `query ($f: ChatFilter) { viewer { chats(filter: $f) { nodes { id } } } }`,
			object{"f": object{"folderId": folder, "withoutFolder": true}}).code(); got != "BAD_USER_INPUT" {
			t.Errorf("in a folder and in none: %q", got)
		}
	})
}

// TestOrder lists pinned chats first, then those with the newest message.
func TestOrder(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	a, b, c := p.newChat(t, object{"title": "a"}), p.newChat(t, object{"title": "b"}), p.newChat(t, object{"title": "c"})
	p.exchange(t, a, echo+"x")
	p.change(t, "pinChat", object{"chatId": b, "pinned": true}, "chat { id }")
	var got []string
	for cursor := any(nil); ; {
		page := p.get(t, `query ($c: Cursor) { viewer { chats(first: 1, after: $c) { nodes { id } pageInfo { hasNextPage endCursor } } } }`, object{"c": cursor})
		got = append(got, page.list("viewer.chats.nodes", "id")...)
		if cursor = page.at("viewer.chats.pageInfo.endCursor"); page.at("viewer.chats.pageInfo.hasNextPage") != true {
			break
		}
	}
	sameIDs(t, "the order", got, b, a, c)
}

// TestPurge ages what is deleted by a day, and finds it gone for good.
// TestChatsCanBeDeletedAsTheirRepliesEnd: neither waits for the other for ever.
func TestChatsCanBeDeletedAsTheirRepliesEnd(t *testing.T) {
	t.Parallel()
	p := external(t).person(t, "ada")
	for range 25 {
		chat := p.newChat(t, object{"title": "t"})
		_, err := p.Send(t.Context(), chat, "[sandbox:echo] hi", key())
		must(t, err)
		p.change(t, "deleteChat", object{"chatId": chat}, "chat { id }")
	}
}

func TestPurge(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		f := w.fixture(t, "ada")
		recent := f.newChat(t, object{"title": "recent"})
		f.change(t, "deleteChat", object{"chatId": f.chat}, "chat { id }")
		f.change(t, "deleteChat", object{"chatId": recent}, "chat { id }")
		old := time.Now().UTC().Add(-24*time.Hour - time.Minute)
		for _, id := range []string{f.chat, f.deletedChat} {
			must(t, ageChat(t, w.rows, id, old))
		}
		folder, err := oid.Parse[oid.Folder](f.deletedFolder)
		must(t, err)
		must(t, w.rows.Folder.UpdateOneID(folder).SetDeletedAt(old).Exec(t.Context()))

		sameIDs(t, "deleted chats", f.chats(t, object{"deleted": true}), recent)
		for name, input := range map[string]object{
			"restoreChat": {"chatId": f.chat}, "deleteChat": {"chatId": f.chat}, "restoreFolder": {"folderId": f.deletedFolder},
		} {
			if got := f.mutate(t, name, input, "userErrors { message }").code(); got != "NOT_FOUND" {
				t.Errorf("%s after a day: %q", name, got)
			}
		}
		steps := len(f.steps) // Their chats, welcomes and folder stay.
		must(t, w.app.Maintain(t.Context()))
		counts := w.counts(t)
		if counts["chats"] != 1+steps || counts["messages"] != steps || counts["folders"] != 1+1 {
			t.Errorf("left are %v", counts)
		}
		f.change(t, "restoreChat", object{"chatId": recent}, "chat { id }")
	})
}

func ageChat(t *testing.T, rows *ent.Client, id string, at time.Time) error {
	t.Helper()
	chat, err := oid.Parse[oid.Chat](id)
	must(t, err)
	return rows.Chat.UpdateOneID(chat).SetDeletedAt(at).Exec(t.Context())
}
