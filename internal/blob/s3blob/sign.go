package s3blob

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/weav-ai/weav/internal/blob"
)

// SignGet implements blob.Bucket.
func (b *Bucket) SignGet(ctx context.Context, key string, opt blob.GetOptions) (string, error) {
	if err := errors.Join(blob.CheckKey(key), opt.Check()); err != nil {
		return "", err
	}
	query := url.Values{"response-content-disposition": {opt.Disposition()}}
	if opt.ContentType != "" {
		query.Set("response-content-type", opt.ContentType)
	}
	u, err := b.signer.PresignedGetObject(ctx, b.name, key, opt.Expires, query)
	if err != nil {
		return "", fmt.Errorf("s3blob: sign: %w", err)
	}
	return u.String(), nil
}

// SignPut implements blob.Bucket. A plain signed PUT binds neither size nor type. So their headers are part
// of the signature, and so is the condition that the key is free.
func (b *Bucket) SignPut(ctx context.Context, key string, opt blob.UploadOptions) (blob.SignedRequest, error) {
	if err := errors.Join(blob.CheckKey(key), opt.Check()); err != nil {
		return blob.SignedRequest{}, err
	}
	header := http.Header{}
	header.Set("Content-Type", opt.ContentType)
	header.Set("If-None-Match", "*")
	signed := header.Clone()
	signed.Set("Content-Length", strconv.FormatInt(opt.Size, 10)) // Clients set it by themselves.
	expires := time.Now().UTC().Truncate(time.Second).Add(opt.Expires)
	u, err := b.signer.PresignHeader(ctx, http.MethodPut, b.name, key, opt.Expires, nil, signed)
	if err != nil {
		return blob.SignedRequest{}, fmt.Errorf("s3blob: sign: %w", err)
	}
	return blob.SignedRequest{Method: http.MethodPut, URL: u.String(), Header: header, ExpiresAt: expires}, nil
}
