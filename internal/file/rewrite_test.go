package file_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/weav-ai/weav/ent"
	entfile "github.com/weav-ai/weav/ent/file"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/file"
)

// padded is a picture with padding after its end, which is left out.
func padded(t *testing.T) []byte { return append(pixels(t), make([]byte, 100)...) }

// objectOf is what the store has of a file.
func (h *fixture) objectOf(f *ent.File) []byte {
	h.t.Helper()
	r, o, err := h.bucket.Open(context.WithoutCancel(h.t.Context()), *f.ObjectKey)
	if err != nil {
		h.t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil || o.Size != f.Bytes || o.ContentType != f.MimeType {
		h.t.Fatalf("the object is %+v, the file has %d bytes of %s (%v)", o, f.Bytes, f.MimeType, err)
	}
	return b
}

// TestTheServedFileIsTheCheckedOne: a file of which a part is removed gets a new object, and the uploaded one is deleted.
func TestTheServedFileIsTheCheckedOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		up := h.upload(padded(t))
		f, err := h.CompleteUpload(t.Context(), h.user, up.ID.String())
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(pixels(t))
		if *f.ObjectKey == *up.ObjectKey || f.Bytes != int64(len(pixels(t))) || f.Sha256 != hex.EncodeToString(sum[:]) || f.Status != entfile.StatusReady {
			t.Errorf("the file is %+v", f)
		}
		if got := h.objectOf(f); !bytes.Equal(got, pixels(t)) {
			t.Errorf("%d bytes are served", len(got))
		}
		h.wantWhole(2)
		if again, err := h.CompleteUpload(t.Context(), h.user, up.ID.String()); err != nil || *again.ObjectKey != *f.ObjectKey {
			t.Errorf("completed again: %v, %v", again, err)
		}
		if _, err := h.DeleteFile(t.Context(), h.user, f.ID.String()); err != nil {
			t.Fatal(err)
		}
		h.wantWhole(0)
	})
}

// TestRewritingSurvivesAStoreThatFailsAnywhere: the file stays an upload, and completing it later works.
func TestRewritingSurvivesAStoreThatFailsAnywhere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		f := h.upload(padded(t))
		for n := int64(1); ; n++ {
			h.bucket.failAt(n)
			done, err := h.CompleteUpload(t.Context(), h.user, f.ID.String())
			if err == nil {
				if n < 5 || done.Status != entfile.StatusReady {
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

// TestRewritingAtOnceAnswersTheSame: one call's object becomes live, those of the others are discarded.
func TestRewritingAtOnceAnswersTheSame(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		f := h.upload(padded(t))
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				done, err := h.CompleteUpload(t.Context(), h.user, f.ID.String())
				if err != nil || done.Status != entfile.StatusReady || done.Bytes != int64(len(pixels(t))) {
					t.Errorf("got %v, %v", done, err)
				}
			})
		}
		all.Wait()
		h.wantWhole(2)
	})
}

// TestAnotherLabelOfTheSameKind: browsers derive the type from the extension, so a picture may be of another picture type.
func TestAnotherLabelOfTheSameKind(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *fixture) {
		var photo bytes.Buffer
		if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 8, 6)), nil); err != nil {
			t.Fatal(err)
		}
		f := h.upload(photo.Bytes())
		done, err := h.CompleteUpload(t.Context(), h.user, f.ID.String())
		if err != nil || done.MimeType != "image/jpeg" || done.Name != "cat.jpg" || done.Width == nil || *done.Width != 8 {
			t.Errorf("got %+v, %v", done, err)
		}
		film, request, err := h.CreateUpload(t.Context(), h.user, file.UploadInput{Name: "a.mp4", MIMEType: "video/mp4", Bytes: int64(photo.Len()), Key: "film"})
		if err != nil || h.send(request, photo.Bytes()) != http.StatusOK {
			t.Fatal(err)
		}
		if _, err := h.CompleteUpload(t.Context(), h.user, film.ID.String()); reason(err) != errs.TypeMismatch {
			t.Errorf("a picture as a film: %v", err)
		}
	})
}
