package file_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent"
	entartifact "github.com/weav-ai/weav/ent/artifact"
	"github.com/weav-ai/weav/internal/blob"
	"github.com/weav-ai/weav/internal/blob/fileblob"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

func TestMain(m *testing.M) { servicetest.Main(m) }

// fixture is the domain of files over a real database and a folder, with one user.
type fixture struct {
	*file.Service
	t      *testing.T
	st     *store.Store
	bucket *faultyBucket
	user   oid.User
}

// each runs a test on both databases.
func each(t *testing.T, test func(t *testing.T, h *fixture)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, st *store.Store) { test(t, newFixture(t, st)) })
}

func newFixture(t *testing.T, st *store.Store) *fixture {
	t.Helper()
	var handler http.Handler
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(web.Close)
	own, err := fileblob.Open(fileblob.Options{Root: t.TempDir(), Secret: bytes.Repeat([]byte("s"), 32), BaseURL: web.URL})
	if err != nil {
		t.Fatal(err)
	}
	handler = own.Handler()
	t.Cleanup(func() { _ = own.Close() }) // Nothing is written any more.
	h := &fixture{t: t, st: st, bucket: &faultyBucket{Bucket: own}, user: storetest.User(t, st)}
	h.Service = file.New(st, h.bucket, slog.New(slog.DiscardHandler), noMetrics{}, file.Config{
		StageLife: time.Nanosecond, TempDir: t.TempDir(), PublicURL: "https://weav.example", Generator: "WEAV test",
	})
	return h
}

// noMetrics discards what it is given.
type noMetrics struct{}

func (noMetrics) ObjectsRepaired(string, int) {}

// faultyBucket is a store that fails at its n-th call from now, and at all later ones, until it is repaired.
type faultyBucket struct {
	blob.Bucket
	left atomic.Int64 // calls until it fails; 0 never does
	down atomic.Bool
}

var errDown = errs.New(errs.Unavailable, "The file store is down.").Retry(0)

// failAt makes the n-th call from now fail, counted from 1; 0 repairs.
func (f *faultyBucket) failAt(n int64) {
	f.down.Store(false)
	f.left.Store(n)
}

func (f *faultyBucket) call() error {
	if f.down.Load() {
		return errDown
	}
	if f.left.Load() > 0 && f.left.Add(-1) == 0 {
		f.down.Store(true)
		return errDown
	}
	return nil
}

func (f *faultyBucket) Put(ctx context.Context, key string, body io.Reader, opt blob.PutOptions) error {
	if err := f.call(); err != nil {
		return err
	}
	return f.Bucket.Put(ctx, key, body, opt)
}

func (f *faultyBucket) Stat(ctx context.Context, key string) (blob.Object, error) {
	if err := f.call(); err != nil {
		return blob.Object{}, err
	}
	return f.Bucket.Stat(ctx, key)
}

func (f *faultyBucket) Open(ctx context.Context, key string) (io.ReadCloser, blob.Object, error) {
	if err := f.call(); err != nil {
		return nil, blob.Object{}, err
	}
	return f.Bucket.Open(ctx, key)
}

func (f *faultyBucket) Delete(ctx context.Context, key string) error {
	if err := f.call(); err != nil {
		return err
	}
	return f.Bucket.Delete(ctx, key)
}

func pixels(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 6))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// put stores a picture that a provider made.
func (h *fixture) put() (*file.Stored, error) {
	content := pixels(h.t)
	return h.Store(h.t.Context(), file.Made{
		User: h.user, Artifact: oid.New[oid.Artifact](), Kind: entartifact.KindImage,
		Body: bytes.NewReader(content), Size: int64(len(content)), MIMEType: "image/png",
		Provider: "sandbox", Model: "painter", At: time.Now(),
	})
}

// add makes an artifact of a stored file.
func (h *fixture) add(k *file.Stored) (a *ent.Artifact, err error) {
	err = h.st.Tx(h.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		a, err = h.Add(ctx, tx, file.NewArtifact{
			ID: k.Artifact, User: h.user, Job: oid.New[oid.Job](), Kind: entartifact.KindImage, Stored: k,
			Prompt: "p", Model: "sandbox-painter", Provider: "sandbox", AnsweredBy: "painter",
		})
		return err
	})
	return a, err
}

func (h *fixture) artifact() *ent.Artifact {
	h.t.Helper()
	k, err := h.put()
	if err != nil {
		h.t.Fatal(err)
	}
	a, err := h.add(k)
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

// upload begins an upload and sends its bytes.
func (h *fixture) upload(content []byte) *ent.File {
	h.t.Helper()
	f, request, err := h.CreateUpload(h.t.Context(), h.user, file.UploadInput{
		Name: "cat.png", MIMEType: "image/png", Bytes: int64(len(content)), Key: oid.New[oid.Row]().String(),
	})
	if err != nil {
		h.t.Fatal(err)
	}
	if status := h.send(request, content); status != http.StatusOK {
		h.t.Fatalf("the upload was answered with %d", status)
	}
	return f
}

func (h *fixture) send(r *file.UploadRequest, content []byte) int {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), r.Method, r.URL, bytes.NewReader(content))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header = r.Header.Clone()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// wantWhole sweeps, and then wants each object in the store to have its row, and each row its object, so many in all.
func (h *fixture) wantWhole(objects int) {
	h.t.Helper()
	h.bucket.failAt(0)
	if err := h.Sweep(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	stored := map[string]bool{}
	for o, err := range h.bucket.List(h.t.Context(), "") {
		if err != nil {
			h.t.Fatal(err)
		}
		stored[o.Key] = true
	}
	rows := h.st.Client().Object.Query().IDsX(h.t.Context())
	for _, key := range rows {
		if !stored[key] {
			h.t.Errorf("the row of %s has no object", key)
		}
	}
	if len(stored) != len(rows) || len(rows) != objects {
		h.t.Errorf("%d objects, %d rows, want %d", len(stored), len(rows), objects)
	}
}

func reason(err error) errs.Reason {
	faults, ok := errs.InputOf(err)
	if !ok {
		return ""
	}
	return faults[0].Reason
}

func code(err error) errs.Code {
	var e *errs.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// putOne is for objects of one byte.
var putOne = blob.PutOptions{ContentType: "image/png", Size: 1}

func reader(s string) io.Reader { return bytes.NewReader([]byte(s)) }

func made(h *fixture, content []byte, mimeType string) file.Made {
	return file.Made{
		User: h.user, Artifact: oid.New[oid.Artifact](), Kind: entartifact.KindImage,
		Body: bytes.NewReader(content), Size: int64(len(content)), MIMEType: mimeType,
	}
}
