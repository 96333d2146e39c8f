package file

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"

	"github.com/weav-ai/weav/ent"
	entfile "github.com/weav-ai/weav/ent/file"
	"github.com/weav-ai/weav/internal/blob"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/media"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// CompleteUpload checks what was uploaded and makes the file usable. Completing twice, also at once, answers
// the same. A file that lies is deleted. No transaction is open while the store is read: the object cannot change
// meanwhile, as the store refuses to write to its key a second time.
func (s *Service) CompleteUpload(ctx context.Context, user oid.User, id string) (*ent.File, error) {
	f, err := s.ownFile(ctx, s.store.Client(), user, id)
	if err != nil || f.Status == entfile.StatusReady {
		return f, err
	}
	seen, err := s.inspect(ctx, f)
	var lie *lieError
	if errors.As(err, &lie) {
		return nil, s.reject(ctx, f, lie)
	}
	if err != nil {
		return nil, err
	}
	if err := s.accept(ctx, f, seen); err != nil {
		s.giveUp(ctx, keysOf(nil, seen.thumbKey)...)
		if !errors.Is(err, errAhead) {
			return nil, err
		}
	}
	return s.ownFile(ctx, s.store.Client(), user, id)
}

// lieError says that a file is not what it was declared to be.
type lieError struct{ refusal error }

// Error implements error.
func (e *lieError) Error() string { return "file: a lie: " + e.refusal.Error() }

func lie(reason errs.Reason, format string, args ...any) error {
	return &lieError{refusal: errs.Input(reason, "fileId", format, args...)}
}

// inspected is what was found in an uploaded file.
type inspected struct {
	facts                   media.Facts
	sha256                  string
	thumbKey                *string
	thumbWidth, thumbHeight int
}

// inspect reads the object once, into a temporary file, and looks at it there.
func (s *Service) inspect(ctx context.Context, f *ent.File) (*inspected, error) {
	object, err := s.bucket.Stat(ctx, *f.ObjectKey)
	switch {
	case errors.Is(err, blob.ErrNotExist):
		return nil, errs.Input(errs.NotUploaded, "fileId", "The bytes have not arrived. Send them, then complete the upload.")
	case err != nil:
		return nil, err
	case object.Size != f.Bytes:
		return nil, lie(errs.SizeMismatch, "The file has %d bytes, %d were declared. Begin a new upload.", object.Size, f.Bytes)
	}
	tmp, err := os.CreateTemp(s.cfg.TempDir, "upload-*")
	if err != nil {
		return nil, errs.Wrap(err, errs.Unavailable, "The file cannot be checked for now.").Retry(0)
	}
	defer func() {
		_ = tmp.Close()           // It was only read from.
		_ = os.Remove(tmp.Name()) // One that stays is swept with the system's temporary files.
	}()
	seen := &inspected{}
	if seen.sha256, err = s.download(ctx, *f.ObjectKey, tmp); err != nil {
		return nil, err
	}
	return seen, s.look(ctx, f, tmp, seen)
}

func (s *Service) download(ctx context.Context, key string, to io.Writer) (sum string, err error) {
	r, _, err := s.bucket.Open(ctx, key)
	if err != nil {
		return "", err
	}
	defer r.Close()
	hash := sha256.New()
	if _, err := io.Copy(io.MultiWriter(to, hash), r); err != nil {
		if errs.CodeOf(err) == errs.Unavailable {
			return "", err
		}
		return "", errs.Wrap(err, errs.Unavailable, "The file cannot be checked for now.").Retry(0)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// look finds out what the bytes are, and makes the thumbnail of an image.
func (s *Service) look(ctx context.Context, f *ent.File, tmp *os.File, seen *inspected) (err error) {
	seen.facts, err = media.Probe(tmp, f.Bytes, media.Limits{MaxPixels: s.cfg.MaxPixels})
	if err == nil && string(seen.facts.Type) != f.MimeType {
		return lie(errs.TypeMismatch, "The file is %s, %s was declared. Begin a new upload.", seen.facts.Type, f.MimeType)
	}
	if err != nil || seen.facts.Type.IsVideo() {
		return lieOf(err)
	}
	if _, err := tmp.Seek(0, io.SeekStart); err != nil {
		return wrap("read", err)
	}
	thumb, w, h, err := media.Thumbnail(tmp, seen.facts.Type, media.ThumbnailEdge)
	if err != nil {
		return lieOf(err)
	}
	name := key("files", oid.New[oid.Row]().UUID().String(), "thumbnail.jpg")
	seen.thumbKey, seen.thumbWidth, seen.thumbHeight = &name, w, h
	if err := s.stage(ctx, f.UserID, name); err != nil {
		return err
	}
	if err := s.put(ctx, name, string(media.JPEG), bytes.NewReader(thumb), int64(len(thumb))); err != nil {
		s.giveUp(ctx, name)
		return err
	}
	return nil
}

// lieOf tells faults of the file from those of reading it.
func lieOf(err error) error {
	var fault *media.Error
	if errors.As(err, &fault) {
		return lie(errs.Reason(fault.Code), "%s Begin a new upload.", fault.Text)
	}
	return err
}

// errAhead says that another call completed or deleted the file first.
var errAhead = errors.New("file: another was ahead")

// accept makes the file usable, with its objects, in one transaction.
func (s *Service) accept(ctx context.Context, f *ent.File, seen *inspected) error {
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		u := tx.Client().File.Update().Where(entfile.ID(f.ID), entfile.StatusEQ(entfile.StatusUploading)).
			SetStatus(entfile.StatusReady).SetReadyAt(store.Now()).SetSha256(seen.sha256).
			SetWidth(seen.facts.Width).SetHeight(seen.facts.Height)
		if seen.facts.Type.IsVideo() {
			u.SetSeconds(seen.facts.Seconds)
		}
		if seen.thumbKey != nil {
			u.SetThumbnailKey(*seen.thumbKey).SetThumbnailWidth(seen.thumbWidth).SetThumbnailHeight(seen.thumbHeight)
		}
		n, err := u.Save(ctx)
		if err != nil {
			return wrap("complete upload", err)
		}
		if n == 0 {
			return errAhead
		}
		recordFile(tx, f, feed.FileSaved)
		return enliven(ctx, tx, keysOf(f.ObjectKey, seen.thumbKey)...)
	})
}

// reject deletes a file that lies. Another call may have done so first.
func (s *Service) reject(ctx context.Context, f *ent.File, l *lieError) error {
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Client().File.Delete().Where(entfile.ID(f.ID), entfile.StatusEQ(entfile.StatusUploading)).Exec(ctx)
		if err != nil || n == 0 {
			return wrap("reject upload", err)
		}
		return doom(ctx, tx, *f.ObjectKey)
	})
	if err != nil {
		return err
	}
	return l.refusal
}
