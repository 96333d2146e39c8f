package media

import (
	"bufio"
	"fmt"
	"io"
)

// source reads a file whose length is known.
type source struct {
	r    io.ReaderAt
	size int64
}

// maxRead is the most that is read at once, so that no length in a file costs more memory.
const maxRead = 64 << 10

// bytes reads n bytes at off; a file that ends earlier is truncated.
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

// head reads up to n bytes at off.
func (s *source) head(off, n int64) ([]byte, error) { return s.bytes(off, max(0, min(n, s.size-off))) }

// from reads from off to end through a buffer.
func (s *source) from(off, end int64) *bufio.Reader {
	return bufio.NewReaderSize(io.NewSectionReader(s.r, off, end-off), int(max(16, min(maxRead, end-off))))
}

// content begins the plan of the cleaned file.
func (s *source) content() *Content { return &Content{source: s.r, size: s.size} }
