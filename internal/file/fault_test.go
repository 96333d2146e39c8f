package file_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent"
	entfile "github.com/weav-ai/weav/ent/file"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/store"
)

// TestStoringSurvivesAStoreThatFailsAnywhere fails at each call in turn: no row then refers to a missing object, and the
// sweeper leaves nothing behind.
func TestStoringSurvivesAStoreThatFailsAnywhere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		for n := int64(1); ; n++ {
			h.bucket.failAt(n)
			k, err := h.put()
			if err == nil {
				if n < 3 {
					t.Errorf("a failure at call %d was not noticed", n)
				}
				h.Discard(t.Context(), k)
				h.wantWhole(0)
				return
			}
			if code(err) != errs.Unavailable {
				t.Errorf("a failure at call %d: %v, want UNAVAILABLE", n, err)
			}
			h.wantWhole(0)
		}
	})
}

// TestCompletingSurvivesAStoreThatFailsAnywhere: the file stays an upload, and completing it later works.
func TestCompletingSurvivesAStoreThatFailsAnywhere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		f := h.upload(pixels(t))
		for n := int64(1); ; n++ {
			h.bucket.failAt(n)
			done, err := h.CompleteUpload(t.Context(), h.user, f.ID.String())
			if err == nil {
				if n < 4 || done.Status != entfile.StatusReady {
					t.Errorf("a failure at call %d was not noticed: %v", n, done)
				}
				h.wantWhole(2)
				return
			}
			if code(err) != errs.Unavailable {
				t.Errorf("a failure at call %d: %v, want UNAVAILABLE", n, err)
			}
			h.wantWhole(1)
		}
	})
}

// TestDeletionSurvivesACrashInBetween: the rows are gone at once, the objects when the store is back.
func TestDeletionSurvivesACrashInBetween(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		a := h.artifact()
		f := h.upload(pixels(t))
		if _, err := h.CompleteUpload(t.Context(), h.user, f.ID.String()); err != nil {
			t.Fatal(err)
		}
		h.wantWhole(4)
		h.bucket.failAt(1)
		if _, err := h.DeleteArtifact(t.Context(), h.user, a.ID.String()); err != nil {
			t.Fatal(err)
		}
		if _, err := h.DeleteFile(t.Context(), h.user, f.ID.String()); err != nil {
			t.Fatal(err)
		}
		if err := h.Sweep(t.Context()); code(err) != errs.Unavailable {
			t.Errorf("a sweep of a store that is down: %v", err)
		}
		if n := h.st.Client().Object.Query().CountX(t.Context()); n != 4 {
			t.Errorf("%d objects are known, want 4", n)
		}
		h.wantWhole(0)
	})
}

// TestDiscardLeavesWhatBecameAnArtifact: the end of a job may be known only after its stored files were discarded.
func TestDiscardLeavesWhatBecameAnArtifact(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		k, err := h.put()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.add(k); err != nil {
			t.Fatal(err)
		}
		h.Discard(t.Context(), k)
		h.wantWhole(2)
	})
}

// TestWhatWasSweptCannotBecomeAnArtifact: the objects of a writer that was too slow are deleted, and no row refers to them.
func TestWhatWasSweptCannotBecomeAnArtifact(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		k, err := h.put()
		if err != nil {
			t.Fatal(err)
		}
		h.wantWhole(0)
		if _, err := h.add(k); err == nil {
			t.Error("an artifact points to what was swept")
		}
		if n := h.st.Client().Artifact.Query().CountX(t.Context()); n != 0 {
			t.Errorf("%d artifacts were stored", n)
		}
	})
}

func TestCompletingAtOnceAnswersTheSame(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		f := h.upload(pixels(t))
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				done, err := h.CompleteUpload(t.Context(), h.user, f.ID.String())
				if err != nil || done.Status != entfile.StatusReady || done.Width == nil || *done.Width != 8 {
					t.Errorf("got %v, %v", done, err)
				}
			})
		}
		all.Wait()
		h.wantWhole(2)
	})
}

func TestDeletionRacesCompletion(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		for range 5 {
			f := h.upload(pixels(t))
			var all sync.WaitGroup
			all.Go(func() {
				_, err := h.CompleteUpload(t.Context(), h.user, f.ID.String())
				if err != nil && code(err) != errs.NotFound && reason(err) != errs.NotUploaded {
					t.Errorf("complete: %v", err)
				}
			})
			all.Go(func() {
				if _, err := h.DeleteFile(t.Context(), h.user, f.ID.String()); err != nil {
					t.Errorf("delete: %v", err)
				}
			})
			all.Wait()
		}
		h.wantWhole(0)
	})
}

// TestACheckedFileCannotBeReplaced: the request that was signed for the upload works once.
func TestACheckedFileCannotBeReplaced(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		content := pixels(t)
		f, request, err := h.CreateUpload(t.Context(), h.user, file.UploadInput{Name: "a.png", MIMEType: "image/png", Bytes: int64(len(content)), Key: "k"})
		if err != nil {
			t.Fatal(err)
		}
		if status := h.send(request, content); status != http.StatusOK {
			t.Fatalf("the first got %d", status)
		}
		if _, err := h.CompleteUpload(t.Context(), h.user, f.ID.String()); err != nil {
			t.Fatal(err)
		}
		if status := h.send(request, make([]byte, len(content))); status == http.StatusOK {
			t.Error("the file was replaced after it was checked")
		}
	})
}

func TestUnfinishedUploadsAreSweptAfterADay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		old, fresh := h.upload(pixels(t)), h.upload(pixels(t))
		h.wantWhole(2)
		if err := backdate(t, h.st, old, 25*time.Hour); err != nil {
			t.Fatal(err)
		}
		h.wantWhole(1)
		if _, err := h.CompleteUpload(t.Context(), h.user, old.ID.String()); code(err) != errs.NotFound {
			t.Errorf("the old upload: %v", err)
		}
		if _, err := h.CompleteUpload(t.Context(), h.user, fresh.ID.String()); err != nil {
			t.Error(err)
		}
	})
}

// backdate moves an upload into the past.
func backdate(t *testing.T, st *store.Store, f *ent.File, by time.Duration) error {
	t.Helper()
	return st.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Client().File.DeleteOneID(f.ID).Exec(ctx); err != nil {
			return err
		}
		return tx.Client().File.Create().SetID(f.ID).SetUserID(f.UserID).SetName(f.Name).SetMimeType(f.MimeType).
			SetBytes(f.Bytes).SetNillableObjectKey(f.ObjectKey).SetCreatedAt(f.CreatedAt.Add(-by)).Exec(ctx)
	})
}

func TestUnfinishedUploadsAreLimited(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		var all sync.WaitGroup
		var mu sync.Mutex
		refused := 0
		for i := range 30 {
			all.Go(func() {
				_, _, err := h.CreateUpload(t.Context(), h.user, file.UploadInput{Name: "a.png", MIMEType: "image/png", Bytes: 9, Key: string(rune('a' + i))})
				mu.Lock()
				defer mu.Unlock()
				if reason(err) == errs.LimitReached {
					refused++
				} else if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if refused != 10 {
			t.Errorf("%d of 30 were refused, want 10", refused)
		}
	})
}

// TestReconcile repairs what no transaction could: an object that no row knows, and a row whose object is lost.
func TestReconcile(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		a := h.artifact()
		if err := h.bucket.Put(t.Context(), "artifacts/nobody/original.png", reader("x"), putOne); err != nil {
			t.Fatal(err)
		}
		if n, err := h.Reconcile(t.Context(), time.Now()); n != 0 || err != nil {
			t.Errorf("what is young was put right: %d, %v", n, err)
		}
		if err := h.bucket.Delete(t.Context(), *a.ObjectKey); err != nil {
			t.Fatal(err)
		}
		later := time.Now().Add(25 * time.Hour)
		if n, err := h.Reconcile(t.Context(), later); n != 2 || err != nil {
			t.Errorf("%d were put right, %v, want 2", n, err)
		}
		lost, err := h.Missing(t.Context(), []string{*a.ObjectKey, *a.ThumbnailKey})
		if err != nil || !lost[*a.ObjectKey] || lost[*a.ThumbnailKey] {
			t.Errorf("missing are %v, %v", lost, err)
		}
	})
}

func TestMislabelledProviderFilesAreNotStored(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		for name, m := range map[string]file.Made{
			"a page":     made(h, []byte("<html>"), "image/png"),
			"a cut file": made(h, pixels(t)[:30], "image/png"),
			"not a JPEG": made(h, pixels(t), "image/jpeg"),
		} {
			if _, err := h.Store(t.Context(), m); !errors.Is(err, file.ErrUnusable) {
				t.Errorf("%s: %v, want ErrUnusable", name, err)
			}
		}
		h.wantWhole(0)
	})
}

func TestShareLinksCountTheirViews(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		a := h.artifact()
		soon := time.Now().Add(time.Hour)
		link, err := h.Share(t.Context(), h.user, file.ShareInput{ArtifactID: a.ID.String(), ExpiresAt: &soon, Key: "k"})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if to, err := h.SharedTarget(t.Context(), link.Token); err != nil || to.URL == "" {
					t.Errorf("got %v, %v", to, err)
				}
			})
		}
		all.Wait()
		if got := h.st.Client().ShareLink.GetX(t.Context(), link.ID); got.ViewCount != 50 || got.LastViewedAt == nil {
			t.Errorf("%d views were counted", got.ViewCount)
		}
		past := time.Now().Add(-time.Hour)
		if _, err := h.Share(t.Context(), h.user, file.ShareInput{ArtifactID: a.ID.String(), ExpiresAt: &past, Key: "k2"}); reason(err) != errs.InvalidValue {
			t.Errorf("a link into the past: %v", err)
		}
		if _, err := h.Revoke(t.Context(), h.user, link.ID.String()); err != nil {
			t.Fatal(err)
		}
		if _, err := h.SharedTarget(t.Context(), link.Token); code(err) != errs.NotFound {
			t.Errorf("a revoked link: %v", err)
		}
	})
}
