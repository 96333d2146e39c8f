package file

import (
	"context"
	"errors"
	"io"

	"github.com/weav-ai/weav/internal/blob"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/media"
)

// ErrLost means that the bytes of a file are not in the object store any more.
var ErrLost = errors.New("file: the object is lost")

// MIMEType is the type of an attachment; for an upload, the type of its bytes.
func (a Attached) MIMEType() string {
	if a.File != nil {
		return a.File.MimeType
	}
	return a.Artifact.MimeType
}

// Bytes is the size of an attachment.
func (a Attached) Bytes() int64 {
	if a.File != nil {
		return a.File.Bytes
	}
	return a.Artifact.Bytes
}

// IsImage reports whether an attachment is a picture: PNG, JPEG or WebP.
func (a Attached) IsImage() bool {
	switch media.Type(a.MIMEType()) {
	case media.PNG, media.JPEG, media.WebP:
		return true
	default:
		return false
	}
}

// objectKey is the key of the attachment's object; nil for a text artifact.
func (a Attached) objectKey() *string {
	if a.File != nil {
		return a.File.ObjectKey
	}
	return a.Artifact.ObjectKey
}

// Read returns the bytes of an attachment in memory; the caller bounds them by Bytes. An object that is
// missing, or not of the size in its row, is ErrLost; an unreachable store is UNAVAILABLE.
func (s *Service) Read(ctx context.Context, a Attached) ([]byte, error) {
	key := a.objectKey()
	if key == nil {
		return nil, ErrLost
	}
	r, _, err := s.bucket.Open(ctx, *key)
	if errors.Is(err, blob.ErrNotExist) {
		return nil, ErrLost
	}
	if err != nil {
		return nil, err
	}
	defer r.Close()
	// One byte more than expected, so that a longer object is noticed.
	content, err := io.ReadAll(io.LimitReader(r, a.Bytes()+1))
	if err != nil {
		return nil, errs.Wrap(err, errs.Unavailable, "The file cannot be read for now.").Retry(0)
	}
	if int64(len(content)) != a.Bytes() {
		return nil, ErrLost
	}
	return content, nil
}
