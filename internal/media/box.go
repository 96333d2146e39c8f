package media

import (
	"encoding/binary"
	"math"
	"slices"
)

// box is an MP4 box: it begins at start, its content is from body to end.
type box struct {
	kind             string
	start, body, end int64
}

// size is the length of the content.
func (b box) size() int64 { return b.end - b.body }

// box reads the box at off; ok is false when the bytes there are no box header. A size of 0 extends to the
// end, a size of 1 is followed by a size of 64 bits.
func (s *source) box(off, end int64) (b box, ok bool, err error) {
	if end-off < 8 {
		return box{}, false, nil
	}
	h, err := s.bytes(off, 8)
	if err != nil {
		return box{}, false, err
	}
	if !isKind(h[4:]) {
		return box{}, false, nil
	}
	n, head := int64(binary.BigEndian.Uint32(h)), int64(8)
	switch n {
	case 0: // To the end; only the last box may have it.
		n = end - off
	case 1:
		wide, err := s.bytes(off+8, 8)
		if err != nil {
			return box{}, false, err
		}
		n, head = int64(binary.BigEndian.Uint64(wide)&math.MaxInt64), 16
	}
	if n < head {
		return box{}, false, malformed("a box is shorter than its header")
	}
	// A box that exceeds its parent: the file was cut off.
	if n > end-off {
		return box{}, false, truncated()
	}
	return box{kind: string(h[4:]), start: off, body: off + head, end: off + n}, true, nil
}

// boxes reads the boxes between from and end, which they must fill. Padding may follow: QuickTime ends some
// lists with 4 zero bytes.
func (s *source) boxes(from, end int64) ([]box, error) {
	out, off, err := s.someBoxes(from, end)
	if err != nil {
		return nil, err
	}
	if off, err = s.skipPadding(off, end); err == nil && off < end {
		err = malformed("its boxes do not fill it")
	}
	return out, err
}

// someBoxes reads boxes up to the first place where none begins.
func (s *source) someBoxes(from, end int64) (out []box, off int64, err error) {
	for off = from; off < end; {
		b, ok, err := s.box(off, end)
		if err != nil || !ok {
			return out, off, err
		}
		if len(out) == maxParts {
			return out, off, malformed("it has too many parts")
		}
		out = append(out, b)
		off = b.end
	}
	return out, off, nil
}

// isKind reports whether four bytes can be the name of a box. 0xa9 is the copyright sign that QuickTime's
// names begin with.
func isKind(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c < 0x20 || c > 0x7e && c != 0xa9 })
}

// find returns the first box of a kind.
func find(boxes []box, kind string) (box, bool) {
	i := slices.IndexFunc(boxes, func(b box) bool { return b.kind == kind })
	if i < 0 {
		return box{}, false
	}
	return boxes[i], true
}

// inside reads the boxes within the first box of a kind; none when there is no such box.
func (s *source) inside(boxes []box, kind string) ([]box, error) {
	b, ok := find(boxes, kind)
	if !ok {
		return nil, nil
	}
	return s.boxes(b.body, b.end)
}

// fields reads the first n bytes of a box's content, fewer when it is shorter.
func (s *source) fields(b box, n int64) ([]byte, error) {
	return s.bytes(b.body, min(n, b.size()))
}
