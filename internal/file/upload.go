package file

import (
	"context"
	"errors"
	"time"

	"github.com/weav-ai/weav/ent"
	entfile "github.com/weav-ai/weav/ent/file"
	"github.com/weav-ai/weav/internal/blob"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/media"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/text"
)

// maxNameChars is the longest name of a file, in code points.
const maxNameChars = 200

// uploads is the key prefix of objects that clients write themselves.
const uploads = "uploads"

// UploadInput describes the file to be uploaded.
type UploadInput struct {
	Name     string
	MIMEType string
	Bytes    int64
	Key      string
}

// UploadRequest is the request that sends an upload's bytes.
type UploadRequest = blob.SignedRequest

// CreateUpload begins an upload: it returns the file and the request that sends its bytes. On a replay the
// request is signed again; it is nil once the file is READY.
func (s *Service) CreateUpload(ctx context.Context, user oid.User, in UploadInput) (*ent.File, *UploadRequest, error) {
	var id oid.File
	key := store.Key{User: user, Key: in.Key, Input: in}
	_, err := s.store.Once(ctx, key, &id, func(ctx context.Context, tx *store.Tx) error {
		name, t, err := s.checkUpload(in)
		if err != nil {
			return err
		}
		id, err = s.begin(ctx, tx, user, name, t, in.Bytes)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	f, err := found(s.store.Client().File.Query().Where(entfile.ID(id), entfile.UserID(user)).Only(ctx))
	if err != nil {
		return nil, nil, err
	}
	request, err := s.uploadRequest(ctx, f)
	return f, request, err
}

// checkUpload checks what is declared. The bytes are checked when the upload is completed.
func (s *Service) checkUpload(in UploadInput) (name string, t media.Type, err error) {
	var c text.Checker
	c.Text("name", in.Name, 1, maxNameChars)
	if err := c.Err(); err != nil {
		return "", "", err
	}
	name, t, err = media.Declared(in.Name, in.MIMEType)
	var fault *media.Error
	switch {
	case errors.As(err, &fault):
		return "", "", refusal(fault)
	case err != nil:
		return "", "", err
	case in.Bytes < 1:
		return "", "", errs.Input(errs.InvalidValue, "bytes", "A file has at least one byte.")
	case in.Bytes > s.cfg.MaxUploadBytes:
		return "", "", errs.Input(errs.TooLarge, "bytes", "A file may have at most %d bytes.", s.cfg.MaxUploadBytes)
	}
	return name, t, nil
}

// refusal returns a fault of a file as a fault of the input it concerns.
func refusal(f *media.Error) error {
	switch f.Code {
	case media.BadName:
		return errs.InputText(errs.InvalidValue, "name", f.Text)
	case media.TypeNotAllowed:
		return errs.InputText(errs.Reason(f.Code), "mimeType", f.Text)
	default:
		return errs.InputText(errs.Reason(f.Code), "name", f.Text)
	}
}

// begin stores the file and stages its object. The user is locked, so that the count of unfinished uploads is
// exact.
func (s *Service) begin(ctx context.Context, tx *store.Tx, user oid.User, name string, t media.Type, size int64) (oid.File, error) {
	id := oid.New[oid.File]()
	if err := tx.LockUser(ctx, user); err != nil {
		return id, err
	}
	n, err := tx.Client().File.Query().Where(entfile.UserID(user), entfile.StatusEQ(entfile.StatusUploading)).Count(ctx)
	if err != nil {
		return id, wrap("count uploads", err)
	}
	if n >= s.cfg.MaxUnfinished {
		return id, errs.Input(errs.LimitReached, "name", "%d uploads are not finished, the most there may be. Complete or delete one first.", n)
	}
	object := key(uploads, id.UUID().String(), "original"+t.Ext())
	err = tx.Client().File.Create().SetID(id).SetUserID(user).SetName(name).SetMimeType(string(t)).SetBytes(size).
		SetObjectKey(object).SetCreatedAt(store.Now()).Exec(ctx)
	if err != nil {
		return id, wrap("create upload", err)
	}
	return id, stageIn(ctx, tx, user, object)
}

// uploadRequest signs the request for the bytes of an unfinished upload; nil for any other file.
func (s *Service) uploadRequest(ctx context.Context, f *ent.File) (*UploadRequest, error) {
	// The request expires with the upload itself: the sweeper deletes the upload after UploadLife.
	left := time.Until(f.CreatedAt.Add(UploadLife)).Truncate(time.Second)
	if f.Status != entfile.StatusUploading || left < time.Second {
		return nil, nil
	}
	r, err := s.bucket.SignPut(ctx, *f.ObjectKey, blob.UploadOptions{ContentType: f.MimeType, Size: f.Bytes, Expires: left})
	if err != nil {
		return nil, wrap("sign upload", err)
	}
	return &r, nil
}

// DeleteFile deletes a file of user, also one that is still being uploaded. Messages that carried it no
// longer do.
func (s *Service) DeleteFile(ctx context.Context, user oid.User, id string) (oid.File, error) {
	gone, err := oid.Parse[oid.File](id)
	if err != nil {
		return gone, errNotFound()
	}
	return gone, s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		rows, err := s.lockFiles(ctx, tx, entfile.ID(gone), entfile.UserID(user))
		if err == nil && len(rows) == 0 {
			err = errNotFound()
		}
		if err != nil {
			return err
		}
		return s.removeFiles(ctx, tx, rows)
	})
}

func recordFile(tx *store.Tx, f *ent.File, typ feed.Type) {
	feed.Record(tx, f.UserID, typ, feed.Facts{File: f.ID})
}
