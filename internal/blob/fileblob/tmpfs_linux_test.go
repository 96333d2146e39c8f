package fileblob

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/weav-ai/weav/internal/blob"
	"github.com/weav-ai/weav/internal/blob/blobtest"
)

// TestRealFullDisk needs the right to mount one; TestFullDisk has its cases everywhere.
func TestRealFullDisk(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root may mount a small disk")
	}
	dir := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("weav", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("this machine lets nobody mount a small disk: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	bucket := openAt(t, dir)
	blobtest.Put(t, bucket, "older", blobtest.Content(100_000, 1))
	err := bucket.Put(t.Context(), "a", bytes.NewReader(make([]byte, 1<<20)), blob.PutOptions{ContentType: "image/png", Size: 1 << 20})
	blobtest.Unavailable(t, err, dir)
	blobtest.Lacks(t, bucket, "a")
	blobtest.Holds(t, bucket, "older", blobtest.Content(100_000, 1))
	blobtest.Put(t, bucket, "small", blobtest.Content(50_000, 2)) // What failed has freed its room.
}
