package media

import (
	"encoding/binary"
	"hash/crc32"
	"io"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// probePNG walks the chunks, each with its checksum, from IHDR to IEND.
func probePNG(s *source) (Facts, error) {
	f := Facts{Type: PNG}
	data := false
	for off := int64(len(pngMagic)); ; {
		h, err := s.bytes(off, 8)
		if err != nil {
			return f, err
		}
		n, kind := int64(binary.BigEndian.Uint32(h)), string(h[4:])
		if off+12+n > s.size {
			return f, truncated()
		}
		if err := s.pngSum(off, n); err != nil {
			return f, err
		}
		switch {
		case (kind == "IHDR") != (off == int64(len(pngMagic))):
			return f, malformed("its header is not first")
		case kind == "IHDR":
			if f.Width, f.Height, err = s.pngSize(off, n); err != nil {
				return f, err
			}
		case kind == "IDAT":
			data = true
		case kind == "IEND" && !data:
			return f, malformed("it holds no picture")
		case kind == "IEND":
			return f, s.endsAt(off + 12 + n)
		}
		off += 12 + n
	}
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

// endsAt makes sure that the file ends where its structure does.
func (s *source) endsAt(off int64) error {
	if off != s.size {
		return fault(TrailingBytes, "Something else hangs on behind the end of the file. Save it anew with a graphics program.")
	}
	return nil
}

// probeJPEG walks the segments to the frame's header, then the coded data to the end mark.
func probeJPEG(s *source) (Facts, error) {
	f := Facts{Type: JPEG}
	for off := int64(2); ; {
		h, err := s.bytes(off, 4)
		if err != nil {
			return f, err
		}
		if h[0] != 0xff {
			return f, malformed("a segment does not begin where the last one ends")
		}
		if h[1] == 0xff { // Fill byte.
			off++
			continue
		}
		n := int64(binary.BigEndian.Uint16(h[2:]))
		switch {
		case h[1] == 0xda:
			if f.Width == 0 {
				return f, malformed("its picture comes before its header")
			}
			return f, s.jpegEnd(off + 2 + n)
		case h[1] == 0xd9 || h[1] == 0xd8 || h[1] < 0xc0 || n < 2:
			return f, malformed("a segment is out of place")
		case isFrame(h[1]):
			b, err := s.bytes(off+5, 4)
			if err != nil {
				return f, err
			}
			f.Height, f.Width = int(binary.BigEndian.Uint16(b)), int(binary.BigEndian.Uint16(b[2:]))
		}
		off += 2 + n
	}
}

// isFrame tells a frame's header by its mark: SOF0 to SOF15 but DHT, JPG and DAC.
func isFrame(mark byte) bool {
	return mark >= 0xc0 && mark <= 0xcf && mark != 0xc4 && mark != 0xc8 && mark != 0xcc
}

// jpegEnd reads coded data from off on: within it, a mark that is neither stuffing nor a restart is either another
// segment, which is stepped over, or the end of the image, which must be the end of the file.
func (s *source) jpegEnd(off int64) error {
	buf := make([]byte, maxRead)
	last := byte(0)
	for off < s.size {
		n, err := s.r.ReadAt(buf[:min(maxRead, s.size-off)], off)
		if n == 0 {
			return err
		}
		skipped := false
		for i, b := range buf[:n] {
			mark := last == 0xff && b != 0 && b != 0xff && (b < 0xd0 || b > 0xd7)
			last = b
			if !mark {
				continue
			}
			at := off + int64(i) + 1
			if b == 0xd9 {
				return s.endsAt(at)
			}
			length, err := s.bytes(at, 2)
			if err != nil {
				return err
			}
			off, last, skipped = at+int64(binary.BigEndian.Uint16(length)), 0, true
			break
		}
		if !skipped {
			off += int64(n)
		}
	}
	return truncated()
}

// probeWebP walks the chunks of the RIFF container, which must be the whole file.
func probeWebP(s *source) (Facts, error) {
	f := Facts{Type: WebP}
	h, err := s.bytes(0, 12)
	if err != nil {
		return f, err
	}
	end := 8 + int64(binary.LittleEndian.Uint32(h[4:]))
	if end > s.size {
		return f, truncated()
	}
	picture := false
	for off := int64(12); off < end; {
		c, err := s.bytes(off, 8)
		if err != nil {
			return f, err
		}
		n := int64(binary.LittleEndian.Uint32(c[4:]))
		if off+8+n > end {
			return f, truncated()
		}
		kind := string(c[:4])
		w, ht, err := s.webpSize(kind, off+8, n)
		if err != nil {
			return f, err
		}
		picture = picture || kind == "VP8 " || kind == "VP8L" || kind == "ANMF"
		if f.Width == 0 {
			f.Width, f.Height = w, ht
		} else if w > 0 && (w > f.Width || ht > f.Height) {
			return f, malformed("its picture is larger than its canvas")
		}
		off += 8 + n + n&1
	}
	if !picture {
		return f, malformed("it holds no picture")
	}
	return f, s.endsAt(end + end&1)
}

// webpSize reads the dimensions a chunk states; 0 for one that states none.
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
	case kind == "VP8 " && b[3] == 0x9d && b[4] == 0x01 && b[5] == 0x2a:
		return int(binary.LittleEndian.Uint16(b[6:]) & 0x3fff), int(binary.LittleEndian.Uint16(b[8:]) & 0x3fff), nil
	default:
		return 0, 0, malformed("its picture has no header")
	}
}
