package folder_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/feedevent"
	entfolder "github.com/weav-ai/weav/ent/folder"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/folder"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

func TestMain(m *testing.M) { servicetest.Main(m) }

func ptr[T any](v T) *T { return &v }

// fixture is a store with folders, a user, and the recorded requests to stop.
type fixture struct {
	*folder.Service
	t       *testing.T
	st      *store.Store
	user    oid.User
	stopped [][]oid.Chat
	stopErr error
}

func each(t *testing.T, test func(t *testing.T, h *fixture)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		h := &fixture{t: t, st: st, user: storetest.User(t, st)}
		h.Service = folder.New(st, func(_ context.Context, _ *store.Tx, _ oid.User, chats []oid.Chat) error {
			h.stopped = append(h.stopped, slices.Clone(chats))
			return h.stopErr
		})
		test(t, h)
	})
}

func (h *fixture) create(name string) *ent.Folder {
	h.t.Helper()
	f, err := h.Create(h.t.Context(), h.user, folder.CreateInput{Name: name, Key: oid.New[oid.Run]().String()})
	if err != nil {
		h.t.Fatal(err)
	}
	return f
}

func (h *fixture) delete(f *ent.Folder, mode folder.Mode) int {
	h.t.Helper()
	gone, n, err := h.Delete(h.t.Context(), h.user, f.ID.String(), mode)
	if err != nil {
		h.t.Fatal(err)
	}
	if gone.DeletedAt == nil {
		h.t.Errorf("the deleted folder = %v", gone)
	}
	return n
}

func (h *fixture) restore(f *ent.Folder) int {
	h.t.Helper()
	back, n, err := h.Restore(h.t.Context(), h.user, f.ID.String())
	if err != nil {
		h.t.Fatal(err)
	}
	if back.DeletedAt != nil {
		h.t.Errorf("the restored folder = %v", back)
	}
	return n
}

// backdate moves a folder's deletion into the past.
func (h *fixture) backdate(f *ent.Folder, d time.Duration) {
	h.t.Helper()
	h.st.Client().Folder.UpdateOneID(f.ID).SetDeletedAt(store.Now().Add(-d)).ExecX(h.t.Context())
}

// fill makes n chats in a folder, or with nil in none.
func (h *fixture) fill(f *ent.Folder, n int) []*ent.Chat {
	h.t.Helper()
	rows := make([]*ent.ChatCreate, n)
	for i := range rows {
		rows[i] = h.st.Client().Chat.Create().SetUserID(h.user).SetModel("sandbox-writer")
		if f != nil {
			rows[i].SetFolderID(f.ID)
		}
	}
	return h.st.Client().Chat.CreateBulk(rows...).SaveX(h.t.Context())
}

func (h *fixture) chat(c *ent.Chat) *ent.Chat { return h.st.Client().Chat.GetX(h.t.Context(), c.ID) }

func (h *fixture) wantEvents(want ...string) {
	h.t.Helper()
	rows := h.st.Client().FeedEvent.Query().Where(feedevent.UserID(h.user)).Order(feedevent.BySeq()).AllX(h.t.Context())
	var got []string
	for _, r := range rows {
		got = append(got, r.Type)
	}
	if !slices.Equal(got, want) {
		h.t.Errorf("events = %v, want %v", got, want)
	}
}

func (h *fixture) names(deleted bool) []string {
	h.t.Helper()
	r, err := h.List(h.t.Context(), h.user, deleted, page.Args{})
	if err != nil {
		h.t.Fatal(err)
	}
	var out []string
	for _, f := range r.Items {
		out = append(out, f.Name)
	}
	return out
}

func (h *fixture) wantNames(deleted bool, want ...string) {
	h.t.Helper()
	if got := h.names(deleted); !slices.Equal(got, want) {
		h.t.Errorf("folders (deleted: %t) = %v, want %v", deleted, got, want)
	}
}

func wantCode(t *testing.T, err error, want errs.Code) {
	t.Helper()
	if errs.CodeOf(err) != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}

// wantFaults compares input errors as their log line shows them: paths and reasons.
func wantFaults(t *testing.T, err error, want string) {
	t.Helper()
	if faults, ok := errs.InputOf(err); !ok || faults.Error() != "input: "+want {
		t.Errorf("error = %v, want input errors: %s", err, want)
	}
}

// parallel calls do n times at once and returns the errors.
func parallel(n int, do func(i int) error) []error {
	faults := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			faults[i] = do(i)
		})
	}
	close(start)
	wg.Wait()
	return faults
}

func TestListPageByPage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		want := []string{"e", "d", "c", "b", "a"}
		for _, name := range slices.Backward(want) {
			h.create(name)
		}
		var got []string
		args := page.Args{First: ptr(2)}
		for more := true; more; {
			r, err := h.List(t.Context(), h.user, false, args)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range r.Items {
				got = append(got, f.Name)
				args.After = ptr(folder.Cursor(f))
			}
			if more = r.HasNext; r.HasPrevious != (len(got) > 2) || len(got) > len(want) {
				t.Fatalf("after %v: HasPrevious = %t", got, r.HasPrevious)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("folders = %v, want %v", got, want)
		}
		_, err := h.List(t.Context(), h.user, false, page.Args{First: ptr(0)})
		wantCode(t, err, errs.BadUserInput)
		for _, cursor := range []string{"x", page.Encode("prompts", h.user.String()), page.Encode("folders", h.user.String())} {
			_, err = h.List(t.Context(), h.user, false, page.Args{After: &cursor})
			wantCode(t, err, errs.BadCursor)
		}
	})
}

func TestByID(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		stands, deleted, expired := h.create("stands"), h.create("deleted"), h.create("expired")
		h.delete(deleted, folder.KeepChats)
		h.delete(expired, folder.KeepChats)
		h.backdate(expired, folder.RestorableFor)
		ids := []oid.Folder{stands.ID, deleted.ID, expired.ID, oid.New[oid.Folder]()}
		rows, err := h.ByID(t.Context(), h.user, ids)
		if err != nil || len(rows) != 2 || slices.ContainsFunc(rows, func(f *ent.Folder) bool { return f.ID == expired.ID }) {
			t.Errorf("ByID = %v, %v, want those that stand or can be restored", rows, err)
		}
		if rows, err := h.ByID(t.Context(), storetest.User(t, h.st), ids); err != nil || len(rows) != 0 {
			t.Errorf("ByID of a stranger = %v, %v, want none", rows, err)
		}
	})
}

func TestStrangersAreAnsweredAlike(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		f, gone := h.create("mine"), h.create("gone")
		h.delete(gone, folder.DeleteChats)
		expired := h.create("expired")
		h.delete(expired, folder.DeleteChats)
		h.backdate(expired, folder.RestorableFor)
		stranger := storetest.User(t, h.st)
		calls := map[string]func(user oid.User, id string) error{
			"Rename": func(user oid.User, id string) error {
				_, err := h.Rename(t.Context(), user, id, "taken", ptr(7))
				return err
			},
			"Delete": func(user oid.User, id string) error {
				_, _, err := h.Delete(t.Context(), user, id, folder.DeleteChats)
				return err
			},
			"Restore": func(user oid.User, id string) error {
				_, _, err := h.Restore(t.Context(), user, id)
				return err
			},
		}
		for name, call := range calls {
			for what, id := range map[string]string{
				"foreign": f.ID.String(), "foreign and deleted": gone.ID.String(), "another type": h.user.String(),
				"unknown": oid.New[oid.Folder]().String(), "malformed": "folder_x", "empty": "",
			} {
				err := call(stranger, id)
				if errs.CodeOf(err) != errs.NotFound || err.Error() != "NOT_FOUND: There is no such object." {
					t.Errorf("%s of an id that is %s = %v", name, what, err)
				}
			}
			wantCode(t, call(h.user, expired.ID.String()), errs.NotFound)
		}
		h.wantNames(false, "mine")
		h.wantNames(true, "gone")
		if n := h.st.Client().Folder.Query().Where(entfolder.UserID(stranger)).CountX(t.Context()); n != 0 {
			t.Errorf("the stranger has %d folders", n)
		}
	})
}
