package s3blob

import (
	"context"
	"errors"
	"io"

	"github.com/minio/minio-go/v7"

	"github.com/weav-ai/weav/internal/blob"
)

// Put implements blob.Bucket. An object is one request, at most 5 GiB on AWS: parts of a multipart upload
// would remain when this process dies.
func (b *Bucket) Put(ctx context.Context, key string, source io.Reader, opt blob.PutOptions) error {
	if err := errors.Join(blob.CheckKey(key), opt.Check()); err != nil {
		return err
	}
	body := blob.NewBody(ctx, source, opt.Size)
	defer body.Release() // The transport may still read after the store has refused.
	if opt.Size == 0 {
		// The client would not read the body at all, and so not notice that it is too long.
		if _, err := io.Copy(io.Discard, body); err != nil {
			return err
		}
	}
	_, err := b.store.Client.PutObject(ctx, b.name, key, body, opt.Size, minio.PutObjectOptions{
		ContentType: opt.ContentType, DisableMultipart: true,
	})
	if err == nil {
		return nil
	}
	if wrong := body.Err(); wrong != nil {
		return wrong
	}
	return failure(ctx, "put", err)
}

// Delete implements blob.Bucket.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	if err := blob.CheckKey(key); err != nil {
		return err
	}
	err := b.store.RemoveObject(ctx, b.name, key, minio.RemoveObjectOptions{})
	if err != nil && !missing(err) {
		return failure(ctx, "delete", err)
	}
	return nil
}
