package fileblob

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/weav-ai/weav/internal/blob"
)

// List implements blob.Bucket. It holds the names of one folder per level in memory. Files that are no
// objects (with an invalid key, or shorter than a trailer) are omitted.
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[blob.Object, error] {
	return func(yield func(blob.Object, error) bool) {
		if err := blob.CheckPrefix(prefix); err != nil {
			yield(blob.Object{}, err)
			return
		}
		w := walk{ctx: ctx, files: b.root.FS(), prefix: prefix, yield: yield}
		if err := w.dir(""); err != nil && !errors.Is(err, errStopped) {
			yield(blob.Object{}, failure("list", err))
		}
	}
}

// errStopped ends a walk whose reader has stopped.
var errStopped = errors.New("fileblob: stopped")

// walk is one listing.
type walk struct {
	ctx    context.Context
	files  fs.FS
	prefix string
	yield  func(blob.Object, error) bool
}

// dir walks the folder of the keys that start with at, which is empty or ends in a slash.
func (w *walk) dir(at string) error {
	if err := blob.Ended(w.ctx, "list"); err != nil {
		return err
	}
	entries, err := fs.ReadDir(w.files, path.Join(objectsDir, at))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // Gone meanwhile.
	}
	if err != nil {
		return err
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(sortName(a), sortName(b)) })
	for _, e := range entries {
		if err := w.entry(at, e); err != nil {
			return err
		}
	}
	return nil
}

// sortName sorts a folder to the position of its keys: after "a-b", because '-' is below '/'.
func sortName(e fs.DirEntry) string {
	if e.IsDir() {
		return e.Name() + "/"
	}
	return e.Name()
}

// entry yields a file, or walks a folder that may contain keys with the prefix.
func (w *walk) entry(at string, e fs.DirEntry) error {
	key := at + sortName(e)
	if e.IsDir() {
		if strings.HasPrefix(key, w.prefix) || strings.HasPrefix(w.prefix, key) {
			return w.dir(key)
		}
		return nil
	}
	if !e.Type().IsRegular() || !strings.HasPrefix(key, w.prefix) || !blob.ValidKey(key) {
		return nil
	}
	info, err := e.Info()
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() < trailerBytes {
		return nil
	}
	if err != nil {
		return err
	}
	if !w.yield(blob.Object{Key: key, Size: info.Size() - trailerBytes, ModTime: info.ModTime().UTC()}, nil) {
		return errStopped
	}
	return nil
}
