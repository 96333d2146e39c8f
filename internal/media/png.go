package media

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"strings"
)

const (
	pngMagic = "\x89PNG\r\n\x1a\n"
	pngXMP   = "XML:com.adobe.xmp"
)

// inspectPNG walks the chunks, each with its checksum, from IHDR to IEND.
func inspectPNG(s *source) (Facts, *Content, error) {
	f, c := Facts{Type: PNG}, s.content()
	c.keep(0, int64(len(pngMagic)))
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

func (s *source) pngEnd(c *Content, data bool, end int64) error {
	if !data {
		return malformed("it holds no picture")
	}
	if end < s.size {
		c.drop()
	}
	return s.tail(end, declared{})
}

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

// pngSum checks a chunk's checksum, reading it in pieces.
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

// pngChunk decides what becomes of a chunk.
func (s *source) pngChunk(f *Facts, c *Content, kind string, from, end int64) error {
	switch kind {
	case "acTL":
		f.Animated = true
	case "caBX":
		c.keepSigned(from, end)
		return nil
	case "eXIf":
		return s.pngEXIF(f, c, from, end)
	case "tEXt", "zTXt", "iTXt":
		return s.pngText(c, kind, from, end)
	}
	c.keep(from, end)
	return nil
}

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
		c.keep(from, end)
	} else {
		c.drop()
		if len(now) > 0 {
			c.put(pngChunkOf("eXIf", now))
		}
	}
	return nil
}

// pngText keeps texts but those that hold a camera's or an author's data.
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
		// The rest is two bytes on compression, a language and a translated keyword, both empty and ended by a zero byte.
		packet, plain := bytes.CutPrefix(rest, []byte("\x00\x00\x00\x00"))
		if !plain || end-from-12 > maxRead {
			c.drop()
			return nil
		}
		now := publicXMP(packet)
		if bytes.Equal(now, packet) {
			c.keep(from, end)
			return nil
		}
		c.drop()
		if len(now) > 0 {
			c.put(pngXMPChunk(now))
		}
	case private:
		c.drop()
	default:
		c.keep(from, end)
	}
	return nil
}

func pngXMPChunk(packet []byte) []byte {
	return pngChunkOf("iTXt", append([]byte(pngXMP+"\x00\x00\x00\x00\x00"), packet...))
}

func pngChunkOf(kind string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, kind...), body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}
