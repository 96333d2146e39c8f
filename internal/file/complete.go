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

// CompleteUpload checks what was uploaded and makes the file usable. Completing twice, also concurrently,
// gives the same result. A file that is not what was declared is deleted. No transaction is open while the
// store is read: the object cannot change meanwhile, because the store refuses a second write to its key.
// When a part of it is removed, such as a place, the rest becomes a new object and the uploaded one is
// doomed: so exactly what was checked is served.
func (s *Service) CompleteUpload(ctx context.Context, user oid.User, id string) (*ent.File, error) {
	f, err := s.ownFile(ctx, s.store.Client(), user, id)
	if err != nil || f.Status == entfile.StatusReady {
		return f, err
	}
	seen, err := s.inspect(ctx, f)
	if err == nil {
		if err = s.accept(ctx, f, seen); err == nil || errors.Is(err, errOvertaken) {
			s.discardStaged(ctx, seen.staged...) // Of another call that completed first; the live objects are unaffected.
			return s.ownFile(ctx, s.store.Client(), user, id)
		}
	}
	if seen != nil {
		s.discardStaged(ctx, seen.staged...)
	}
	// Another call may have completed first, and doomed the upload.
	if now, readErr := s.ownFile(ctx, s.store.Client(), user, id); readErr == nil && now.Status == entfile.StatusReady {
		return now, nil
	}
	var mismatch *mismatchError
	if errors.As(err, &mismatch) {
		return nil, s.reject(ctx, f, mismatch)
	}
	return nil, err
}

// mismatchError means that a file is not what it was declared to be.
type mismatchError struct{ refusal error }

// Error implements error.
func (e *mismatchError) Error() string { return "file: mismatch: " + e.refusal.Error() }

// mismatch returns a mismatchError with its reason and message.
func mismatch(reason errs.Reason, format string, args ...any) error {
	return &mismatchError{refusal: errs.Input(reason, "fileId", format, args...)}
}

// inspected is the result of checking an uploaded file.
type inspected struct {
	facts                   media.Facts
	name, sha256            string
	bytes                   int64
	objectKey               string
	thumbKey                *string
	thumbWidth, thumbHeight int
	// staged are the objects that were written during the check.
	staged []string
}

// inspect reads the object once, into a temporary file, and checks it there: the checks need random access,
// which the store would bill as many requests.
func (s *Service) inspect(ctx context.Context, f *ent.File) (*inspected, error) {
	object, err := s.bucket.Stat(ctx, *f.ObjectKey)
	switch {
	case errors.Is(err, blob.ErrNotExist):
		return nil, errs.Input(errs.NotUploaded, "fileId", "The bytes have not arrived. Send them, then complete the upload.")
	case err != nil:
		return nil, err
	// The store enforces the signed size, so this is a fault of its configuration.
	case object.Size != f.Bytes:
		return nil, mismatch(errs.SizeMismatch, "The file has %d bytes, %d were declared. Begin a new upload.", object.Size, f.Bytes)
	}
	tmp, err := os.CreateTemp(s.cfg.TempDir, "upload-*")
	if err != nil {
		return nil, errs.Wrap(err, errs.Unavailable, "The file cannot be checked for now.").Retry(0)
	}
	defer func() {
		_ = tmp.Close()           // Nothing is written to it any more.
		_ = os.Remove(tmp.Name()) // One that remains is removed with the system's temporary files.
	}()
	seen := &inspected{name: f.Name, bytes: f.Bytes, objectKey: *f.ObjectKey}
	if seen.sha256, err = s.download(ctx, *f.ObjectKey, tmp); err != nil {
		return nil, err
	}
	return seen, s.probe(ctx, f, tmp, seen)
}

// download copies an object and computes its hash, in one pass.
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

// probe determines the type of the bytes, makes the thumbnail of an image, and writes the retained part when
// that is not all. A picture of another picture type than declared is accepted as what it is, because
// browsers derive the type from the name's extension; so is a video.
func (s *Service) probe(ctx context.Context, f *ent.File, tmp *os.File, seen *inspected) error {
	facts, content, err := media.Inspect(tmp, f.Bytes, media.Limits{MaxPixels: s.cfg.MaxPixels})
	if err != nil {
		return mismatchOf(err)
	}
	seen.facts = facts
	if facts.Type.IsVideo() != media.Type(f.MimeType).IsVideo() {
		return mismatch(errs.TypeMismatch, "The file is %s, %s was declared. Begin a new upload.", facts.Type, f.MimeType)
	}
	if string(facts.Type) != f.MimeType {
		seen.name = media.NameFor(f.Name, facts.Type)
	}
	if !facts.Type.IsVideo() {
		if err := s.addThumbnail(ctx, f, tmp, seen); err != nil {
			return err
		}
	}
	if !content.Changed() {
		return nil
	}
	return s.rewrite(ctx, f, content, seen)
}

// addThumbnail makes the thumbnail of an image and stores it as a staged object. A picture that cannot be
// decoded is refused here: Probe checks the structure only.
func (s *Service) addThumbnail(ctx context.Context, f *ent.File, tmp *os.File, seen *inspected) error {
	if _, err := tmp.Seek(0, io.SeekStart); err != nil {
		return wrap("read", err)
	}
	thumb, w, h, err := media.Thumbnail(tmp, seen.facts, media.ThumbnailEdge)
	if err != nil {
		return mismatchOf(err)
	}
	name := key("files", oid.New[oid.Row]().UUID().String(), "thumbnail.jpg")
	seen.thumbKey, seen.thumbWidth, seen.thumbHeight = &name, w, h
	return s.writeStaged(ctx, f, seen, name, media.JPEG, bytes.NewReader(thumb), int64(len(thumb)))
}

// rewrite stores the retained part of an upload as a new object.
func (s *Service) rewrite(ctx context.Context, f *ent.File, content *media.Content, seen *inspected) error {
	sum := sha256.New()
	seen.objectKey, seen.bytes = key("files", oid.New[oid.Row]().UUID().String(), "original"+seen.facts.Type.Ext()), content.Size()
	err := s.writeStaged(ctx, f, seen, seen.objectKey, seen.facts.Type, io.TeeReader(content.Reader(), sum), seen.bytes)
	seen.sha256 = hex.EncodeToString(sum.Sum(nil))
	return err
}

// writeStaged stages an object and writes it. The key is recorded in seen first, so that a failure dooms it.
func (s *Service) writeStaged(ctx context.Context, f *ent.File, seen *inspected, name string, t media.Type, body io.Reader, size int64) error {
	if err := s.stage(ctx, f.UserID, name); err != nil {
		return err
	}
	seen.staged = append(seen.staged, name)
	return s.put(ctx, name, string(t), body, size)
}

// mismatchOf separates faults of the file from errors of reading it.
func mismatchOf(err error) error {
	var fault *media.Error
	if errors.As(err, &fault) {
		return mismatch(errs.Reason(fault.Code), "%s Begin a new upload.", fault.Text)
	}
	return err
}

// errOvertaken means that another call completed or deleted the file first.
var errOvertaken = errors.New("file: another was ahead")

// accept makes the file usable, with its objects, in one transaction. The conditional update decides between
// concurrent calls.
func (s *Service) accept(ctx context.Context, f *ent.File, seen *inspected) error {
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		u := tx.Client().File.Update().Where(entfile.ID(f.ID), entfile.StatusEQ(entfile.StatusUploading)).
			SetStatus(entfile.StatusReady).SetReadyAt(store.Now()).SetName(seen.name).SetMimeType(string(seen.facts.Type)).
			SetObjectKey(seen.objectKey).SetBytes(seen.bytes).SetSha256(seen.sha256).
			SetWidth(seen.facts.Width).SetHeight(seen.facts.Height).SetIsAnimated(seen.facts.Animated)
		if seen.facts.Seconds > 0 {
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
			return errOvertaken
		}
		recordFile(tx, f, feed.FileSaved)
		// The uploaded object is doomed in the transaction that replaces it: it contains what was removed.
		if seen.objectKey != *f.ObjectKey {
			if err := doom(ctx, tx, *f.ObjectKey); err != nil {
				return err
			}
		}
		return makeLive(ctx, tx, keysOf(&seen.objectKey, seen.thumbKey)...)
	})
}

// reject deletes a file that is not what was declared. Another call may have done so first.
func (s *Service) reject(ctx context.Context, f *ent.File, l *mismatchError) error {
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
