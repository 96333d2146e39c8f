//go:build !windows

package fileblob

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/blob"
	"github.com/weav-ai/weav/internal/blob/blobtest"
	"github.com/weav-ai/weav/internal/errs"
)

// fullFile takes some bytes and then has no room, or cannot bring them to the disk.
type fullFile struct {
	partFile
	room    int
	syncErr error
}

func (f *fullFile) Write(p []byte) (int, error) {
	if len(p) > f.room {
		return 0, &fs.PathError{Op: "write", Path: "/private/folder", Err: syscall.ENOSPC}
	}
	f.room -= len(p)
	return f.partFile.Write(p)
}

func (f *fullFile) Sync() error { return errors.Join(f.syncErr, f.partFile.Sync()) }

// failing gives the bucket's files an end.
func failing(b *Bucket, room int, syncErr error) {
	b.create = func(name string) (partFile, error) {
		f, err := b.createPart(name)
		return &fullFile{partFile: f, room: room, syncErr: syncErr}, err
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	content := blobtest.Content(100_000, 1)
	broken := &fs.PathError{Op: "sync", Path: "/private/folder", Err: syscall.EIO}
	cases := []struct {
		name    string
		room    int
		syncErr error
		message string
	}{
		{"at once", 0, nil, string(blob.Full)},
		{"behind the content", 100_000, nil, string(blob.Full)},
		{"when it is written out", 1 << 20, &fs.PathError{Op: "sync", Path: "/private/folder", Err: syscall.ENOSPC}, string(blob.Full)},
		{"or broken", 1 << 20, broken, string(blob.Failing)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			bucket := openAt(t, dir)
			blobtest.Put(t, bucket, "older", []byte("older"))
			failing(bucket, c.room, c.syncErr)
			for _, key := range []string{"new", "older"} {
				err := bucket.Put(t.Context(), key, bytes.NewReader(content), blob.PutOptions{ContentType: "image/png", Size: 100_000})
				blobtest.Unavailable(t, err, "private", dir)
				if e, ok := errors.AsType[*errs.Error](err); ok && e.Message != c.message {
					t.Errorf("got %q, want %q", e.Message, c.message)
				}
			}
			blobtest.Lacks(t, bucket, "new")
			blobtest.Holds(t, bucket, "older", []byte("older"))
			if left := parts(t, dir); len(left) > 0 {
				t.Errorf("left %v", left)
			}
		})
	}
}

func TestUploadToAFullDisk(t *testing.T) {
	t.Parallel()
	bucket := openAt(t, t.TempDir())
	failing(bucket, 10, nil)
	signed, err := bucket.SignPut(t.Context(), "a", blob.UploadOptions{ContentType: "image/png", Size: 100, Expires: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	got := do(t, signed.Method, signed.URL, signed.Header, bytes.NewReader(make([]byte, 100)))
	if got.status != http.StatusInsufficientStorage {
		t.Errorf("status %d, want 507", got.status)
	}
	blobtest.Lacks(t, bucket, "a")
}

func TestPutReturnsTheErrorOfItsSource(t *testing.T) {
	t.Parallel()
	bucket := openAt(t, t.TempDir())
	folder, err := os.Open(t.TempDir()) // A folder cannot be read like a file.
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = folder.Close() }()
	err = bucket.Put(t.Context(), "a", folder, blob.PutOptions{ContentType: "image/png", Size: 5})
	if !errors.Is(err, syscall.EISDIR) || errs.CodeOf(err) == errs.Unavailable {
		t.Errorf("got %v, want the source's error and not the store's", err)
	}
}

func TestFolderThatIsGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bucket := openAt(t, dir)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	blobtest.Unavailable(t, bucket.Ping(t.Context()), dir)
	err := bucket.Put(t.Context(), "a", strings.NewReader("x"), blob.PutOptions{ContentType: "image/png", Size: 1})
	blobtest.Unavailable(t, err, dir)
	if errors.Is(err, blob.ErrNotExist) {
		t.Error("put says that the object is missing")
	}
}

func TestOpenSweepsWhatACrashLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	openAt(t, dir)
	for name, age := range map[string]time.Duration{"old": 2 * abandoned, "young": 0} {
		path := filepath.Join(dir, partialDir, name)
		if err := os.WriteFile(path, []byte("half of it"), 0o600); err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(-age)
		if err := os.Chtimes(path, then, then); err != nil {
			t.Fatal(err)
		}
	}
	openAt(t, dir)
	if left := parts(t, dir); len(left) != 1 || left[0] != "young" {
		t.Errorf("left %v, want the young one only", left)
	}
}

func TestObjectsSurviveAReopening(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := openAt(t, dir)
	if err := first.Put(t.Context(), "u/1/a", strings.NewReader("kept"), blob.PutOptions{ContentType: "video/mp4", Size: 4}); err != nil {
		t.Fatal(err)
	}
	second := openAt(t, dir)
	blobtest.Holds(t, second, "u/1/a", []byte("kept"))
	object, err := second.Stat(t.Context(), "u/1/a")
	if err != nil || object.ContentType != "video/mp4" {
		t.Errorf("stat reports %+v (%v)", object, err)
	}
}

func TestFilesThatAreNoObjects(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bucket := openAt(t, dir)
	blobtest.Put(t, bucket, "a", blobtest.Content(1000, 1))
	objects := filepath.Join(dir, objectsDir)
	whole, err := os.ReadFile(filepath.Join(objects, "a"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"cut": whole[:len(whole)-1], "short": whole[:10], "grown": append(slices.Clone(whole), 'x'), "headless": whole[1:],
		"unmarked": bytes.Replace(whole, []byte(mark), []byte("WEAVBLB0"), 1),
	} {
		if err := os.WriteFile(filepath.Join(objects, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, err := bucket.Open(t.Context(), name)
		if !errors.Is(err, errDamaged) {
			t.Errorf("%s: got %v, want errDamaged", name, err)
		}
	}
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	links := errors.Join(
		os.Symlink(outside, filepath.Join(objects, "link")),
		os.Symlink(filepath.Dir(outside), filepath.Join(objects, "folder")),
		syscall.Mkfifo(filepath.Join(objects, "pipe"), 0o600))
	if links != nil {
		t.Fatal(links)
	}
	for _, key := range []string{"link", "folder/outside", "pipe"} {
		if _, _, err := bucket.Open(t.Context(), key); err == nil {
			t.Errorf("%s: opened", key)
		}
	}
	for object, err := range bucket.List(t.Context(), "") {
		if err != nil {
			t.Error(err)
		}
		if key := object.Key; key == "link" || key == "folder/outside" || key == "pipe" || key == "short" {
			t.Errorf("listed %s", key)
		}
	}
	put := bucket.Put(t.Context(), "folder/new", strings.NewReader("x"), blob.PutOptions{ContentType: "image/png", Size: 1})
	if _, err := os.Stat(filepath.Join(filepath.Dir(outside), "new")); put == nil || err == nil {
		t.Errorf("a link leads put outside (%v)", put)
	}
}

func TestDeleteRemovesEmptyFolders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bucket := openAt(t, dir)
	blobtest.Put(t, bucket, "u/1/a", nil)
	if err := bucket.Delete(t.Context(), "u/1/a"); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(filepath.Join(dir, objectsDir))
	if err != nil || len(left) > 0 {
		t.Errorf("left %v (%v)", left, err)
	}
}

func parts(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, partialDir))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
