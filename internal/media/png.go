package media

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"strings"
)

// The signature of a PNG, and the keyword of XMP.
const (
	pngMagic = "\x89PNG\r\n\x1a\n"
	pngXMP   = "XML:com.adobe.xmp"
)

// inspectPNG walks the chunks, each with its checksum, from IHDR to IEND.
func inspectPNG(s *source) (Facts, *Content, error) {
	f, c := Facts{Type: PNG}, s.content()
	c.retain(0, int64(len(pngMagic)))
	data := false
	for off, parts := int64(len(pngMagic)), 0; parts < maxParts; parts++ {
		h, err := s.bytes(off, 8)
		if err != nil {
			return f, nil, err
		}
		n, kind := int64(binary.BigEndian.Uint32(h)), string(h[4:])
		end := off + 12 + n
		if end > s.size {
			return f, nil, truncated()
		}
		if err := s.pngSum(off, n); err != nil {
			return f, nil, err
		}
		// IHDR must be the first chunk, and the only one.
		if (kind == "IHDR") != (off == int64(len(pngMagic))) {
			return f, nil, malformed("its header is not first")
		}
		if kind == "IHDR" {
			if f.Width, f.Height, err = s.pngSize(off, n); err != nil {
				return f, nil, err
			}
		}
		data = data || kind == "IDAT"
		if err := s.pngChunk(&f, c, kind, off, end); err != nil {
			return f, nil, err
		}
		off = end
		if kind == "IEND" {
			return f, c, s.pngEnd(c, data, end)
		}
	}
	return f, nil, malformed("it has too many parts")
}

// pngEnd checks what follows IEND.
func (s *source) pngEnd(c *Content, data bool, end int64) error {
	if !data {
		return malformed("it holds no picture")
	}
	if end < s.size {
		c.drop()
	}
	return s.tail(end, declared{})
}

// pngSize reads the dimensions from IHDR.
func (s *source) pngSize(off, n int64) (width, height int, err error) {
	if n != 13 {
		return 0, 0, malformed("its header has the wrong length")
	}
	b, err := s.bytes(off+8, 8)
	if err != nil {
		return 0, 0, err
	}
	return int(binary.BigEndian.Uint32(b)), int(binary.BigEndian.Uint32(b[4:])), nil
}

// pngSum verifies the checksum of a chunk, in pieces.
func (s *source) pngSum(off, n int64) error {
	sum := crc32.NewIEEE()
	if _, err := io.Copy(sum, io.NewSectionReader(s.r, off+4, 4+n)); err != nil {
		return err
	}
	want, err := s.bytes(off+8+n, 4)
	if err != nil {
		return err
	}
	if sum.Sum32() != binary.BigEndian.Uint32(want) {
		return malformed("a checksum does not fit")
	}
	return nil
}

// pngChunk decides whether a chunk is retained, replaced or left out.
func (s *source) pngChunk(f *Facts, c *Content, kind string, from, end int64) error {
	switch kind {
	case "acTL":
		f.Animated = true
	case "caBX":
		c.retainSigned(from, end)
		return nil
	case "eXIf":
		return s.pngEXIF(f, c, from, end)
	case "tEXt", "zTXt", "iTXt":
		return s.pngText(c, kind, from, end)
	}
	c.retain(from, end)
	return nil
}

// pngEXIF replaces EXIF by its retained fields. It is left out when it is too large to be read.
func (s *source) pngEXIF(f *Facts, c *Content, from, end int64) error {
	body, err := s.bytes(from+8, end-from-12)
	if isFault(err) {
		c.drop() // Larger than what is read.
		return nil
	}
	if err != nil {
		return err
	}
	tags := readEXIF(body)
	if f.Orientation == 0 {
		f.Orientation = tags.orientation()
	}
	if now := tags.write(); bytes.Equal(body, now) {
		c.retain(from, end)
	} else {
		c.drop()
		if len(now) > 0 {
			c.put(pngChunkOf("eXIf", now))
		}
	}
	return nil
}

// pngText retains texts except those with data of a camera or an author.
func (s *source) pngText(c *Content, kind string, from, end int64) error {
	body, err := s.head(from+8, min(end-from-12, maxRead))
	if err != nil {
		return err
	}
	keyword, rest, _ := bytes.Cut(body, []byte{0})
	name := strings.ToLower(string(keyword))
	private := name == "author" || strings.HasPrefix(name, "raw profile type ") || strings.HasPrefix(name, "exif:")
	switch {
	case kind == "iTXt" && string(keyword) == pngXMP:
		// Two bytes on compression, then language and translated keyword, here empty, each ended by a zero byte.
		packet, plain := bytes.CutPrefix(rest, []byte("\x00\x00\x00\x00"))
		if !plain || end-from-12 > maxRead {
			c.drop()
			return nil
		}
		now := publicXMP(packet)
		if bytes.Equal(now, packet) {
			c.retain(from, end)
			return nil
		}
		c.drop()
		if len(now) > 0 {
			c.put(pngXMPChunk(now))
		}
	case private:
		c.drop()
	default:
		c.retain(from, end)
	}
	return nil
}

// pngXMPChunk returns an uncompressed iTXt chunk with XMP.
func pngXMPChunk(packet []byte) []byte {
	return pngChunkOf("iTXt", append([]byte(pngXMP+"\x00\x00\x00\x00\x00"), packet...))
}

// pngChunkOf returns a chunk with its length and checksum.
func pngChunkOf(kind string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, kind...), body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}
