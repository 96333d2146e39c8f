package fileblob

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"

	"github.com/weav-ai/weav/internal/blob"
)

// Put implements blob.Bucket.
func (b *Bucket) Put(ctx context.Context, key string, body io.Reader, opt blob.PutOptions) error {
	if err := errors.Join(blob.CheckKey(key), opt.Check()); err != nil {
		return err
	}
	part, err := b.writePart(ctx, body, opt)
	if err != nil {
		return err
	}
	if err := b.place(part, key, b.root.Rename); err != nil {
		_ = b.root.Remove(part) // A remaining file is swept later.
		return failure("put", err)
	}
	return nil
}

// putNew stores an object under a free key; the error is fs.ErrExist when the key is taken. A link decides
// between concurrent uploads, because a rename would replace the object.
func (b *Bucket) putNew(ctx context.Context, key string, body io.Reader, opt blob.PutOptions) error {
	part, err := b.writePart(ctx, body, opt)
	if err != nil {
		return err
	}
	defer func() { _ = b.root.Remove(part) }() // A remaining file is swept later.
	err = b.place(part, key, b.root.Link)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return failure("upload", err)
	}
	return err
}

// Delete implements blob.Bucket. It removes folders that become empty.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	if err := errors.Join(blob.CheckKey(key), blob.Ended(ctx, "delete")); err != nil {
		return err
	}
	name := objectName(key)
	if err := b.regular(name); missing(err) {
		return nil
	}
	if err := b.root.Remove(name); err != nil && !missing(err) {
		return failure("delete", err)
	}
	b.removeEmpty(path.Dir(name))
	return nil
}

// removeEmpty removes dir and its parents up to the first that is not empty: Remove fails on that one.
func (b *Bucket) removeEmpty(dir string) {
	for dir != objectsDir && b.root.Remove(dir) == nil {
		dir = path.Dir(dir)
	}
}
