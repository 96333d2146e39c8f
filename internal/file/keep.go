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

// Made is what a provider delivered; nothing of it is trusted yet.
type Made struct {
	User     oid.User
	Artifact oid.Artifact
	Kind     entartifact.Kind
	Body     io.ReaderAt
	Size     int64
	MIMEType string
	// Poster is a picture of a video; nil for none. One that cannot be used is left out.
	Poster          []byte
	Provider, Model string
	At              time.Time
}

// Kept is a made file in the object store, staged: Add makes it an artifact.
type Kept struct {
	Artifact oid.Artifact
	Facts    media.Facts
	Bytes    int64
	SHA256   string
	// Disclosed says that the file itself tells that an AI made it.
	Disclosed bool

	key         string
	thumbKey    *string
	thumbWidth  int
	thumbHeight int
}

// maxInMemory is the largest image that a provider may deliver: images are changed in memory.
const maxInMemory = 64 << 20

// Keep checks what was delivered, writes into it that an AI made it, makes its thumbnail, and puts both into
// the object store under staged keys. What lies, or is damaged, is ErrUnusable; a store that cannot take it is
// UNAVAILABLE, retryable. A video is streamed, never held in memory.
func (s *Service) Keep(ctx context.Context, m Made) (*Kept, error) {
	facts, content, err := media.Inspect(m.Body, m.Size, media.Limits{})
	if err != nil {
		return nil, unusable(err)
	}
	if string(facts.Type) != m.MIMEType || facts.Type.IsVideo() != (m.Kind == entartifact.KindVideo) {
		return nil, fmt.Errorf("%w: it is %s, not %s", ErrUnusable, facts.Type, m.MIMEType)
	}
	k := &Kept{Artifact: m.Artifact, Facts: facts, key: key("artifacts", m.Artifact.UUID().String(), "original"+facts.Type.Ext())}
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
		s.giveUp(ctx, keys...)
		return nil, err
	}
	return k, nil
}

func unusable(err error) error {
	var fault *media.Error
	if errors.As(err, &fault) {
		return fmt.Errorf("%w: %w", ErrUnusable, err)
	}
	return err
}

// key is where an object is kept. It tells nobody anything and cannot be guessed.
func key(kind, id, name string) string { return kind + "/" + id + "/" + name }

// prepare returns the content to store, with its disclosure, and the thumbnail.
func (s *Service) prepare(m Made, k *Kept, content *media.Content) (body io.Reader, thumb []byte, err error) {
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

func (s *Service) prepareVideo(m Made, k *Kept, d media.Disclosure, content *media.Content) (body io.Reader, thumb []byte, err error) {
	var tail []byte
	if k.Facts.Type == media.MP4 {
		tail = media.DiscloseTail(d)
	}
	k.Disclosed, k.Bytes = tail != nil, content.Size()+int64(len(tail))
	body = io.MultiReader(content.Reader(), bytes.NewReader(tail))
	facts, err := media.Probe(bytes.NewReader(m.Poster), int64(len(m.Poster)), media.Limits{})
	if err != nil || facts.Type.IsVideo() {
		return body, nil, nil //nolint:nilerr // A film without a usable poster has none.
	}
	thumb, k.thumbWidth, k.thumbHeight, err = media.Thumbnail(bytes.NewReader(m.Poster), facts, media.ThumbnailEdge)
	if err != nil {
		return body, nil, nil //nolint:nilerr // The same.
	}
	return body, thumb, nil
}

// write puts the objects and learns the content's hash on the way.
func (s *Service) write(ctx context.Context, k *Kept, body io.Reader, thumb []byte) error {
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

// Discard gives up what was kept and did not become an artifact; what did is left alone.
func (s *Service) Discard(ctx context.Context, kept ...*Kept) {
	var keys []string
	for _, k := range kept {
		keys = append(keys, keysOf(&k.key, k.thumbKey)...)
	}
	s.giveUp(ctx, keys...)
}
