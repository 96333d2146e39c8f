package folder_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/weav-ai/weav/ent"
	entfolder "github.com/weav-ai/weav/ent/folder"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/folder"
	"github.com/weav-ai/weav/internal/store/storetest"
)

func TestCreate(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		f, err := h.Create(t.Context(), h.user, folder.CreateInput{Name: "여행", Key: "k"})
		if err != nil {
			t.Fatal(err)
		}
		if f.Name != "여행" || f.Type != entfolder.TypeCustom || f.Revision != 1 || f.DeletedAt != nil || f.UserID != h.user {
			t.Errorf("folder = %v", f)
		}
		again, err := h.Create(t.Context(), h.user, folder.CreateInput{Name: "여행", Key: "k"})
		if err != nil || again.ID != f.ID {
			t.Errorf("the same key gave %v, %v, want %v", again, err, f.ID)
		}
		_, err = h.Create(t.Context(), h.user, folder.CreateInput{Name: "일", Key: "k"})
		wantCode(t, err, errs.IdempotencyConflict)
		other, err := h.Create(t.Context(), storetest.User(t, h.st), folder.CreateInput{Name: "일", Key: "k"})
		if err != nil || other.ID == f.ID {
			t.Errorf("another person's same key gave %v, %v", other, err)
		}
		h.wantEvents("folder.saved")
	})
}

func TestNamesAreChecked(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, value, want string }{
		{"empty", "", "input.name REQUIRED"},
		{"blank", " \t", "input.name REQUIRED"},
		{"too long", strings.Repeat("가", 101), "input.name TOO_LONG"},
		{"U+0000", "a\x00", "input.name INVALID_CHARACTERS"},
	}
	each(t, func(t *testing.T, h *fixture) {
		f := h.create(strings.Repeat("가", 100))
		for _, tt := range tests {
			_, err := h.Create(t.Context(), h.user, folder.CreateInput{Name: tt.value, Key: tt.name})
			wantFaults(t, err, tt.want)
			_, err = h.Rename(t.Context(), h.user, f.ID.String(), tt.value, nil)
			wantFaults(t, err, tt.want)
		}
		h.wantNames(false, f.Name)
		h.wantEvents("folder.saved")
	})
}

// crowd gives the user n folders.
func (h *fixture) crowd(n int) {
	h.t.Helper()
	rows := make([]*ent.FolderCreate, n)
	for i := range rows {
		rows[i] = h.st.Client().Folder.Create().SetUserID(h.user).SetName("f")
	}
	h.st.Client().Folder.CreateBulk(rows...).ExecX(h.t.Context())
}

func TestFoldersAreNeverMoreThanTheLimit(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		const room, callers = 10, 50
		h.crowd(folder.MaxFolders - room)
		faults := parallel(callers, func(i int) error {
			_, err := h.Create(t.Context(), h.user, folder.CreateInput{Name: "f", Key: fmt.Sprint(i)})
			return err
		})
		refused := 0
		for _, err := range faults {
			if err != nil {
				refused++
				wantFaults(t, err, "input LIMIT_REACHED")
			}
		}
		n := h.st.Client().Folder.Query().Where(entfolder.UserID(h.user)).CountX(t.Context())
		if n != folder.MaxFolders || refused != callers-room {
			t.Errorf("%d folders, %d refused, want %d and %d", n, refused, folder.MaxFolders, callers-room)
		}
	})
}

func TestDeletedFoldersLeaveRoom(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		h.crowd(folder.MaxFolders - 1)
		old := h.create("old")
		h.delete(old, folder.KeepChats)
		h.create("new")
		_, _, err := h.Restore(t.Context(), h.user, old.ID.String())
		wantFaults(t, err, "input LIMIT_REACHED")
		h.wantNames(true, "old")
	})
}

func TestRename(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		f := h.create("old")
		f, err := h.Rename(t.Context(), h.user, f.ID.String(), "new", nil)
		if err != nil || f.Name != "new" || f.Revision != 2 {
			t.Fatalf("Rename = %v, %v", f, err)
		}
		h.wantNames(false, "new")
		h.wantEvents("folder.saved", "folder.saved")
	})
}

func TestOneOfManyTabsRenamesARevision(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		const tabs = 12
		f := h.create("old")
		// These open the connections that the tabs need to meet.
		warm := parallel(tabs, func(i int) error {
			_, err := h.Create(t.Context(), h.user, folder.CreateInput{Name: "f", Key: fmt.Sprint(i)})
			return err
		})
		if err := errors.Join(warm...); err != nil {
			t.Fatal(err)
		}
		won := 0
		for _, err := range parallel(tabs, func(i int) error {
			_, err := h.Rename(t.Context(), h.user, f.ID.String(), fmt.Sprint("tab ", i), ptr(1))
			return err
		}) {
			var e *errs.Error
			switch {
			case err == nil:
				won++
			case !errors.As(err, &e) || e.Code != errs.Conflict || e.Extensions["revision"] != 2:
				t.Errorf("a tab that was late = %v, want CONFLICT with revision 2", err)
			}
		}
		if won != 1 {
			t.Errorf("%d of %d tabs renamed revision 1, want 1", won, tabs)
		}
	})
}
