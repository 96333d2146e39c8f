package fileblob

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/weav-ai/weav/internal/blob"
)

// objectName is the file of a key.
func objectName(key string) string { return objectsDir + "/" + key }

// Open implements blob.Bucket.
func (b *Bucket) Open(ctx context.Context, key string) (io.ReadCloser, blob.Object, error) {
	f, object, err := b.open(ctx, key)
	if err != nil {
		return nil, blob.Object{}, err
	}
	return &reader{ctx: ctx, file: f, part: io.NewSectionReader(f, 0, object.Size)}, object, nil
}

// OpenRange implements blob.Bucket.
func (b *Bucket) OpenRange(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if offset < 0 || length < -1 || length == 0 {
		return nil, blob.ErrRange
	}
	f, object, err := b.open(ctx, key)
	if err != nil {
		return nil, err
	}
	left := object.Size - offset
	if left <= 0 {
		_ = f.Close() // Nothing was read.
		return nil, blob.ErrRange
	}
	if length == -1 {
		length = left
	}
	return &reader{ctx: ctx, file: f, part: io.NewSectionReader(f, offset, min(length, left))}, nil
}

// Stat implements blob.Bucket.
func (b *Bucket) Stat(ctx context.Context, key string) (blob.Object, error) {
	f, object, err := b.open(ctx, key)
	if err != nil {
		return blob.Object{}, err
	}
	_ = f.Close() // Nothing was written.
	return object, nil
}

// open finds the object and reads its trailer.
func (b *Bucket) open(ctx context.Context, key string) (*os.File, blob.Object, error) {
	if err := errors.Join(blob.CheckKey(key), blob.Ended(ctx, "open")); err != nil {
		return nil, blob.Object{}, err
	}
	if err := b.regular(objectName(key)); err != nil {
		return nil, blob.Object{}, openFailure(err)
	}
	f, err := b.root.Open(objectName(key))
	if err != nil {
		return nil, blob.Object{}, openFailure(err)
	}
	object, err := readTrailer(f)
	if err != nil {
		_ = f.Close() // Nothing was written.
		return nil, blob.Object{}, failure("read", err)
	}
	object.Key = key
	return f, object, nil
}

// regular returns fs.ErrNotExist for everything that is no regular file. A folder is no object, and a pipe or
// a device that was placed there would block its reader.
func (b *Bucket) regular(name string) error {
	info, err := b.root.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		return fs.ErrNotExist
	}
	return err
}

// reader reads an object.
type reader struct {
	ctx  context.Context
	file *os.File
	part *io.SectionReader
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	if err := blob.Ended(r.ctx, "read"); err != nil {
		return 0, err
	}
	n, err := r.part.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, failure("read", err)
	}
	return n, err
}

// Close implements io.Closer.
func (r *reader) Close() error { return r.file.Close() }
