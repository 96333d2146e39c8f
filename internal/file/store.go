package file

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	entartifact "github.com/weav-ai/weav/ent/artifact"
	"github.com/weav-ai/weav/internal/media"
	"github.com/weav-ai/weav/internal/oid"
)

// Made is a file that a provider delivered. Nothing in it is trusted yet.
type Made struct {
	User     oid.User
	Artifact oid.Artifact
	Kind     entartifact.Kind
	Body     io.ReaderAt
	Size     int64
	MIMEType string
	// Poster is a picture of a video; nil for none. One that cannot be used is omitted.
	Poster          []byte
	Provider, Model string
	At              time.Time
}

// Stored is a provider's file in the object store, staged: Add makes it an artifact.
type Stored struct {
	Artifact oid.Artifact
	Facts    media.Facts
	Bytes    int64
	SHA256   string
	// Disclosed means that the file itself states that an AI made it.
	Disclosed bool

	key         string
	thumbKey    *string
	thumbWidth  int
	thumbHeight int
}

// maxInMemory is the largest image that a provider may deliver, because images are changed in memory.
const maxInMemory = 64 << 20

// Store checks a delivered file, writes the AI disclosure into it, makes its thumbnail, and puts both into
// the object store under staged keys. A damaged or mislabelled file is ErrUnusable; a store that cannot take
// it is UNAVAILABLE, retryable. A video is streamed and never held in memory.
func (s *Service) Store(ctx context.Context, m Made) (*Stored, error) {
	facts, content, err := media.Inspect(m.Body, m.Size, media.Limits{})
	if err != nil {
		return nil, unusable(err)
	}
	// A provider's label is not trusted: clients would get a file of another type than the row states.
	if string(facts.Type) != m.MIMEType || facts.Type.IsVideo() != (m.Kind == entartifact.KindVideo) {
		return nil, fmt.Errorf("%w: it is %s, not %s", ErrUnusable, facts.Type, m.MIMEType)
	}
	k := &Stored{Artifact: m.Artifact, Facts: facts, key: key("artifacts", m.Artifact.UUID().String(), "original"+facts.Type.Ext())}
	body, thumb, err := s.prepare(m, k, content)
	if err != nil {
		return nil, err
	}
	keys := []string{k.key}
	if thumb != nil {
		name := key("artifacts", m.Artifact.UUID().String(), "thumbnail.jpg")
		k.thumbKey = &name
		keys = append(keys, name)
	}
	if err := s.stage(ctx, m.User, keys...); err != nil {
		return nil, err
	}
	if err := s.write(ctx, k, body, thumb); err != nil {
		s.discardStaged(ctx, keys...)
		return nil, err
	}
	return k, nil
}

// unusable wraps a fault of the file in ErrUnusable; errors of reading it stay unchanged.
func unusable(err error) error {
	var fault *media.Error
	if errors.As(err, &fault) {
		return fmt.Errorf("%w: %w", ErrUnusable, err)
	}
	return err
}

// key is the key of an object. It contains random ids only, so that it reveals nothing and cannot be guessed.
func key(kind, id, name string) string { return kind + "/" + id + "/" + name }

// prepare returns the content to store, with its disclosure, and the thumbnail.
func (s *Service) prepare(m Made, k *Stored, content *media.Content) (body io.Reader, thumb []byte, err error) {
	d := media.Disclosure{Generator: s.cfg.Generator, Provider: m.Provider, Model: m.Model, At: m.At}
	if k.Facts.Type.IsVideo() {
		return s.prepareVideo(m, k, d, content)
	}
	if m.Size > maxInMemory {
		return nil, nil, fmt.Errorf("%w: an image of %d bytes", ErrUnusable, m.Size)
	}
	raw, err := io.ReadAll(content.Reader())
	if err != nil {
		return nil, nil, wrap("read", err)
	}
	thumb, k.thumbWidth, k.thumbHeight, err = media.Thumbnail(bytes.NewReader(raw), k.Facts, media.ThumbnailEdge)
	if err != nil {
		return nil, nil, unusable(err)
	}
	if raw, err = media.Disclose(raw, k.Facts.Type, d); err != nil {
		return nil, nil, unusable(err)
	}
	k.Disclosed, k.Bytes = true, int64(len(raw))
	return bytes.NewReader(raw), thumb, nil
}

// prepareVideo returns the video followed by its disclosure, which for MP4 is appended, so that the file is
// streamed. The thumbnail is made from the poster, because videos are not decoded here.
func (s *Service) prepareVideo(m Made, k *Stored, d media.Disclosure, content *media.Content) (body io.Reader, thumb []byte, err error) {
	var tail []byte
	if k.Facts.Type == media.MP4 {
		tail = media.DiscloseTail(d)
	}
	k.Disclosed, k.Bytes = tail != nil, content.Size()+int64(len(tail))
	body = io.MultiReader(content.Reader(), bytes.NewReader(tail))
	facts, err := media.Probe(bytes.NewReader(m.Poster), int64(len(m.Poster)), media.Limits{})
	if err != nil || facts.Type.IsVideo() {
		return body, nil, nil //nolint:nilerr // A video without a usable poster has none.
	}
	thumb, k.thumbWidth, k.thumbHeight, err = media.Thumbnail(bytes.NewReader(m.Poster), facts, media.ThumbnailEdge)
	if err != nil {
		return body, nil, nil //nolint:nilerr // The same.
	}
	return body, thumb, nil
}

// write writes the objects and computes the content's hash meanwhile.
func (s *Service) write(ctx context.Context, k *Stored, body io.Reader, thumb []byte) error {
	sum := sha256.New()
	if err := s.put(ctx, k.key, string(k.Facts.Type), io.TeeReader(body, sum), k.Bytes); err != nil {
		return err
	}
	k.SHA256 = hex.EncodeToString(sum.Sum(nil))
	if k.thumbKey == nil {
		return nil
	}
	return s.put(ctx, *k.thumbKey, string(media.JPEG), bytes.NewReader(thumb), int64(len(thumb)))
}

// Discard dooms stored files that did not become artifacts; those that did are not affected.
func (s *Service) Discard(ctx context.Context, stored ...*Stored) {
	var keys []string
	for _, k := range stored {
		keys = append(keys, keysOf(&k.key, k.thumbKey)...)
	}
	s.discardStaged(ctx, keys...)
}
