package folder_test

import (
	"errors"
	"slices"
	"testing"

	entchat "github.com/weav-ai/weav/ent/chat"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/folder"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

func TestDeleteLeavesTheChats(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		f := h.create("work")
		chats, elsewhere := h.fill(f, 2), h.fill(nil, 1)[0]
		for range 2 { // The second time changes nothing and answers the same.
			if n := h.delete(f, folder.KeepChats); n != 2 {
				t.Errorf("%d chats were let go, want 2", n)
			}
		}
		for _, c := range chats {
			if c = h.chat(c); c.FolderID != nil || c.DeletedAt != nil || c.Revision != 2 {
				t.Errorf("a chat that was let go = %v", c)
			}
		}
		if c := h.chat(elsewhere); c.Revision != 1 || c.FormerFolderID != nil {
			t.Errorf("a chat of no folder = %v", c)
		}
		if len(h.stopped) != 0 {
			t.Errorf("replies were stopped: %v", h.stopped)
		}
		h.wantNames(false)
		h.wantNames(true, "work")
		h.wantEvents("folder.saved", "chat.saved", "chat.saved", "folder.deleted")
	})
}

func TestDeleteDeletesTheChats(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		f := h.create("work")
		chats := h.fill(f, 2)
		h.st.Client().Chat.UpdateOne(h.fill(f, 1)[0]).SetDeletedAt(store.Now()).ExecX(t.Context())
		for range 2 {
			if n := h.delete(f, folder.DeleteChats); n != 2 {
				t.Errorf("%d chats were deleted, want the 2 that stood", n)
			}
		}
		for _, c := range chats {
			if c = h.chat(c); c.DeletedAt == nil || c.DeletedWithID == nil || *c.DeletedWithID != f.ID {
				t.Errorf("a chat that was deleted with its folder = %v", c)
			}
		}
		if want := [][]oid.Chat{{chats[0].ID, chats[1].ID}}; !slices.EqualFunc(h.stopped, want, slices.Equal) {
			t.Errorf("stopped %v, want %v once", h.stopped, want)
		}
		h.wantEvents("folder.saved", "chat.deleted", "chat.deleted", "folder.deleted")
	})
}

func TestDeleteIsAllOrNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		f := h.create("work")
		c := h.fill(f, 1)[0]
		h.stopErr = errors.New("cannot stop")
		if _, _, err := h.Delete(t.Context(), h.user, f.ID.String(), folder.DeleteChats); !errors.Is(err, h.stopErr) {
			t.Errorf("Delete = %v, want %v", err, h.stopErr)
		}
		if c = h.chat(c); c.DeletedAt != nil {
			t.Errorf("the chat = %v", c)
		}
		h.wantNames(false, "work")
		h.wantEvents("folder.saved")
	})
}

func TestDeleteManyChats(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		f := h.create("work")
		h.fill(f, 700)
		if n := h.delete(f, folder.DeleteChats); n != 700 {
			t.Errorf("%d chats were deleted, want 700", n)
		}
		if n := len(slices.Concat(h.stopped...)); n != 700 || len(h.stopped) != 2 {
			t.Errorf("%d chats were stopped in %d parts, want 700 in 2", n, len(h.stopped))
		}
		if n := h.restore(f); n != 700 {
			t.Errorf("%d chats came back, want 700", n)
		}
		if n := h.st.Client().Chat.Query().Where(entchat.FolderID(f.ID), entchat.DeletedAtIsNil()).CountX(t.Context()); n != 700 {
			t.Errorf("%d chats stand, want 700", n)
		}
	})
}

func TestDeletedFoldersAreNotRenamed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		f := h.create("work")
		h.delete(f, folder.KeepChats)
		_, err := h.Rename(t.Context(), h.user, f.ID.String(), "new", nil)
		wantCode(t, err, errs.NotFound)
	})
}
