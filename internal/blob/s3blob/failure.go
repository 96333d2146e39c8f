package s3blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/minio/minio-go/v7"

	"github.com/weav-ai/weav/internal/blob"
)

// failure translates an error of a call into the port's errors. The caller's own context is checked first:
// its end also looks like a broken connection.
func failure(ctx context.Context, step string, err error) error {
	if ended := blob.Ended(ctx, step); ended != nil {
		return ended
	}
	cause := fmt.Errorf("s3blob: %s: %w", step, err)
	if errors.Is(err, errStalled) {
		return blob.Unavailable(blob.Stalled, cause)
	}
	if answer, ok := errors.AsType[minio.ErrorResponse](err); ok {
		return refusal(answer, cause)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return blob.Unavailable(blob.Unreachable, cause)
	}
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return blob.Unavailable(blob.Broken, cause)
	}
	return blob.Unavailable(blob.Failing, cause)
}

// refusal translates an answer of the store.
func refusal(answer minio.ErrorResponse, cause error) error {
	switch answer.Code {
	case minio.NoSuchKey:
		return fmt.Errorf("%w (%w)", blob.ErrNotExist, cause)
	case "InvalidRange":
		return fmt.Errorf("%w (%w)", blob.ErrRange, cause)
	case "XMinioStorageFull", "InsufficientStorage", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded":
		return blob.Unavailable(blob.Full, cause)
	}
	switch answer.StatusCode {
	case http.StatusInsufficientStorage:
		return blob.Unavailable(blob.Full, cause)
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		return blob.Unavailable(blob.Misconfigured, cause)
	default:
		return blob.Unavailable(blob.Failing, cause)
	}
}

// missing reports whether the object does not exist.
func missing(err error) bool {
	return minio.ToErrorResponse(err).Code == minio.NoSuchKey
}
