// Package media tells what a media file truly is, makes its thumbnail, and writes into it
// that an AI made it. It trusts no length and no name that comes with a file, and is
// pure Go: images are decoded for thumbnails, videos never.
package media

import (
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/text"
)

// Type is a media type that is taken.
type Type string

// The types.
const (
	PNG  Type = "image/png"
	JPEG Type = "image/jpeg"
	WebP Type = "image/webp"
	MP4  Type = "video/mp4"
	WebM Type = "video/webm"
)

// Types are those that are taken, images first.
func Types() []Type { return []Type{PNG, JPEG, WebP, MP4, WebM} }

// extensions are those of each type, the usual first.
var extensions = map[Type][]string{
	PNG: {".png"}, JPEG: {".jpg", ".jpeg"}, WebP: {".webp"}, MP4: {".mp4", ".m4v"}, WebM: {".webm"},
}

// Ext is the type's usual extension, with its dot.
func (t Type) Ext() string { return extensions[t][0] }

// IsVideo tells videos from images.
func (t Type) IsVideo() bool { return t == MP4 || t == WebM }

// Facts are what a file truly is.
type Facts struct {
	Type          Type
	Width, Height int
	// Seconds is the length of a video; 0 for an image, and for a video that does not tell.
	Seconds float64
}

// Limits bound what is taken.
type Limits struct {
	// MaxPixels is the most pixels of an image or of a video's frame; default 50 million.
	MaxPixels int
}

// defaultMaxPixels keeps a decoded image within 200 MB.
const defaultMaxPixels = 50_000_000

// Code says what is wrong with a file.
type Code string

// The codes.
const (
	TypeNotAllowed Code = "TYPE_NOT_ALLOWED"
	TypeMismatch   Code = "TYPE_MISMATCH"
	Malformed      Code = "MALFORMED"
	Truncated      Code = "TRUNCATED"
	TrailingBytes  Code = "TRAILING_BYTES"
	TooManyPixels  Code = "TOO_MANY_PIXELS"
	BadName        Code = "BAD_NAME"
)

// Error is a fault of a file, with a message for people.
type Error struct {
	Code Code
	// Message is Text in English.
	Message string
	Text    errs.Text
}

// Error implements error.
func (e *Error) Error() string { return "media: " + string(e.Code) + ": " + e.Message }

func fault(code Code, format string, args ...any) error {
	t := errs.Textf(format, args...)
	return &Error{Code: code, Message: t.String(), Text: t}
}

// malformed says what is wrong, in words that the catalogue of texts has an entry for.
func malformed(what string) error {
	return fault(Malformed, "The file is damaged: %s.", errs.Text{Format: what})
}

func truncated() error { return fault(Truncated, "The file ends too early. Upload it again.") }

// Declared checks what an uploader says of a file: its name and its type must agree, and be taken. The name
// comes back without folders and characters that have no place in a name.
func Declared(name, mimeType string) (clean string, t Type, err error) {
	if clean, err = cleanName(name); err != nil {
		return "", "", err
	}
	t = Type(strings.ToLower(strings.TrimSpace(mimeType)))
	known, ok := extensions[t]
	if !ok {
		return "", "", fault(TypeNotAllowed, "Files of this type cannot be uploaded. Those that can: %s.", typeList())
	}
	ext := strings.ToLower(path.Ext(clean))
	for _, e := range known {
		if ext == e {
			return clean, t, nil
		}
	}
	return "", "", fault(TypeMismatch, "A file of the type %s ends in %s.", t, known)
}

func typeList() string {
	words := make([]string, 0, len(extensions))
	for _, t := range Types() {
		words = append(words, string(t))
	}
	return strings.Join(words, ", ")
}

// cleanName keeps the last part of a path, whichever system wrote it, without characters
// that make a name look like another.
func cleanName(name string) (string, error) {
	if !utf8.ValidString(name) {
		return "", fault(BadName, "The name is no text.")
	}
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if text.Misleads(r) {
			return -1
		}
		return r
	}, name)
	name = strings.TrimSpace(name)
	if strings.Trim(name, ". ") == "" || strings.HasPrefix(name, ".") {
		return "", fault(BadName, "The name needs letters before its extension, such as cat.png.")
	}
	return name, nil
}

// Probe reads what a file of size bytes truly is. It walks the whole structure, so that nothing is
// missing at the end and nothing hangs on behind it, but decodes no picture and holds little in memory.
func Probe(r io.ReaderAt, size int64, limits Limits) (Facts, error) {
	if limits.MaxPixels == 0 {
		limits.MaxPixels = defaultMaxPixels
	}
	s := &source{r: r, size: size}
	head, err := s.bytes(0, min(12, size))
	if err != nil {
		return Facts{}, err
	}
	f, err := probe(s, head)
	if err != nil {
		return Facts{}, err
	}
	if f.Width < 1 || f.Height < 1 {
		return Facts{}, malformed("it has no pixels")
	}
	if int64(f.Width)*int64(f.Height) > int64(limits.MaxPixels) {
		return Facts{}, fault(TooManyPixels, "The picture has %d x %d pixels; at most %d million are taken.", f.Width, f.Height, limits.MaxPixels/1_000_000)
	}
	return f, nil
}

func probe(s *source, head []byte) (Facts, error) {
	switch {
	case strings.HasPrefix(string(head), pngMagic):
		return probePNG(s)
	case strings.HasPrefix(string(head), "\xff\xd8\xff"):
		return probeJPEG(s)
	case len(head) == 12 && string(head[:4]) == "RIFF" && string(head[8:]) == "WEBP":
		return probeWebP(s)
	case len(head) == 12 && string(head[4:8]) == "ftyp":
		return probeMP4(s)
	case strings.HasPrefix(string(head), "\x1a\x45\xdf\xa3"):
		return probeWebM(s)
	default:
		return Facts{}, fault(TypeNotAllowed, "This is no image or video that can be taken. Those that can: %s.", typeList())
	}
}

// source reads a file whose length is known.
type source struct {
	r    io.ReaderAt
	size int64
}

// maxRead is the most that is read at once: no length that a file states costs more memory.
const maxRead = 64 << 10

// bytes reads n bytes at off; a file that ends before is truncated.
func (s *source) bytes(off, n int64) ([]byte, error) {
	if n < 0 || n > maxRead {
		return nil, malformed("a part of it is absurdly long")
	}
	if off < 0 || off+n > s.size {
		return nil, truncated()
	}
	b := make([]byte, n)
	if got, err := s.r.ReadAt(b, off); int64(got) < n {
		return nil, fmt.Errorf("media: read: %w", err)
	}
	return b, nil
}
