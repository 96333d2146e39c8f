package media

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// The flags of VP8X.
const (
	webpAnimated, webpXMP, webpEXIF, webpAlpha = 0x02, 0x04, 0x08, 0x10
)

// webpWalk collects what the chunks of a WebP state.
type webpWalk struct {
	*source
	f       Facts
	c       *Content
	picture bool
	// header is VP8X, with the flags as they will be written; headerAt is its index among the pieces, -1
	// without one.
	header    []byte
	headerAt  int
	exif, xmp bool
	hasEXIF   bool
	hasXMP    bool
}

// inspectWebP walks the chunks of the RIFF container.
func inspectWebP(s *source) (Facts, *Content, error) {
	w := &webpWalk{source: s, f: Facts{Type: WebP}, c: s.content(), headerAt: -1}
	h, err := s.bytes(0, 12)
	if err != nil {
		return w.f, nil, err
	}
	end := 8 + int64(binary.LittleEndian.Uint32(h[4:]))
	if end > s.size {
		return w.f, nil, truncated()
	}
	w.c.put(h)
	if err := w.chunks(end); err != nil {
		return w.f, nil, err
	}
	end = min(end+end&1, s.size)
	if !w.picture {
		return w.f, nil, malformed("it holds no picture")
	}
	if err := s.tail(end, declared{}); err != nil {
		return w.f, nil, err
	}
	if end < s.size {
		w.c.drop()
	}
	w.finish()
	return w.f, w.c, nil
}

// chunks walks the chunks up to the stated length, which may omit the padding of the last one.
func (w *webpWalk) chunks(end int64) error {
	parts := 0
	for off := int64(12); off < end; parts++ {
		c, err := w.bytes(off, 8)
		if err != nil {
			return err
		}
		n := int64(binary.LittleEndian.Uint32(c[4:]))
		if off+8+n > end {
			return truncated()
		}
		if parts == maxParts {
			return malformed("it has too many parts")
		}
		next := off + 8 + n + n&1
		if err := w.chunk(string(c[:4]), off, n, min(next, w.size)); err != nil {
			return err
		}
		off = next
	}
	return nil
}

// chunk decides whether a chunk is retained, replaced or left out. No picture may exceed its canvas, on which
// the pixel limit is checked.
func (w *webpWalk) chunk(kind string, off, n, next int64) error {
	width, height, err := w.webpSize(kind, off+8, n)
	if err != nil {
		return err
	}
	w.picture = w.picture || kind == "VP8 " || kind == "VP8L" || kind == "ANMF"
	w.f.Animated = w.f.Animated || kind == "ANMF"
	if w.f.Width == 0 {
		w.f.Width, w.f.Height = width, height
	} else if width > 0 && (width > w.f.Width || height > w.f.Height) {
		return malformed("its picture is larger than its canvas")
	}
	switch kind {
	case "VP8X":
		if w.header != nil {
			return malformed("it has two headers")
		}
		w.header, err = w.bytes(off, 8+n)
		w.headerAt = len(w.c.pieces)
		w.c.put(w.header)
		return err
	case "EXIF":
		return w.exifChunk(off, n, next)
	case "XMP ":
		return w.xmpChunk(off, n, next)
	case "C2PA":
		w.c.retainSigned(off, next)
	default:
		w.c.retain(off, next)
	}
	return nil
}

// exifChunk replaces EXIF by its retained fields. A second one, or one that is too large, is left out.
func (w *webpWalk) exifChunk(off, n, next int64) error {
	body, err := w.bytes(off+8, min(n, maxRead))
	if err != nil {
		return err
	}
	if w.exif || n > maxRead {
		w.c.drop()
		return nil
	}
	w.exif = true
	tags := readEXIF(bytes.TrimPrefix(body, []byte(jpegEXIF)))
	w.f.Orientation = tags.orientation()
	now := tags.write()
	w.hasEXIF = len(now) > 0
	w.replaceChunk("EXIF", off, next, body, now)
	return nil
}

// xmpChunk replaces XMP by its retained properties. A second one, or one that is too large, is left out.
func (w *webpWalk) xmpChunk(off, n, next int64) error {
	body, err := w.bytes(off+8, min(n, maxRead))
	if err != nil {
		return err
	}
	if w.xmp || n > maxRead {
		w.c.drop()
		return nil
	}
	w.xmp = true
	now := publicXMP(body)
	w.hasXMP = len(now) > 0
	w.replaceChunk("XMP ", off, next, body, now)
	return nil
}

// replaceChunk retains a chunk whose content does not change, and otherwise writes a new one.
func (w *webpWalk) replaceChunk(kind string, off, next int64, body, now []byte) {
	if bytes.Equal(body, now) {
		w.c.retain(off, next)
		return
	}
	w.c.drop()
	if len(now) > 0 {
		w.c.put(riffChunk(kind, now))
	}
}

// finish writes flags and length again when something changed.
func (w *webpWalk) finish() {
	w.c.finalize()
	if !w.c.changed {
		return
	}
	if w.headerAt >= 0 {
		w.header[8] &^= webpXMP | webpEXIF
		if w.hasEXIF {
			w.header[8] |= webpEXIF
		}
		if w.hasXMP {
			w.header[8] |= webpXMP
		}
	}
	size := w.c.Size()
	if size&1 == 1 { // The last chunk has no padding byte.
		w.c.put([]byte{0})
		size++
	}
	binary.LittleEndian.PutUint32(w.c.pieces[0].data[4:], uint32(size-8))
}

// webpSize reads the dimensions that a chunk states; 0 for a chunk without.
func (s *source) webpSize(kind string, off, n int64) (width, height int, err error) {
	need := int64(10)
	switch kind {
	case "VP8X", "VP8 ":
	case "VP8L":
		need = 5
	default:
		return 0, 0, nil
	}
	if n < need {
		return 0, 0, malformed("a header is too short")
	}
	b, err := s.bytes(off, need)
	if err != nil {
		return 0, 0, err
	}
	switch {
	case kind == "VP8X":
		return 1 + (int(b[4]) | int(b[5])<<8 | int(b[6])<<16), 1 + (int(b[7]) | int(b[8])<<8 | int(b[9])<<16), nil
	case kind == "VP8L" && b[0] == 0x2f:
		bits := binary.LittleEndian.Uint32(b[1:])
		return 1 + int(bits&0x3fff), 1 + int(bits>>14&0x3fff), nil
	case kind == "VP8 " && strings.HasPrefix(string(b[3:]), "\x9d\x01\x2a"):
		return int(binary.LittleEndian.Uint16(b[6:]) & 0x3fff), int(binary.LittleEndian.Uint16(b[8:]) & 0x3fff), nil
	default:
		return 0, 0, malformed("its picture has no header")
	}
}

// riffChunk returns a chunk, padded to an even length.
func riffChunk(kind string, body []byte) []byte {
	b := append(binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body))), body...)
	if len(body)%2 == 1 {
		b = append(b, 0)
	}
	return b
}
