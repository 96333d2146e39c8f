package fileblob

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"time"

	"github.com/weav-ai/weav/internal/blob"
)

const (
	// abandoned is the age since its last write at which a part is considered to have no writer. Writers
	// write more often, or the transfer times out.
	abandoned = time.Hour
	// copyBytes is how much of a body is in memory at once.
	copyBytes = 256 << 10
	// placeTries bounds the race with a Delete that removes an empty folder between MkdirAll and the rename.
	placeTries = 10
)

// partFile are the methods of a file that writing an object uses.
type partFile interface {
	io.Writer
	Sync() error
	Close() error
}

// newPart returns a random name, so that concurrent writers never share a file.
func newPart() string { return partialDir + "/" + rand.Text() }

// createPart creates the file of a part, which must not exist.
func (b *Bucket) createPart(name string) (partFile, error) {
	return b.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

// writePart stores body and its trailer durably under a name of its own. It returns the port's errors. The
// file is synced before it gets its key: after a power failure a renamed file could otherwise be empty.
func (b *Bucket) writePart(ctx context.Context, body io.Reader, opt blob.PutOptions) (name string, err error) {
	checked := blob.NewBody(ctx, body, opt.Size)
	name = newPart()
	f, err := b.create(name)
	if err != nil {
		return "", failure("create", err)
	}
	// Only the methods of partFile: io.Copy would otherwise use the file's ReadFrom and bypass the tests' disks.
	_, err = io.CopyBuffer(struct{ io.Writer }{f}, struct{ io.Reader }{checked}, make([]byte, min(copyBytes, opt.Size+1)))
	if err == nil {
		_, err = f.Write(encodeTrailer(opt.ContentType, opt.Size))
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = b.root.Remove(name) // A remaining file is swept later.
		if wrong := checked.Err(); wrong != nil {
			return "", wrong
		}
		return "", failure("write", err)
	}
	return name, nil
}

// place gives a part its key: by rename, which replaces an object, or by link, which does not.
func (b *Bucket) place(part, key string, put func(from, to string) error) error {
	to := objectName(key)
	for try := 1; ; try++ {
		if err := b.root.MkdirAll(path.Dir(to), 0o700); err != nil {
			return err
		}
		err := put(part, to)
		if err == nil {
			return b.syncDirs(path.Dir(to))
		}
		if try == placeTries || !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
}

// syncDirs makes the directory entries up to dir durable.
func (b *Bucket) syncDirs(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // Windows cannot sync folders.
	}
	for ; dir != "."; dir = path.Dir(dir) {
		f, err := b.root.Open(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue // Removed meanwhile, together with the object.
		}
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// sweepParts removes parts without a writer.
func (b *Bucket) sweepParts() error {
	entries, err := fs.ReadDir(b.root.FS(), partialDir)
	if err != nil {
		return fmt.Errorf("fileblob: list unfinished objects: %w", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || time.Since(info.ModTime()) < abandoned {
			continue
		}
		_ = b.root.Remove(partialDir + "/" + e.Name()) // The next start tries again.
	}
	return nil
}
