package media

import (
	"encoding/binary"
	"errors"
	"io"
)

// declared is the trailing data that a picture declares.
type declared struct {
	// pictures: further pictures, such as a gain map or a depth map. film: a Motion Photo.
	pictures, film bool
}

// tail requires that a picture is followed only by padding or by trailing data that cameras write and the
// file declares: the pictures of MPF, the film of a Motion Photo, Samsung's trailer. None of it is retained.
// Undeclared data are refused, because a polyglot file may hide another type there.
func (s *source) tail(end int64, d declared) error {
	limit, err := s.samsungTrailer(end)
	if err != nil {
		return err
	}
	for off, parts := end, 0; ; parts++ {
		from := off
		if off, err = s.skipPadding(off, limit); err != nil || off == limit {
			return err
		}
		next := off
		// A film begins with a length, whose first bytes may look like padding: 00 00 00 20.
		for begin := off; next == off && begin >= max(from, off-4); begin-- {
			if next, err = s.declaredPart(begin, limit, d); err != nil {
				return err
			}
			next = max(next, off)
		}
		if next == off || parts == maxParts {
			return s.trailingBytes()
		}
		off = next
	}
}

// declaredPart skips a picture or a film at off that the picture declares; it returns off when there is none.
func (s *source) declaredPart(off, limit int64, d declared) (int64, error) {
	b, err := s.head(off, 12)
	if err != nil {
		return off, err
	}
	switch {
	case d.pictures && len(b) > 2 && string(b[:3]) == jpegMagic:
		end, err := s.jpegSegments(off, func(byte, int64, int64) error { return nil })
		if isFault(err) {
			return off, nil
		}
		return end, err
	case d.film && len(b) > 7 && string(b[4:8]) == "ftyp":
		return s.boxesFrom(off, limit)
	}
	return off, nil
}

// boxesFrom skips MP4 boxes up to the first place where none begins.
func (s *source) boxesFrom(off, limit int64) (int64, error) {
	for range maxParts {
		b, ok, err := s.box(off, limit)
		if err != nil && !isFault(err) {
			return off, err
		}
		if err != nil || !ok {
			return off, nil //nolint:nilerr // What is no box ends the walk.
		}
		off = b.end
	}
	return off, nil
}

// trailingBytes is the error for undeclared trailing data.
func (s *source) trailingBytes() error {
	return fault(TrailingBytes, "Something that does not belong to it stands behind the end of the file. Save it anew with a graphics or film program.")
}

// isFault reports whether err is a fault of the file, and not an error of reading it.
func isFault(err error) bool {
	var fault *Error
	return errors.As(err, &fault)
}

// skipPadding skips zero bytes, line breaks and spaces.
func (s *source) skipPadding(off, limit int64) (int64, error) {
	if off >= limit {
		return off, nil
	}
	r := s.from(off, limit)
	for ; off < limit; off++ {
		b, err := r.ReadByte()
		if err != nil {
			return off, errors.Join(errShort, err)
		}
		if b != 0 && b != '\n' && b != '\r' && b != ' ' {
			return off, nil
		}
	}
	return off, nil
}

// errShort means that a source ended before its stated size.
var errShort = errors.New("media: the source is shorter than its size")

// samsungTrailer finds the start of the trailer that Samsung's phones write: data, then a directory SEFH that
// points back to it, the directory's length, and SEFT. Without a valid one after end it returns the end of
// the file.
func (s *source) samsungTrailer(end int64) (int64, error) {
	if s.size-end < 20 {
		return s.size, nil
	}
	foot, err := s.bytes(s.size-8, 8)
	if err != nil || string(foot[4:]) != "SEFT" {
		return s.size, err
	}
	length := int64(binary.LittleEndian.Uint32(foot))
	at := s.size - 8 - length
	if at < end || length < 12 || length > maxRead {
		return s.size, nil
	}
	dir, err := s.bytes(at, length)
	if err != nil || string(dir[:4]) != "SEFH" {
		return s.size, err
	}
	start := at
	for i := 12; i+12 <= len(dir); i += 12 {
		start = min(start, at-int64(binary.LittleEndian.Uint32(dir[i+4:])))
	}
	if start < end {
		return s.size, nil
	}
	return start, nil
}

// discard skips n bytes of r; a file that ends earlier is truncated.
func discard(r interface{ Discard(n int) (int, error) }, n int) error {
	if _, err := r.Discard(n); errors.Is(err, io.EOF) {
		return truncated()
	} else if err != nil {
		return err
	}
	return nil
}
