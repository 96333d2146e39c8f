package media

import (
	"io"
)

// maxParts bounds how many segments, chunks, boxes or elements of a file are read, so that a file of many
// tiny parts cannot occupy a processor. A file of 100 MB with parts of 8 KiB, as encoders write them, has an
// eighth of that.
const maxParts = 100_000

// piece is a part of the cleaned file: bytes of the source, bytes of its own, or zero bytes in place of the
// source's.
type piece struct {
	from, to int64
	data     []byte
	blank    bool
	signed   bool
}

// size is the length of the piece in the cleaned file.
func (p piece) size() int64 {
	if p.data != nil {
		return int64(len(p.data))
	}
	return p.to - p.from
}

// Content is the cleaned file: without trailing data, and without metadata that reveals a place or an owner.
type Content struct {
	source  io.ReaderAt
	size    int64 // of the source
	pieces  []piece
	changed bool
}

// retain takes over the source's bytes between from and to. Adjacent ranges become one piece.
func (c *Content) retain(from, to int64) {
	if n := len(c.pieces) - 1; n >= 0 {
		last := &c.pieces[n]
		if last.data == nil && !last.blank && !last.signed && last.to == from {
			last.to = to
			return
		}
	}
	c.pieces = append(c.pieces, piece{from: from, to: to})
}

// put adds data.
func (c *Content) put(data []byte) {
	c.pieces = append(c.pieces, piece{data: data})
}

// retainSigned takes over a signed manifest of origin, unless anything else of the file changes: its
// signature would be invalid then.
func (c *Content) retainSigned(from, to int64) {
	c.pieces = append(c.pieces, piece{from: from, to: to, signed: true})
}

// blank adds zero bytes in place of the source's.
func (c *Content) blank(from, to int64) {
	c.pieces = append(c.pieces, piece{from: from, to: to, blank: true})
	c.changed = true
}

// drop records that something was left out.
func (c *Content) drop() { c.changed = true }

// finalize removes signed manifests when something else changed.
func (c *Content) finalize() {
	if !c.changed {
		return
	}
	kept := c.pieces[:0]
	for _, p := range c.pieces {
		if !p.signed {
			kept = append(kept, p)
		}
	}
	c.pieces = kept
}

// Changed reports whether any part of the file is left out or replaced.
func (c *Content) Changed() bool { return c.changed }

// Size is the length of the cleaned file.
func (c *Content) Size() int64 {
	if !c.changed {
		return c.size
	}
	n := int64(0)
	for _, p := range c.pieces {
		n += p.size()
	}
	return n
}

// Reader reads the cleaned file piece by piece, without holding it in memory.
func (c *Content) Reader() io.Reader {
	if !c.changed {
		return io.NewSectionReader(c.source, 0, c.size)
	}
	return &contentReader{source: c.source, pieces: c.pieces}
}

// contentReader reads pieces one after the other.
type contentReader struct {
	source io.ReaderAt
	pieces []piece
	done   int64 // bytes read of the first piece
}

// Read implements io.Reader.
func (r *contentReader) Read(b []byte) (int, error) {
	for len(r.pieces) > 0 && r.done == r.pieces[0].size() {
		r.pieces, r.done = r.pieces[1:], 0
	}
	if len(r.pieces) == 0 {
		return 0, io.EOF
	}
	if len(b) == 0 {
		return 0, nil
	}
	p := r.pieces[0]
	b = b[:min(int64(len(b)), p.size()-r.done)]
	n, err := len(b), error(nil)
	switch {
	case p.data != nil:
		copy(b, p.data[r.done:])
	case p.blank:
		clear(b)
	default:
		if n, err = r.source.ReadAt(b, p.from+r.done); n > 0 {
			err = nil
		}
	}
	r.done += int64(n)
	if err == io.EOF { //nolint:errorlint // ReadAt answers it as it is; the source became shorter.
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
