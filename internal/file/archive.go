package file

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	"github.com/weav-ai/weav/ent"
	entartifact "github.com/weav-ai/weav/ent/artifact"
	"github.com/weav-ai/weav/internal/blob"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/media"
	"github.com/weav-ai/weav/internal/oid"
)

// zipType is the media type of archives. It is no type that may be uploaded.
const zipType media.Type = "application/zip"

// Archive is a zip that this program made.
type Archive struct {
	User oid.User
	Body io.Reader
	// Size is its exact length in bytes.
	Size int64
}

// KeepArchive puts an archive into the object store under a staged key; the job that made it turns it into an artifact
// of kind FILE. A store that cannot take it is UNAVAILABLE, retryable.
func (s *Service) KeepArchive(ctx context.Context, a Archive) (*Kept, error) {
	id := oid.New[oid.Artifact]()
	k := &Kept{Artifact: id, Facts: media.Facts{Type: zipType}, Bytes: a.Size, key: key("artifacts", id.UUID().String(), "export.zip")}
	if err := s.stage(ctx, a.User, k.key); err != nil {
		return nil, err
	}
	sum := sha256.New()
	if err := s.put(ctx, k.key, string(zipType), io.TeeReader(a.Body, sum), a.Size); err != nil {
		s.giveUp(ctx, k.key)
		return nil, err
	}
	k.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return k, nil
}

// Open reads the bytes of an attachment as a stream, which the caller closes. What is no longer in the store is
// ErrLost; a store out of reach is UNAVAILABLE.
func (s *Service) Open(ctx context.Context, a Attached) (io.ReadCloser, error) {
	key := a.objectKey()
	if key == nil {
		return nil, ErrLost
	}
	r, _, err := s.bucket.Open(ctx, *key)
	if errors.Is(err, blob.ErrNotExist) {
		return nil, ErrLost
	}
	return r, err
}

// fileName is what an artifact is called on the machine of whoever saves it.
func fileName(a *ent.Artifact) string {
	if a.Kind == entartifact.KindFile {
		return "weav-export-" + a.CreatedAt.UTC().Format("2006-01-02") + ".zip"
	}
	return a.ID.String() + media.Type(a.MimeType).Ext()
}

// errPrivate refuses to show an archive to others: it holds a whole account.
func errPrivate() error {
	return errs.Input(errs.InvalidValue, "artifactId", "This holds your whole account, so it has no share links. Download it, and pass on what you choose.")
}
