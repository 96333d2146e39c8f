package graph

import (
	"context"
	"time"

	"github.com/weav-ai/weav/ent"
	entartifact "github.com/weav-ai/weav/ent/artifact"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/page"
)

// Job is the job that made it.
func (r *artifactResolver) Job(ctx context.Context, a *ent.Artifact) (*ent.Job, error) {
	return loadJob(ctx, a.JobID)
}

// Model is the model that was asked for.
func (r *artifactResolver) Model(_ context.Context, a *ent.Artifact) (*catalog.Model, error) {
	return r.model(&a.Model), nil
}

// Chat is the chat it was made in; a deleted one is not shown.
func (r *artifactResolver) Chat(ctx context.Context, a *ent.Artifact) (*ent.Chat, error) {
	if a.ChatID == nil {
		return nil, nil
	}
	return loadChat(ctx, *a.ChatID)
}

// URL is where the file can be fetched now.
func (r *artifactResolver) URL(ctx context.Context, a *ent.Artifact) (*string, error) {
	address, err := r.artifactAddress(ctx, a)
	if address == nil {
		return nil, err
	}
	return &address.URL, err
}

// URLExpiresAt is when URL expires.
func (r *artifactResolver) URLExpiresAt(ctx context.Context, a *ent.Artifact) (*time.Time, error) {
	address, err := r.artifactAddress(ctx, a)
	if address == nil {
		return nil, err
	}
	return &address.ExpiresAt, err
}

func (r *Resolver) artifactAddress(ctx context.Context, a *ent.Artifact) (*file.Address, error) {
	return r.address(ctx, a.ObjectKey, func(ctx context.Context) (*file.Address, error) { return r.s.Files.ArtifactAddress(ctx, a) })
}

// Permalink is a URL that does not expire; nil when there is none.
func (r *artifactResolver) Permalink(_ context.Context, a *ent.Artifact) (*string, error) {
	link := r.s.Files.Permalink(a)
	if link == "" {
		return nil, nil
	}
	return &link, nil
}

// Thumbnail is a small picture of it.
func (r *artifactResolver) Thumbnail(ctx context.Context, a *ent.Artifact) (*Thumbnail, error) {
	return r.thumbnail(ctx, a.ThumbnailKey, a.ThumbnailWidth, a.ThumbnailHeight)
}

// Disclosure states that it was generated, and by which model.
func (r *artifactResolver) Disclosure(_ context.Context, a *ent.Artifact) (*AiDisclosure, error) {
	return r.disclosure(a), nil
}

func (r *Resolver) disclosure(a *ent.Artifact) *AiDisclosure {
	return &AiDisclosure{
		Generator: r.s.Files.Generator(), Provider: a.Provider, Model: a.AnsweredBy,
		GeneratedAt: a.CreatedAt, IsEmbedded: a.IsDisclosed,
	}
}

// ShareLinks are the links that are neither revoked nor expired.
func (r *artifactResolver) ShareLinks(ctx context.Context, a *ent.Artifact) ([]*ent.ShareLink, error) {
	return loadersOf(ctx).links.Load(ctx, a.ID)
}

// EventCursor is the feed's head.
func (r *artifactResolver) EventCursor(ctx context.Context, _ *ent.Artifact) (string, error) {
	return eventCursor(ctx)
}

// Artifact is what a link shows.
func (r *shareLinkResolver) Artifact(ctx context.Context, l *ent.ShareLink) (*ent.Artifact, error) {
	return loadArtifact(ctx, l.ArtifactID)
}

// URL is the link.
func (r *shareLinkResolver) URL(_ context.Context, l *ent.ShareLink) (string, error) {
	return r.s.Files.ShareURL(l), nil
}

// FavouriteArtifact marks an artifact as a favourite, or not.
func (r *mutationResolver) FavouriteArtifact(ctx context.Context, in FavouriteArtifactInput) (*FavouriteArtifactPayload, error) {
	out := &FavouriteArtifactPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Artifact, err = r.s.Files.Favourite(ctx, p.User, in.ArtifactID, in.Favourite)
		return err
	})
}

// DeleteArtifact deletes an artifact.
func (r *mutationResolver) DeleteArtifact(ctx context.Context, in DeleteArtifactInput) (*DeleteArtifactPayload, error) {
	out := &DeleteArtifactPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) error {
		id, err := r.s.Files.DeleteArtifact(ctx, p.User, in.ArtifactID)
		out.ArtifactID = named(id)
		return err
	})
}

// CreateShareLink creates a public link to an artifact.
func (r *mutationResolver) CreateShareLink(ctx context.Context, in CreateShareLinkInput) (*CreateShareLinkPayload, error) {
	out := &CreateShareLinkPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.ShareLink, err = r.s.Files.Share(ctx, p.User, file.ShareInput{ArtifactID: in.ArtifactID, ExpiresAt: in.ExpiresAt.Value(), Key: in.IdempotencyKey})
		return err
	})
}

// RevokeShareLink revokes a link.
func (r *mutationResolver) RevokeShareLink(ctx context.Context, in RevokeShareLinkInput) (*RevokeShareLinkPayload, error) {
	out := &RevokeShareLinkPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.ShareLink, err = r.s.Files.Revoke(ctx, p.User, in.ShareLinkID)
		return err
	})
}

// Artifacts pages through the gallery.
func (r *userResolver) Artifacts(ctx context.Context, u *ent.User, first *int, after *string, kind *entartifact.Kind, favourite *bool, folderID *string) (*ArtifactConnection, error) {
	result, err := r.s.Files.Gallery(ctx, u.ID, file.Filter{Kind: kind, Favourite: favourite, FolderID: folderID}, page.Args{First: first, After: after})
	if err != nil {
		return nil, err
	}
	return connect(result, file.ArtifactCursor), nil
}

// SharedArtifact is what a share link shows.
func (r *queryResolver) SharedArtifact(ctx context.Context, token string) (*SharedArtifact, error) {
	link, a, err := r.s.Files.Shared(ctx, token)
	if errs.CodeOf(err) == errs.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	shown := &SharedArtifact{
		Kind: a.Kind, Text: a.Text, MimeType: a.MimeType, Bytes: a.Bytes,
		Width: a.Width, Height: a.Height, Seconds: a.Seconds,
		Disclosure: r.disclosure(a), ExpiresAt: link.ExpiresAt,
	}
	address, err := r.artifactAddress(ctx, a)
	if err != nil {
		return nil, err
	}
	if address != nil {
		shown.URL, shown.URLExpiresAt = &address.URL, &address.ExpiresAt
	}
	shown.Thumbnail, err = r.thumbnail(ctx, a.ThumbnailKey, a.ThumbnailWidth, a.ThumbnailHeight)
	return shown, err
}
