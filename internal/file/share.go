package file

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/ent"
	entartifact "github.com/weav-ai/weav/ent/artifact"
	"github.com/weav-ai/weav/ent/sharelink"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

const (
	// maxLinks is how many working share links an artifact may have.
	maxLinks = 20
	// maxLinkYears bounds the expiry of a link.
	maxLinkYears = 10
	// tokenBytes is 256 bits, which cannot be guessed: the token is the only protection of a link.
	tokenBytes = 32
)

// ShareInput is a link to make.
type ShareInput struct {
	ArtifactID string
	ExpiresAt  *time.Time
	Key        string
}

// Share makes a lasting link to an artifact of user. The user is locked, so that the count of links is exact.
func (s *Service) Share(ctx context.Context, user oid.User, in ShareInput) (*ent.ShareLink, error) {
	var id oid.Share
	key := store.Key{User: user, Key: in.Key, Input: in}
	_, err := s.store.Once(ctx, key, &id, func(ctx context.Context, tx *store.Tx) error {
		now := store.Now()
		if in.ExpiresAt != nil && (!in.ExpiresAt.After(now) || in.ExpiresAt.After(now.AddDate(maxLinkYears, 0, 0))) {
			return errs.Input(errs.InvalidValue, "expiresAt", "The end must be in the future, at most %d years from now.", maxLinkYears)
		}
		if err := tx.LockUser(ctx, user); err != nil {
			return err
		}
		a, err := s.ownArtifact(ctx, tx.Client(), user, in.ArtifactID)
		if err != nil {
			return err
		}
		if a.Kind == entartifact.KindFile {
			return errPrivate()
		}
		n, err := tx.Client().ShareLink.Query().Where(sharelink.ArtifactID(a.ID), working(now)).Count(ctx)
		if err != nil {
			return wrap("share", err)
		}
		if n >= maxLinks {
			return errs.Input(errs.LimitReached, "artifactId", "%d links show this already, the most there may be. End one first.", n)
		}
		link, err := tx.Client().ShareLink.Create().SetUserID(user).SetArtifactID(a.ID).
			SetToken(newToken()).SetNillableExpiresAt(in.ExpiresAt).SetCreatedAt(now).Save(ctx)
		if err != nil {
			return wrap("share", err)
		}
		id = link.ID
		feed.Record(tx, user, feed.ArtifactSaved, feed.Facts{Artifact: a.ID})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found(s.store.Client().ShareLink.Query().Where(sharelink.ID(id), sharelink.UserID(user)).Only(ctx))
}

// newToken returns a random token. rand.Read never returns an error.
func newToken() string {
	b := make([]byte, tokenBytes)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Revoke revokes a link of user. Revoking it again changes nothing.
func (s *Service) Revoke(ctx context.Context, user oid.User, id string) (*ent.ShareLink, error) {
	lid, err := oid.Parse[oid.Share](id)
	if err != nil {
		return nil, errNotFound()
	}
	var link *ent.ShareLink
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Client().ShareLink.Update().Where(sharelink.ID(lid), sharelink.UserID(user), sharelink.RevokedAtIsNil()).
			SetRevokedAt(store.Now()).Save(ctx)
		if err != nil {
			return wrap("revoke", err)
		}
		link, err = found(tx.Client().ShareLink.Query().Where(sharelink.ID(lid), sharelink.UserID(user)).Only(ctx))
		if err == nil && n > 0 {
			feed.Record(tx, user, feed.ArtifactSaved, feed.Facts{Artifact: link.ArtifactID})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return link, nil
}

// isToken reports whether a text has the form of a token. Others are refused before the query, since they may
// contain bytes that no column takes.
func isToken(s string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(raw) == tokenBytes
}

// Shared returns a working link and its artifact by the link's token. Unknown, expired and revoked tokens are
// all NOT_FOUND.
func (s *Service) Shared(ctx context.Context, token string) (*ent.ShareLink, *ent.Artifact, error) {
	if !isToken(token) {
		return nil, nil, errNotFound()
	}
	link, err := found(s.store.Client().ShareLink.Query().Where(sharelink.Token(token), working(store.Now())).Only(ctx))
	if err != nil {
		return nil, nil, err
	}
	a, err := found(s.store.Client().Artifact.Query().Where(entartifact.ID(link.ArtifactID)).Only(ctx))
	return link, a, err
}

// OpenShared is Shared for opening the file: it counts a view.
func (s *Service) OpenShared(ctx context.Context, token string) (*ent.Artifact, error) {
	link, a, err := s.Shared(ctx, token)
	if err != nil {
		return nil, err
	}
	// The count is incremented in the database, so concurrent views are all counted.
	err = s.store.Client().ShareLink.Update().Where(sharelink.ID(link.ID)).
		AddViewCount(1).SetLastViewedAt(store.Now()).Exec(ctx)
	return a, wrap("count a view", err)
}

// Target is what a lasting address leads to: the content of a text, or a signed URL.
type Target struct {
	Text *string
	URL  string
}

// OwnTarget is the target of an artifact's lasting address for its owner.
func (s *Service) OwnTarget(ctx context.Context, user oid.User, id string) (Target, error) {
	a, err := s.ownArtifact(ctx, s.store.Client(), user, id)
	if err != nil {
		return Target{}, err
	}
	return s.target(ctx, a)
}

// SharedTarget is the target of a share link; it counts a view.
func (s *Service) SharedTarget(ctx context.Context, token string) (Target, error) {
	a, err := s.OpenShared(ctx, token)
	if err != nil {
		return Target{}, err
	}
	return s.target(ctx, a)
}

// target is the target of an artifact, for any reader. A lost file is NOT_FOUND.
func (s *Service) target(ctx context.Context, a *ent.Artifact) (Target, error) {
	if a.Text != nil {
		return Target{Text: a.Text}, nil
	}
	address, err := s.ArtifactAddress(ctx, a)
	if err == nil && address == nil {
		err = errNotFound()
	}
	if err != nil {
		return Target{}, err
	}
	return Target{URL: address.URL}, nil
}

// ShareURL is the address of a link.
func (s *Service) ShareURL(link *ent.ShareLink) string {
	return s.cfg.PublicURL + "/shared/" + link.Token
}

// Links returns the working links of artifacts, newest first.
func (s *Service) Links(ctx context.Context, artifacts []oid.Artifact) (map[oid.Artifact][]*ent.ShareLink, error) {
	rows, err := s.store.Client().ShareLink.Query().Where(sharelink.ArtifactIDIn(artifacts...), working(store.Now())).
		Order(sharelink.ByID(sql.OrderDesc())).All(ctx)
	if err != nil {
		return nil, wrap("links", err)
	}
	out := map[oid.Artifact][]*ent.ShareLink{}
	for _, l := range rows {
		out[l.ArtifactID] = append(out[l.ArtifactID], l)
	}
	return out, nil
}

// LinksByID returns share links of user, in no order.
func (s *Service) LinksByID(ctx context.Context, user oid.User, ids []oid.Share) ([]*ent.ShareLink, error) {
	rows, err := s.store.Client().ShareLink.Query().Where(sharelink.IDIn(ids...), sharelink.UserID(user)).All(ctx)
	return rows, wrap("links", err)
}
