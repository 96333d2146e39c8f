package file

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/weav-ai/weav/ent"
	entartifact "github.com/weav-ai/weav/ent/artifact"
	entattachment "github.com/weav-ai/weav/ent/attachment"
	entchat "github.com/weav-ai/weav/ent/chat"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/ent/sharelink"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// NewArtifact is the result of a job, about to be stored.
type NewArtifact struct {
	ID   oid.Artifact
	User oid.User
	Job  oid.Job
	Chat *oid.Chat
	Kind entartifact.Kind
	// Text is the content of a text; others have a Stored.
	Text   *string
	Stored *Stored

	Prompt, Model, Provider, AnsweredBy string
	ExpiresAt                           *time.Time
}

// Add stores an artifact in the transaction that ends its job; its objects become live in the same
// transaction. An object that the sweeper took meanwhile fails it: the row must not refer to a deleted
// object.
func (s *Service) Add(ctx context.Context, tx *store.Tx, a NewArtifact) (*ent.Artifact, error) {
	c := tx.Client().Artifact.Create().SetID(a.ID).SetUserID(a.User).SetJobID(a.Job).SetNillableChatID(a.Chat).
		SetKind(a.Kind).SetPrompt(a.Prompt).SetModel(a.Model).SetProvider(a.Provider).SetAnsweredBy(a.AnsweredBy).
		SetNillableExpiresAt(a.ExpiresAt).SetCreatedAt(store.Now())
	if a.Stored == nil {
		// A text is stored in the row itself, and has no object.
		sum := sha256.Sum256([]byte(*a.Text))
		c.SetText(*a.Text).SetMimeType("text/markdown").SetBytes(int64(len(*a.Text))).SetSha256(hex.EncodeToString(sum[:]))
	} else {
		if err := makeLive(ctx, tx, keysOf(&a.Stored.key, a.Stored.thumbKey)...); err != nil {
			return nil, err
		}
		a.Stored.describe(c)
	}
	row, err := c.Save(ctx)
	if err != nil {
		return nil, wrap("add artifact", err)
	}
	feed.Record(tx, a.User, feed.ArtifactAdded, feed.Facts{Job: a.Job, Artifact: a.ID})
	return row, nil
}

// describe sets the fields of an artifact's row. An archive has no size in pixels.
func (k *Stored) describe(c *ent.ArtifactCreate) {
	c.SetObjectKey(k.key).SetMimeType(string(k.Facts.Type)).SetBytes(k.Bytes).SetSha256(k.SHA256).SetIsDisclosed(k.Disclosed)
	if k.Facts.Type != zipType {
		c.SetWidth(k.Facts.Width).SetHeight(k.Facts.Height)
	}
	if k.Facts.Seconds > 0 {
		c.SetSeconds(k.Facts.Seconds)
	}
	if k.thumbKey != nil {
		c.SetThumbnailKey(*k.thumbKey).SetThumbnailWidth(k.thumbWidth).SetThumbnailHeight(k.thumbHeight)
	}
}

// RemoveArtifacts deletes artifacts with their links and attachments, and dooms their objects.
func (s *Service) RemoveArtifacts(ctx context.Context, tx *store.Tx, rows []*ent.Artifact) error {
	if len(rows) == 0 {
		return nil
	}
	var ids []oid.Artifact
	var keys []string
	for _, a := range rows {
		ids = append(ids, a.ID)
		keys = append(keys, keysOf(a.ObjectKey, a.ThumbnailKey)...)
		feed.Record(tx, a.UserID, feed.ArtifactDeleted, feed.Facts{Artifact: a.ID})
	}
	if _, err := tx.Client().ShareLink.Delete().Where(sharelink.ArtifactIDIn(ids...)).Exec(ctx); err != nil {
		return wrap("remove artifacts", err)
	}
	if _, err := tx.Client().Attachment.Delete().Where(entattachment.ArtifactIDIn(ids...)).Exec(ctx); err != nil {
		return wrap("remove artifacts", err)
	}
	if _, err := tx.Client().Artifact.Delete().Where(entartifact.IDIn(ids...)).Exec(ctx); err != nil {
		return wrap("remove artifacts", err)
	}
	return doom(ctx, tx, keys...)
}

// DeleteArtifact deletes one artifact of user.
func (s *Service) DeleteArtifact(ctx context.Context, user oid.User, id string) (oid.Artifact, error) {
	var gone oid.Artifact
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		a, err := s.ownArtifact(ctx, tx.Client(), user, id)
		if err != nil {
			return err
		}
		gone = a.ID
		return s.RemoveArtifacts(ctx, tx, []*ent.Artifact{a})
	})
	return gone, err
}

// Favourite sets or clears the favourite mark of an artifact of user.
func (s *Service) Favourite(ctx context.Context, user oid.User, id string, on bool) (*ent.Artifact, error) {
	var marked *ent.Artifact
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		a, err := s.ownArtifact(ctx, tx.Client(), user, id)
		if err != nil {
			return err
		}
		if a.ExpiresAt != nil && on {
			return errs.Input(errs.InvalidValue, "artifactId", "This is not kept for long, so it cannot be a favourite; `expiresAt` tells when it goes.")
		}
		marked = a
		if a.IsFavourite == on {
			return nil
		}
		marked, err = found(tx.Client().Artifact.UpdateOneID(a.ID).SetIsFavourite(on).Save(ctx))
		feed.Record(tx, user, feed.ArtifactSaved, feed.Facts{Artifact: a.ID})
		return err
	})
	if err != nil {
		return nil, err
	}
	return marked, nil
}

// Shown returns which of these jobs have a result that is still visible: a favourite, one with a working
// share link, or one attached to a message of an existing chat. Such jobs are not purged.
func (s *Service) Shown(ctx context.Context, tx *store.Tx, jobs []oid.Job) (map[oid.Job]bool, error) {
	rows, err := tx.Client().Artifact.Query().Where(entartifact.JobIDIn(jobs...)).All(ctx)
	if err != nil || len(rows) == 0 {
		return nil, wrap("shown", err)
	}
	ids := make([]oid.Artifact, len(rows))
	for i, a := range rows {
		ids[i] = a.ID
	}
	held, err := s.held(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	shown := map[oid.Job]bool{}
	for _, a := range rows {
		if a.IsFavourite || held[a.ID] {
			shown[a.JobID] = true
		}
	}
	return shown, nil
}

// held returns those of the artifacts that a working link or an existing chat shows.
func (s *Service) held(ctx context.Context, tx *store.Tx, ids []oid.Artifact) (map[oid.Artifact]bool, error) {
	held := map[oid.Artifact]bool{}
	links, err := tx.Client().ShareLink.Query().Where(sharelink.ArtifactIDIn(ids...), working(store.Now())).All(ctx)
	if err != nil {
		return nil, wrap("shown", err)
	}
	for _, l := range links {
		held[l.ArtifactID] = true
	}
	attached, err := tx.Client().Attachment.Query().Where(entattachment.ArtifactIDIn(ids...)).All(ctx)
	if err != nil {
		return nil, wrap("shown", err)
	}
	for _, at := range attached {
		// A purged chat has no row; deleted chats still do, and can be restored.
		stands, err := tx.Client().Chat.Query().Where(entchat.ID(at.ChatID)).Exist(ctx)
		if err != nil {
			return nil, wrap("shown", err)
		}
		if stands {
			held[*at.ArtifactID] = true
		}
	}
	return held, nil
}

// working matches share links that can be opened.
func working(now time.Time) predicate.ShareLink {
	return sharelink.And(sharelink.RevokedAtIsNil(),
		sharelink.Or(sharelink.ExpiresAtIsNil(), sharelink.ExpiresAtGT(now)))
}
