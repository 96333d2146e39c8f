package folder_test

import (
	"slices"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/folder"
	"github.com/weav-ai/weav/internal/store"
)

func TestRestoreBringsChatsBack(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]folder.Mode{"let go": folder.KeepChats, "deleted": folder.DeleteChats} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, h *fixture) {
				f := h.create("work")
				chats := h.fill(f, 3)
				h.delete(f, mode)
				if n := h.restore(f); n != 3 {
					t.Errorf("%d chats came back, want 3", n)
				}
				for _, c := range chats {
					c = h.chat(c)
					if c.FolderID == nil || *c.FolderID != f.ID || c.DeletedAt != nil || c.DeletedWithID != nil || c.FormerFolderID != nil {
						t.Errorf("a chat that came back = %v", c)
					}
				}
				if n := h.restore(f); n != 0 {
					t.Errorf("restoring again brought %d chats back", n)
				}
				h.wantNames(false, "work")
				chat := map[folder.Mode]string{folder.KeepChats: "chat.saved", folder.DeleteChats: "chat.deleted"}[mode]
				h.wantEvents(slices.Concat([]string{"folder.saved"}, slices.Repeat([]string{chat}, 3),
					[]string{"folder.deleted", "folder.saved", "chat.saved", "chat.saved", "chat.saved"})...)
			})
		})
	}
}

func TestRestoreLeavesChatsThatWentTheirOwnWay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		f, other := h.create("work"), h.create("other")
		ctx, chats := t.Context(), h.fill(f, 2)
		before := h.fill(f, 1)[0]
		h.st.Client().Chat.UpdateOne(before).SetDeletedAt(store.Now()).ExecX(ctx)
		h.delete(f, folder.DeleteChats)
		// As the chat domain restores a chat whose folder is gone, and moves it.
		h.st.Client().Chat.UpdateOne(chats[0]).ClearDeletedAt().ClearDeletedWithID().ClearFolderID().ExecX(ctx)
		h.st.Client().Chat.UpdateOne(chats[1]).ClearDeletedAt().ClearDeletedWithID().SetFolderID(other.ID).ExecX(ctx)
		if n := h.restore(f); n != 0 {
			t.Errorf("%d chats came back, want none", n)
		}
		if c := h.chat(chats[0]); c.FolderID != nil {
			t.Errorf("a chat restored by itself = %v", c)
		}
		if c := h.chat(chats[1]); c.FolderID == nil || *c.FolderID != other.ID {
			t.Errorf("a chat moved since = %v", c)
		}
		if c := h.chat(before); c.DeletedAt == nil || *c.FolderID != f.ID {
			t.Errorf("a chat deleted before = %v", c)
		}
	})
}

func TestRestoreLeavesUnfiledChatsThatMoved(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		f, other := h.create("work"), h.create("other")
		ctx, chats := t.Context(), h.fill(f, 3)
		h.delete(f, folder.KeepChats)
		// One moved into a folder, one into none, one deleted: that it has a folder is enough to be moved.
		h.st.Client().Chat.UpdateOne(chats[0]).SetFolderID(other.ID).ExecX(ctx)
		h.st.Client().Chat.UpdateOne(chats[1]).ClearFolderID().ClearFormerFolderID().ExecX(ctx)
		h.st.Client().Chat.UpdateOne(chats[2]).SetDeletedAt(store.Now()).ExecX(ctx)
		if n := h.restore(f); n != 0 {
			t.Errorf("%d chats came back, want none", n)
		}
		if c := h.chat(chats[0]); *c.FolderID != other.ID {
			t.Errorf("a chat moved since = %v", c)
		}
		if c := h.chat(chats[1]); c.FolderID != nil {
			t.Errorf("a chat moved out = %v", c)
		}
		if c := h.chat(chats[2]); c.DeletedAt == nil || c.FolderID == nil || *c.FolderID != f.ID {
			t.Errorf("a chat deleted since = %v, want it deleted, with its place kept", c)
		}
	})
}

func TestRestoreOnlyForADay(t *testing.T) {
	t.Parallel()
	each(t, func(_ *testing.T, h *fixture) {
		f := h.create("work")
		h.delete(f, folder.KeepChats)
		h.backdate(f, folder.RestorableFor-time.Minute)
		h.wantNames(true, "work")
		h.restore(f)
	})
}

func TestConcurrentRestoresBringChatsBackOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		f := h.create("work")
		h.fill(f, 1)
		h.delete(f, folder.KeepChats)
		for _, err := range parallel(8, func(int) error {
			_, _, err := h.Restore(t.Context(), h.user, f.ID.String())
			return err
		}) {
			if err != nil {
				t.Error(err)
			}
		}
		h.wantEvents("folder.saved", "chat.saved", "folder.deleted", "folder.saved", "chat.saved")
	})
}

func TestPurge(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		stands, recent, old, older := h.create("stands"), h.create("recent"), h.create("old"), h.create("older")
		kept, chat := h.fill(old, 1)[0], h.fill(older, 1)[0]
		h.st.Client().Chat.UpdateOne(chat).SetDeletedAt(store.Now()).ExecX(t.Context())
		h.delete(recent, folder.KeepChats)
		h.delete(old, folder.KeepChats)
		h.delete(older, folder.DeleteChats)
		h.backdate(old, folder.RestorableFor)
		h.backdate(older, 2*folder.RestorableFor)
		for _, want := range []int{2, 0} {
			if n, err := h.Purge(t.Context(), store.Now()); err != nil || n != want {
				t.Errorf("Purge = %d, %v, want %d", n, err, want)
			}
		}
		if n := h.st.Client().Folder.Query().CountX(t.Context()); n != 2 {
			t.Errorf("%d folders are left, want %s and %s", n, stands.Name, recent.Name)
		}
		if c := h.chat(kept); c.FormerFolderID != nil {
			t.Errorf("a chat still names a folder that is gone: %v", c)
		}
		if c := h.chat(chat); c.FolderID != nil {
			t.Errorf("a chat still names a folder that is gone: %v", c)
		}
	})
}
