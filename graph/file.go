package graph

import (
	"context"
	"time"

	"github.com/weav-ai/weav/ent"
	entfile "github.com/weav-ai/weav/ent/file"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/page"
)

// Sha256 is the hash of the content; nil until the content was checked.
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

// URLExpiresAt is when URL expires.
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

// Thumbnail is a small picture of the file.
func (r *fileResolver) Thumbnail(ctx context.Context, f *ent.File) (*Thumbnail, error) {
	return r.thumbnail(ctx, f.ThumbnailKey, f.ThumbnailWidth, f.ThumbnailHeight)
}

// UploadExpiresAt is when an unfinished upload is deleted; nil for a finished one.
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

// Files pages through the user's uploads.
func (r *userResolver) Files(ctx context.Context, u *ent.User, first *int, after *string) (*FileConnection, error) {
	result, err := r.s.Files.Files(ctx, u.ID, page.Args{First: first, After: after})
	if err != nil {
		return nil, err
	}
	return connect(result, file.Cursor), nil
}

// CreateUpload starts an upload.
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

// CompleteUpload checks the uploaded content.
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
