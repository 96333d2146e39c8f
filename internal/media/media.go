// Package media determines the type of a media file, makes its thumbnail, removes private metadata, and
// writes into it that an AI made it. It trusts no length and no name in a file. It is pure Go: images are
// decoded for thumbnails, videos never.
package media

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/text"
)

// Type is an accepted media type.
type Type string

// The types.
const (
	PNG  Type = "image/png"
	JPEG Type = "image/jpeg"
	WebP Type = "image/webp"
	MP4  Type = "video/mp4"
	WebM Type = "video/webm"
)

// Types are the accepted types, images first.
func Types() []Type { return []Type{PNG, JPEG, WebP, MP4, WebM} }

// extensions are the extensions of each type, the usual one first.
var extensions = map[Type][]string{
	PNG: {".png", ".apng"}, JPEG: {".jpg", ".jpeg", ".jfif", ".jpe", ".pjpeg", ".pjp"}, WebP: {".webp"},
	MP4: {".mp4", ".m4v", ".mp4v"}, WebM: {".webm"},
}

// Ext is the type's usual extension, with its dot.
func (t Type) Ext() string { return extensions[t][0] }

// IsVideo reports whether t is a video type.
func (t Type) IsVideo() bool { return t == MP4 || t == WebM }

// Facts are the properties of a file as its bytes show them.
type Facts struct {
	Type Type
	// Width and Height are those of the upright picture, as it is shown.
	Width, Height int
	// Seconds is the length of a video; 0 for an image, and where it is not known.
	Seconds float64
	// Orientation is how a stored image is rotated and mirrored: 2 to 8 as in EXIF; 0 for upright, and for
	// videos.
	Orientation int
	// Animated is set for an animated image.
	Animated bool
}

// Limits bound the accepted files.
type Limits struct {
	// MaxPixels is the most pixels of an image or of a video's frame; default 50 million.
	MaxPixels int
}

// defaultMaxPixels bounds a decoded image to 200 MB.
const defaultMaxPixels = 50_000_000

// Code is what is wrong with a file.
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

// Error is a fault of a file, with a message for users.
type Error struct {
	Code Code
	// Message is Text in English.
	Message string
	Text    errs.Text
}

// Error implements error.
func (e *Error) Error() string { return "media: " + string(e.Code) + ": " + e.Message }

// fault returns an Error with a message for users.
func fault(code Code, format string, args ...any) error {
	t := errs.Textf(format, args...)
	return &Error{Code: code, Message: t.String(), Text: t}
}

// malformed states the fault in a text that the catalogue contains.
func malformed(what string) error {
	return fault(Malformed, "The file is damaged: %s.", errs.Text{Format: what})
}

// truncated is the fault of a file that ends before its structure does.
func truncated() error { return fault(Truncated, "The file ends too early. Upload it again.") }

// typeList lists the accepted types for messages.
func typeList() string {
	words := make([]string, 0, len(extensions))
	for _, t := range Types() {
		words = append(words, string(t))
	}
	return strings.Join(words, ", ")
}

// cleanName returns the last part of a path of any system, without misleading characters.
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

// Probe determines the properties of a file of size bytes. It walks the whole structure, so that truncation
// and unknown trailing data are found. It decodes no picture and holds little in memory.
func Probe(r io.ReaderAt, size int64, limits Limits) (Facts, error) {
	f, _, err := Inspect(r, size, limits)
	return f, err
}

// Inspect is Probe, and also returns the cleaned file, which reads from r.
func Inspect(r io.ReaderAt, size int64, limits Limits) (Facts, *Content, error) {
	if limits.MaxPixels == 0 {
		limits.MaxPixels = defaultMaxPixels
	}
	s := &source{r: r, size: size}
	head, err := s.head(0, 64)
	if err != nil {
		return Facts{}, nil, err
	}
	f, c, err := inspect(s, head)
	if err != nil {
		return Facts{}, nil, err
	}
	if f.Width < 1 || f.Height < 1 {
		return Facts{}, nil, malformed("it has no pixels")
	}
	if int64(f.Width)*int64(f.Height) > int64(limits.MaxPixels) {
		return Facts{}, nil, fault(TooManyPixels, "The picture has %d x %d pixels; at most %d million are taken.", f.Width, f.Height, limits.MaxPixels/1_000_000)
	}
	// Orientations from 5 on exchange width and height.
	if f.Orientation >= 5 {
		f.Width, f.Height = f.Height, f.Width
	}
	c.finalize()
	return f, c, nil
}

// inspect calls the inspection of the format that the first bytes show. The declared type is not used.
func inspect(s *source, head []byte) (Facts, *Content, error) {
	switch h := string(head); {
	case strings.HasPrefix(h, pngMagic):
		return inspectPNG(s)
	case strings.HasPrefix(h, jpegMagic):
		return inspectJPEG(s)
	case len(h) >= 12 && h[:4] == "RIFF" && h[8:12] == "WEBP":
		return inspectWebP(s)
	case len(h) >= 12 && h[4:8] == "ftyp":
		return inspectMP4(s)
	case strings.HasPrefix(h, ebmlMagic):
		return inspectWebM(s)
	default:
		return Facts{}, nil, refuse(kindOfContent(h))
	}
}
