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
// meanwhile, as the store refuses to write to its key a second time. Where not all of it is kept, the file gets an object of its
// own with the rest, and the uploaded one is doomed: what is served is what was checked.
func (s *Service) CompleteUpload(ctx context.Context, user oid.User, id string) (*ent.File, error) {
	f, err := s.ownFile(ctx, s.store.Client(), user, id)
	if err != nil || f.Status == entfile.StatusReady {
		return f, err
	}
	seen, err := s.inspect(ctx, f)
	if err == nil {
		if err = s.accept(ctx, f, seen); err == nil || errors.Is(err, errAhead) {
			s.giveUp(ctx, seen.staged...) // Those of another call that was ahead; its own are live.
			return s.ownFile(ctx, s.store.Client(), user, id)
		}
	}
	if seen != nil {
		s.giveUp(ctx, seen.staged...)
	}
	// Another call may have been ahead, and its upload is gone then.
	if now, readErr := s.ownFile(ctx, s.store.Client(), user, id); readErr == nil && now.Status == entfile.StatusReady {
		return now, nil
	}
	var lie *lieError
	if errors.As(err, &lie) {
		return nil, s.reject(ctx, f, lie)
	}
	return nil, err
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
	name, sha256            string
	bytes                   int64
	objectKey               string
	thumbKey                *string
	thumbWidth, thumbHeight int
	// staged are the objects that were written meanwhile.
	staged []string
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
	seen := &inspected{name: f.Name, bytes: f.Bytes, objectKey: *f.ObjectKey}
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

// look finds out what the bytes are, makes the thumbnail of an image, and writes what is kept where that is not all. A picture
// that is another kind of picture than was declared is what it is, as browsers go by a name's extension; so is a film.
func (s *Service) look(ctx context.Context, f *ent.File, tmp *os.File, seen *inspected) error {
	facts, content, err := media.Inspect(tmp, f.Bytes, media.Limits{MaxPixels: s.cfg.MaxPixels})
	if err != nil {
		return lieOf(err)
	}
	seen.facts = facts
	if facts.Type.IsVideo() != media.Type(f.MimeType).IsVideo() {
		return lie(errs.TypeMismatch, "The file is %s, %s was declared. Begin a new upload.", facts.Type, f.MimeType)
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

func (s *Service) addThumbnail(ctx context.Context, f *ent.File, tmp *os.File, seen *inspected) error {
	if _, err := tmp.Seek(0, io.SeekStart); err != nil {
		return wrap("read", err)
	}
	thumb, w, h, err := media.Thumbnail(tmp, seen.facts, media.ThumbnailEdge)
	if err != nil {
		return lieOf(err)
	}
	name := key("files", oid.New[oid.Row]().UUID().String(), "thumbnail.jpg")
	seen.thumbKey, seen.thumbWidth, seen.thumbHeight = &name, w, h
	return s.writeStaged(ctx, f, seen, name, media.JPEG, bytes.NewReader(thumb), int64(len(thumb)))
}

// rewrite stores what is kept of an upload as an object of its own.
func (s *Service) rewrite(ctx context.Context, f *ent.File, content *media.Content, seen *inspected) error {
	sum := sha256.New()
	seen.objectKey, seen.bytes = key("files", oid.New[oid.Row]().UUID().String(), "original"+seen.facts.Type.Ext()), content.Size()
	err := s.writeStaged(ctx, f, seen, seen.objectKey, seen.facts.Type, io.TeeReader(content.Reader(), sum), seen.bytes)
	seen.sha256 = hex.EncodeToString(sum.Sum(nil))
	return err
}

func (s *Service) writeStaged(ctx context.Context, f *ent.File, seen *inspected, name string, t media.Type, body io.Reader, size int64) error {
	if err := s.stage(ctx, f.UserID, name); err != nil {
		return err
	}
	seen.staged = append(seen.staged, name)
	return s.put(ctx, name, string(t), body, size)
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
			return errAhead
		}
		recordFile(tx, f, feed.FileSaved)
		if seen.objectKey != *f.ObjectKey {
			if err := doom(ctx, tx, *f.ObjectKey); err != nil {
				return err
			}
		}
		return enliven(ctx, tx, keysOf(&seen.objectKey, seen.thumbKey)...)
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
