package graph

import (
	"context"
	"time"

	"github.com/weav-ai/weav/ent"
	entartifact "github.com/weav-ai/weav/ent/artifact"
	entfile "github.com/weav-ai/weav/ent/file"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
)

// Sha256 is the hash of the content, once it was checked.
func (r *fileResolver) Sha256(_ context.Context, f *ent.File) (*string, error) {
	if f.Status != entfile.StatusReady {
		return nil, nil
	}
	return &f.Sha256, nil
}

// URL is where the file can be fetched now.
func (r *fileResolver) URL(ctx context.Context, f *ent.File) (*string, error) {
	a, err := r.fileAddress(ctx, f)
	if a == nil {
		return nil, err
	}
	return &a.URL, err
}

// URLExpiresAt is when that stops to work.
func (r *fileResolver) URLExpiresAt(ctx context.Context, f *ent.File) (*time.Time, error) {
	a, err := r.fileAddress(ctx, f)
	if a == nil {
		return nil, err
	}
	return &a.ExpiresAt, err
}

func (r *Resolver) fileAddress(ctx context.Context, f *ent.File) (*file.Address, error) {
	if f.Status != entfile.StatusReady {
		return nil, nil
	}
	return r.address(ctx, f.ObjectKey, func(ctx context.Context) (*file.Address, error) { return r.s.Files.FileAddress(ctx, f) })
}

// address signs once per response and object: the address and its end belong together. A lost object has none.
func (r *Resolver) address(ctx context.Context, key *string, sign func(context.Context) (*file.Address, error)) (*file.Address, error) {
	if key == nil {
		return nil, nil
	}
	lost, err := loadersOf(ctx).lost.Load(ctx, *key)
	if err != nil || lost {
		return nil, err
	}
	return loadersOf(ctx).addresses.get(ctx, *key, sign)
}

// Thumbnail is a small picture of the file.
func (r *fileResolver) Thumbnail(ctx context.Context, f *ent.File) (*Thumbnail, error) {
	return r.thumbnail(ctx, f.ThumbnailKey, f.ThumbnailWidth, f.ThumbnailHeight)
}

func (r *Resolver) thumbnail(ctx context.Context, key *string, width, height *int) (*Thumbnail, error) {
	a, err := r.address(ctx, key, func(ctx context.Context) (*file.Address, error) { return r.s.Files.ThumbnailAddress(ctx, key) })
	if err != nil || a == nil {
		return nil, err
	}
	return &Thumbnail{URL: a.URL, URLExpiresAt: a.ExpiresAt, Width: *width, Height: *height}, nil
}

// UploadExpiresAt is when an unfinished upload is dropped.
func (r *fileResolver) UploadExpiresAt(_ context.Context, f *ent.File) (*time.Time, error) {
	if f.Status == entfile.StatusReady {
		return nil, nil
	}
	end := f.CreatedAt.Add(file.UploadLife)
	return &end, nil
}

// Attachments are what a message carries.
func (r *messageResolver) Attachments(ctx context.Context, m *ent.Message) ([]Attachment, error) {
	rows, err := loadersOf(ctx).attachments.Load(ctx, m.ID)
	out := make([]Attachment, len(rows))
	for i, a := range rows {
		if a.File != nil {
			out[i] = a.File
		} else {
			out[i] = a.Artifact
		}
	}
	return out, err
}

// Artifacts pages through the gallery.
func (r *userResolver) Artifacts(ctx context.Context, u *ent.User, first *int, after *string, kind *entartifact.Kind, favourite *bool, folderID *string) (*ArtifactConnection, error) {
	result, err := r.s.Files.Gallery(ctx, u.ID, file.Filter{Kind: kind, Favourite: favourite, FolderID: folderID}, page.Args{First: first, After: after})
	if err != nil {
		return nil, err
	}
	return connect(result, file.ArtifactCursor), nil
}

// Files pages through what the person uploaded.
func (r *userResolver) Files(ctx context.Context, u *ent.User, first *int, after *string) (*FileConnection, error) {
	result, err := r.s.Files.Files(ctx, u.ID, page.Args{First: first, After: after})
	if err != nil {
		return nil, err
	}
	return connect(result, file.Cursor), nil
}

// CreateUpload begins an upload.
func (r *mutationResolver) CreateUpload(ctx context.Context, in CreateUploadInput) (*CreateUploadPayload, error) {
	out := &CreateUploadPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) error {
		f, request, err := r.s.Files.CreateUpload(ctx, p.User, file.UploadInput{
			Name: in.Name, MIMEType: in.MimeType, Bytes: in.Bytes, Key: in.IdempotencyKey,
		})
		out.File, out.Upload = f, uploadRequest(request)
		return err
	})
}

func uploadRequest(r *file.UploadRequest) *UploadRequest {
	if r == nil {
		return nil
	}
	out := &UploadRequest{Method: r.Method, URL: r.URL, ExpiresAt: r.ExpiresAt, Headers: []*UploadHeader{}}
	for name, values := range r.Header {
		for _, v := range values {
			out.Headers = append(out.Headers, &UploadHeader{Name: name, Value: v})
		}
	}
	return out
}

// CompleteUpload checks what was uploaded.
func (r *mutationResolver) CompleteUpload(ctx context.Context, in CompleteUploadInput) (*CompleteUploadPayload, error) {
	out := &CompleteUploadPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.File, err = r.s.Files.CompleteUpload(ctx, p.User, in.FileID)
		return err
	})
}

// DeleteFile deletes an uploaded file.
func (r *mutationResolver) DeleteFile(ctx context.Context, in DeleteFileInput) (*DeleteFilePayload, error) {
	out := &DeleteFilePayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) error {
		id, err := r.s.Files.DeleteFile(ctx, p.User, in.FileID)
		out.FileID = named(id)
		return err
	})
}

// named is the id of what is gone; nil when nothing is.
func named[K interface {
	oid.Kind
	IsZero() bool
	String() string
}](id K) *string {
	if id.IsZero() {
		return nil
	}
	s := id.String()
	return &s
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
