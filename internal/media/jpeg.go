package media

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// The signatures of a JPEG and of its segments.
const (
	jpegMagic = "\xff\xd8\xff"
	jpegEXIF  = "Exif\x00\x00"
	jpegXMP   = "http://ns.adobe.com/xap/1.0/\x00"
	jpegICC   = "ICC_PROFILE\x00"
	jpegMPF   = "MPF\x00"
	// jpegGainMap identifies the description of a gain map, ISO 21496-1.
	jpegGainMap = "urn:iso:std:iso:ts:21496:-1\x00"
)

// The markers of segments that are read.
const (
	markSOS, markEOI, markSOI                = 0xda, 0xd9, 0xd8
	markAPP0, markAPP1, markAPP2             = 0xe0, 0xe1, 0xe2
	markAPP11, markAPP14, markAPP15, markCOM = 0xeb, 0xee, 0xef, 0xfe
)

// jpegWalk collects what the segments of a JPEG state.
type jpegWalk struct {
	*source
	f Facts
	c *Content
	d declared
	// exif and xmp are set after the first one: a second one is not used.
	exif, xmp bool
}

// inspectJPEG walks the segments to the end of the picture, where the cleaned file ends.
func inspectJPEG(s *source) (Facts, *Content, error) {
	w := &jpegWalk{source: s, f: Facts{Type: JPEG}, c: s.content()}
	w.c.retain(0, 2)
	end, err := s.jpegSegments(0, w.segment)
	if err != nil {
		return w.f, nil, err
	}
	if err := s.tail(end, w.d); err != nil {
		return w.f, nil, err
	}
	if end < s.size {
		w.c.drop()
	}
	return w.f, w.c, nil
}

// jpegSegments walks the JPEG that begins at off, and returns its end. visit is called for each segment with
// its marker; the last one is the start of the scan, which extends to the end.
func (s *source) jpegSegments(off int64, visit func(mark byte, from, to int64) error) (end int64, err error) {
	framed := false
	off += 2
	for range maxParts {
		h, err := s.bytes(off, 4)
		if err != nil {
			return 0, err
		}
		// Every segment begins with a marker where the previous one ends.
		if h[0] != 0xff {
			return 0, malformed("a segment does not begin where the last one ends")
		}
		if h[1] == 0xff { // Fill byte.
			off++
			continue
		}
		n := int64(binary.BigEndian.Uint16(h[2:]))
		switch {
		case h[1] == markSOS && !framed:
			return 0, malformed("its picture comes before its header")
		case h[1] == markSOS:
			if end, err = s.jpegEnd(off + 2 + n); err != nil {
				return 0, err
			}
			return end, visit(markSOS, off, end)
		// These markers have no place before the scan.
		case h[1] == markEOI || h[1] == markSOI || h[1] < 0xc0 || n < 2:
			return 0, malformed("a segment is out of place")
		case isFrame(h[1]):
			framed = true
		}
		if err := visit(h[1], off, off+2+n); err != nil {
			return 0, err
		}
		off += 2 + n
	}
	return 0, malformed("it has too many parts")
}

// isFrame reports whether a marker is that of a frame header: SOF0 to SOF15 except DHT, JPG and DAC.
func isFrame(mark byte) bool {
	return mark >= 0xc0 && mark <= 0xcf && mark != 0xc4 && mark != 0xc8 && mark != 0xcc
}

// jpegEnd reads coded data from off on. A marker within it that is neither stuffing nor a restart is either
// another segment, which is skipped, or the end of the image.
func (s *source) jpegEnd(off int64) (int64, error) {
	if off > s.size {
		return 0, truncated()
	}
	r := s.from(off, s.size)
	for last := byte(0); ; {
		b, err := r.ReadByte()
		if errors.Is(err, io.EOF) {
			return 0, truncated()
		}
		if err != nil {
			return 0, err
		}
		off++
		mark := last == 0xff && b != 0 && b != 0xff && (b < 0xd0 || b > 0xd7)
		last = b
		if !mark {
			continue
		}
		if b == markEOI {
			return off, nil
		}
		n, err := skipSegment(r)
		if err != nil {
			return 0, err
		}
		off, last = off+n, 0
	}
}

// skipSegment skips a segment by its length field.
func skipSegment(r *bufio.Reader) (int64, error) {
	b, err := r.Peek(2)
	if errors.Is(err, io.EOF) {
		return 0, truncated()
	}
	if err != nil {
		return 0, err
	}
	n := max(2, int(binary.BigEndian.Uint16(b)))
	return int64(n), discard(r, n)
}

// segment decides whether a segment is retained, replaced or left out. Of the application segments only those
// that change how the picture looks are retained.
func (w *jpegWalk) segment(mark byte, from, to int64) error {
	if mark < markAPP0 || mark > markAPP15 {
		w.c.retain(from, to)
		return w.frame(mark, from)
	}
	body, err := w.bytes(from+4, to-from-4)
	if err != nil {
		return err
	}
	switch mark {
	case markAPP1:
		w.app1Segment(from, to, body)
	case markAPP2:
		w.app2Segment(from, to, body)
	case markAPP11:
		w.c.retainSigned(from, to)
	case markAPP0, markAPP14: // JFIF and Adobe's: density and colour transform.
		w.c.retain(from, to)
	default:
		w.c.drop()
	}
	return nil
}

// app1Segment replaces the first EXIF and the first XMP by their retained parts, and leaves out all else.
func (w *jpegWalk) app1Segment(from, to int64, body []byte) {
	switch {
	case bytes.HasPrefix(body, []byte(jpegEXIF)) && !w.exif:
		w.exif = true
		tags := readEXIF(body[len(jpegEXIF):])
		w.f.Orientation = tags.orientation()
		w.replaceSegment(from, to, body, jpegEXIF, tags.write())
	case bytes.HasPrefix(body, []byte(jpegXMP)) && !w.xmp:
		w.xmp = true
		packet := body[len(jpegXMP):]
		w.d = w.d.or(declaredInXMP(packet))
		w.replaceSegment(from, to, body, jpegXMP, publicXMP(packet))
	default:
		w.c.drop()
	}
}

// app2Segment retains a colour profile. MPF and gain maps declare pictures after the end of this one, which
// are cut off, so the segments are left out.
func (w *jpegWalk) app2Segment(from, to int64, body []byte) {
	if bytes.HasPrefix(body, []byte(jpegICC)) {
		w.c.retain(from, to)
		return
	}
	if bytes.HasPrefix(body, []byte(jpegMPF)) || bytes.HasPrefix(body, []byte(jpegGainMap)) {
		w.d.pictures = true
	}
	w.c.drop()
}

// replaceSegment retains an APP1 segment whose content does not change, and otherwise writes a new one. A
// content that exceeds a segment is left out.
func (w *jpegWalk) replaceSegment(from, to int64, body []byte, prefix string, content []byte) {
	var now []byte
	if len(content) > 0 {
		now = append([]byte(prefix), content...)
	}
	if bytes.Equal(body, now) {
		w.c.retain(from, to)
		return
	}
	w.c.drop()
	if now != nil && len(now)+2 <= 0xffff {
		w.c.put(app1(now))
	}
}

// app1 returns an APP1 segment.
func app1(body []byte) []byte {
	n := len(body) + 2
	return append([]byte{0xff, markAPP1, byte(n >> 8), byte(n)}, body...)
}

// frame reads the dimensions from a frame header.
func (w *jpegWalk) frame(mark byte, from int64) error {
	if !isFrame(mark) {
		return nil
	}
	b, err := w.bytes(from+5, 4)
	if err != nil {
		return err
	}
	w.f.Height, w.f.Width = int(binary.BigEndian.Uint16(b)), int(binary.BigEndian.Uint16(b[2:]))
	return nil
}
