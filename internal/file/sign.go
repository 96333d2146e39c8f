package file

import (
	"context"
	"time"

	"github.com/weav-ai/weav/ent"
	entartifact "github.com/weav-ai/weav/ent/artifact"
	entobject "github.com/weav-ai/weav/ent/object"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/blob"
	"github.com/weav-ai/weav/internal/media"
	"github.com/weav-ai/weav/internal/store"
)

// Address is a signed URL and its expiry.
type Address struct {
	URL       string
	ExpiresAt time.Time
}

// ArtifactAddress signs the URL of an artifact's file. It is nil for a text, for a lost file, and for an
// export requested with an API key, because an export contains what no key may read.
func (s *Service) ArtifactAddress(ctx context.Context, a *ent.Artifact) (*Address, error) {
	if p, ok := auth.From(ctx); a.ObjectKey == nil || a.Kind == entartifact.KindFile && ok && p.Grant != nil {
		return nil, nil
	}
	return s.address(ctx, a.ObjectKey, fileName(a), a.MimeType)
}

// FileAddress signs the URL of an uploaded file; nil until it is READY, and for a lost file.
func (s *Service) FileAddress(ctx context.Context, f *ent.File) (*Address, error) {
	return s.address(ctx, f.ObjectKey, f.Name, f.MimeType)
}

// ThumbnailAddress signs the URL of a thumbnail; nil without one.
func (s *Service) ThumbnailAddress(ctx context.Context, key *string) (*Address, error) {
	return s.address(ctx, key, "thumbnail.jpg", string(media.JPEG))
}

// address signs a URL that is valid for URLLife.
func (s *Service) address(ctx context.Context, key *string, name, contentType string) (*Address, error) {
	if key == nil {
		return nil, nil
	}
	now := store.Now()
	url, err := s.bucket.SignGet(ctx, *key, blob.GetOptions{Expires: URLLife, Filename: name, ContentType: contentType})
	if err != nil {
		return nil, wrap("sign", err)
	}
	return &Address{URL: url, ExpiresAt: now.Add(URLLife)}, nil
}

// Permalink is an artifact's lasting address for its owner; empty for a text.
func (s *Service) Permalink(a *ent.Artifact) string {
	if a.ObjectKey == nil {
		return ""
	}
	return s.cfg.PublicURL + "/artifacts/" + a.ID.String()
}

// Missing returns which of these objects were found to be lost.
func (s *Service) Missing(ctx context.Context, keys []string) (map[string]bool, error) {
	lost, err := s.store.Client().Object.Query().Where(entobject.IDIn(keys...), entobject.IsMissing(true)).IDs(ctx)
	if err != nil {
		return nil, wrap("missing", err)
	}
	out := map[string]bool{}
	for _, k := range lost {
		out[k] = true
	}
	return out, nil
}

// Generator is the name of this program in disclosures.
func (s *Service) Generator() string { return s.cfg.Generator }
