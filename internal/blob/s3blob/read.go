package s3blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"strconv"

	"github.com/minio/minio-go/v7"

	"github.com/weav-ai/weav/internal/blob"
)

// Open implements blob.Bucket.
func (b *Bucket) Open(ctx context.Context, key string) (io.ReadCloser, blob.Object, error) {
	return b.get(ctx, key, minio.GetObjectOptions{})
}

// OpenRange implements blob.Bucket.
func (b *Bucket) OpenRange(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if offset < 0 || length < -1 || length == 0 {
		return nil, blob.ErrRange
	}
	span := fmt.Sprintf("bytes=%d-", offset)
	if length > 0 && length <= math.MaxInt64-offset {
		span += strconv.FormatInt(offset+length-1, 10)
	}
	var opt minio.GetObjectOptions
	opt.Set("Range", span) // SetRange cannot express a range from the first byte to the last.
	body, _, err := b.get(ctx, key, opt)
	return body, err
}

// get requests an object. The attributes come with the answer, so no second request is needed.
func (b *Bucket) get(ctx context.Context, key string, opt minio.GetObjectOptions) (io.ReadCloser, blob.Object, error) {
	if err := blob.CheckKey(key); err != nil {
		return nil, blob.Object{}, err
	}
	body, info, _, err := b.store.GetObject(ctx, b.name, key, opt)
	if err != nil {
		return nil, blob.Object{}, failure(ctx, "open", err)
	}
	return &reader{ctx: ctx, body: body}, object(key, info), nil
}

// Stat implements blob.Bucket.
func (b *Bucket) Stat(ctx context.Context, key string) (blob.Object, error) {
	if err := blob.CheckKey(key); err != nil {
		return blob.Object{}, err
	}
	info, err := b.store.StatObject(ctx, b.name, key, minio.StatObjectOptions{})
	if err != nil {
		return blob.Object{}, failure(ctx, "stat", err)
	}
	return object(key, info), nil
}

// List implements blob.Bucket. It requests a thousand objects at a time.
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[blob.Object, error] {
	return func(yield func(blob.Object, error) bool) {
		if err := errors.Join(blob.CheckPrefix(prefix), blob.Ended(ctx, "list")); err != nil {
			yield(blob.Object{}, err)
			return
		}
		opt := minio.ListObjectsOptions{Prefix: prefix, Recursive: true}
		for info := range b.store.ListObjectsIter(ctx, b.name, opt) {
			if info.Err != nil {
				yield(blob.Object{}, failure(ctx, "list", info.Err))
				return
			}
			if !yield(blob.Object{Key: info.Key, Size: info.Size, ModTime: info.LastModified.UTC()}, nil) {
				return
			}
		}
	}
}

// object translates the attributes of an object.
func object(key string, info minio.ObjectInfo) blob.Object {
	return blob.Object{Key: key, Size: info.Size, ContentType: info.ContentType, ModTime: info.LastModified.UTC()}
}

// reader reads an object and returns the port's errors.
type reader struct {
	ctx  context.Context
	body io.ReadCloser
}

// Read implements io.Reader. The connection may hold bytes that arrived before the context ended, so the
// context is checked first.
func (r *reader) Read(p []byte) (int, error) {
	if err := blob.Ended(r.ctx, "read"); err != nil {
		return 0, err
	}
	n, err := r.body.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, failure(r.ctx, "read", err)
	}
	return n, err
}

// Close implements io.Closer.
func (r *reader) Close() error { return r.body.Close() }
