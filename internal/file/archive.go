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

// zipType is the media type of archives. It is not among the types that may be uploaded.
const zipType media.Type = "application/zip"

// Archive is a zip file that this program made.
type Archive struct {
	User oid.User
	Body io.Reader
	// Size is its exact length in bytes.
	Size int64
}

// StoreArchive writes an archive into the object store under a staged key; the job that made it turns it into
// an artifact of kind FILE. A store that cannot take it is UNAVAILABLE, retryable.
func (s *Service) StoreArchive(ctx context.Context, a Archive) (*Stored, error) {
	id := oid.New[oid.Artifact]()
	k := &Stored{Artifact: id, Facts: media.Facts{Type: zipType}, Bytes: a.Size, key: key("artifacts", id.UUID().String(), "export.zip")}
	if err := s.stage(ctx, a.User, k.key); err != nil {
		return nil, err
	}
	sum := sha256.New()
	if err := s.put(ctx, k.key, string(zipType), io.TeeReader(a.Body, sum), a.Size); err != nil {
		s.discardStaged(ctx, k.key)
		return nil, err
	}
	k.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return k, nil
}

// Open reads the bytes of an attachment as a stream, which the caller closes. An object that is no longer in
// the store is ErrLost; an unreachable store is UNAVAILABLE.
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

// fileName is the name of an artifact's file when it is downloaded.
func fileName(a *ent.Artifact) string {
	if a.Kind == entartifact.KindFile {
		return "weav-export-" + a.CreatedAt.UTC().Format("2006-01-02") + ".zip"
	}
	return a.ID.String() + media.Type(a.MimeType).Ext()
}

// errPrivate refuses to share an archive: it contains a whole account.
func errPrivate() error {
	return errs.Input(errs.InvalidValue, "artifactId", "This holds your whole account, so it has no share links. Download it, and pass on what you choose.")
}
