package media

import (
	"encoding/binary"
	"math"
	"slices"
)

// ebmlMagic is the id of the EBML header.
const ebmlMagic = "\x1a\x45\xdf\xa3"

// The WebM elements that are read.
const (
	ebmlHeader, ebmlDocType               = 0x1a45dfa3, 0x4282
	segment, segmentInfo                  = 0x18538067, 0x1549a966
	timeScale, duration                   = 0x2ad7b1, 0x4489
	tracks, trackEntry                    = 0x1654ae6b, 0xae
	codecID, videoPart, audioPart         = 0x86, 0xe0, 0xe1
	pixelWidth, pixelHeight               = 0xb0, 0xba
	cropBottom, cropTop                   = 0x54aa, 0x54bb
	cropLeft, cropRight                   = 0x54cc, 0x54dd
	displayWidth, displayHeight           = 0x54b0, 0x54ba
	displayUnit, projection, poseRoll     = 0x54b2, 0x7670, 0x7675
	cluster, clusterTime, simpleBlock     = 0x1f43b675, 0xe7, 0xa3
	blockGroup, groupBlock, blockDuration = 0xa0, 0xa1, 0x9b
	defaultDuration                       = 0x23e383
)

// webmCodecs are the accepted codecs.
var webmCodecs = []string{"", "V_VP8", "V_VP9", "V_AV1", "V_MPEG4/ISO/AVC", "V_MPEGH/ISO/HEVC"}

// element is a WebM element: its content is from body to end.
type element struct {
	id        uint64
	body, end int64
	// open is set when the length is unknown, as in live recordings; the element then extends to the end of
	// its parent.
	open bool
}

// vint reads a variable-length number of EBML; withMark leaves its length marker in, as ids include it.
func (s *source) vint(off int64, withMark bool) (v uint64, n int64, unknown bool, err error) {
	first, err := s.bytes(off, 1)
	if err != nil {
		return 0, 0, false, err
	}
	n = 1
	for mask := byte(0x80); n <= 8 && first[0]&mask == 0; mask >>= 1 {
		n++
	}
	if n > 8 {
		return 0, 0, false, malformed("a length is absurd")
	}
	b, err := s.bytes(off, n)
	if err != nil {
		return 0, 0, false, err
	}
	if !withMark {
		b[0] &= byte(0xff >> n)
	}
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v, n, !withMark && v == 1<<(7*n)-1, nil
}

// element reads the element at off.
func (s *source) element(off, end int64) (element, error) {
	id, n, _, err := s.vint(off, true)
	if err != nil {
		return element{}, err
	}
	size, m, unknown, err := s.vint(off+n, false)
	if err != nil {
		return element{}, err
	}
	body := off + n + m
	if unknown {
		size = uint64(max(0, end-body))
	}
	if size > uint64(max(0, end-body)) {
		return element{}, truncated()
	}
	return element{id: id, body: body, end: body + int64(size), open: unknown}, nil
}

// elements reads the elements between from and end.
func (s *source) elements(from, end int64) ([]element, error) {
	var out []element
	for off := from; off < end; {
		e, err := s.element(off, end)
		if err != nil {
			return nil, err
		}
		if len(out) == maxParts {
			return nil, malformed("it has too many parts")
		}
		out = append(out, e)
		off = e.end
	}
	return out, nil
}

// pick returns the first element with an id.
func pick(elements []element, id uint64) (element, bool) {
	i := slices.IndexFunc(elements, func(e element) bool { return e.id == id })
	if i < 0 {
		return element{}, false
	}
	return elements[i], true
}

// inspectWebM reads the document type, codec, length and the size of the first video track. The segment must
// be the rest of the file, except for padding.
func inspectWebM(s *source) (Facts, *Content, error) {
	f, c := Facts{Type: WebM}, s.content()
	top, err := s.topElements(c)
	if err != nil {
		return f, nil, err
	}
	if kind, err := s.text(top[0], ebmlDocType); err != nil || kind != "webm" {
		return f, nil, refuse(kindMKV)
	}
	inside, err := s.elements(top[1].body, top[1].end)
	if err != nil {
		return f, nil, err
	}
	list, ok := pick(inside, tracks)
	if !ok {
		return f, nil, malformed("it has no tracks")
	}
	entries, err := s.elements(list.body, list.end)
	if err != nil {
		return f, nil, err
	}
	track, err := s.webmTrack(entries)
	if err != nil {
		return f, nil, err
	}
	if f.Width, f.Height, err = s.webmSize(track); err != nil {
		return f, nil, err
	}
	f.Seconds, err = s.webmSeconds(inside, top[1], entries)
	return f, c, err
}

// topElements are the header and the segment, which together are the file.
func (s *source) topElements(c *Content) ([]element, error) {
	header, err := s.element(0, s.size)
	if err != nil {
		return nil, err
	}
	body, err := s.element(header.end, s.size)
	if err != nil {
		return nil, err
	}
	if header.id != ebmlHeader || body.id != segment {
		return nil, malformed("it has no segment")
	}
	c.retain(0, body.end)
	if body.end == s.size {
		return []element{header, body}, nil
	}
	c.drop()
	if rest, err := s.skipPadding(body.end, s.size); err != nil || rest < s.size {
		return nil, s.trailingBytes()
	}
	return []element{header, body}, nil
}

// text reads the string in an element of parent; "" when it is missing.
func (s *source) text(parent element, id uint64) (string, error) {
	inside, err := s.elements(parent.body, parent.end)
	if err != nil {
		return "", err
	}
	e, ok := pick(inside, id)
	if !ok {
		return "", nil
	}
	b, err := s.bytes(e.body, e.end-e.body)
	return string(b), err
}

// webmTrack finds the parts of the first video track, whose codec must be accepted.
func (s *source) webmTrack(entries []element) ([]element, error) {
	sound := false
	for _, e := range entries {
		if e.id != trackEntry {
			continue
		}
		parts, err := s.elements(e.body, e.end)
		if err != nil {
			return nil, err
		}
		if _, ok := pick(parts, audioPart); ok {
			sound = true
		}
		if _, ok := pick(parts, videoPart); !ok {
			continue
		}
		codec, err := s.text(e, codecID)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(webmCodecs, codec) {
			return nil, fault(TypeNotAllowed, "The film is stored as %q, which browsers do not play. Save it as WebM with VP9.", codec)
		}
		return parts, nil
	}
	if sound {
		return nil, refuse(kindSound)
	}
	return nil, malformed("it has no video track")
}

// webmSize is the displayed size: the pixels, cropped, or the display size; rotated by the pose.
func (s *source) webmSize(track []element) (width, height int, err error) {
	video, _ := pick(track, videoPart)
	parts, err := s.elements(video.body, video.end)
	if err != nil {
		return 0, 0, err
	}
	number := func(id uint64) float64 {
		e, ok := pick(parts, id)
		if !ok {
			return 0
		}
		v, wrong := s.number(e)
		if wrong != nil || v > math.MaxInt32 {
			err = malformed("a track has no size")
		}
		return float64(v)
	}
	w := number(pixelWidth) - number(cropLeft) - number(cropRight)
	h := number(pixelHeight) - number(cropTop) - number(cropBottom)
	if shownW, shownH := number(displayWidth), number(displayHeight); shownW > 0 && shownH > 0 {
		switch number(displayUnit) {
		case 0: // Pixels.
			w, h = shownW, shownH
		case 1, 2, 3: // Lengths, or an aspect: the picture keeps its height.
			w = h * shownW / shownH
		}
	}
	if err == nil && s.isTurned(parts) {
		w, h = h, w
	}
	return pixelCount(w), pixelCount(h), err
}

// isTurned reports whether a film is rotated by a quarter.
func (s *source) isTurned(video []element) bool {
	p, ok := pick(video, projection)
	if !ok {
		return false
	}
	parts, err := s.elements(p.body, p.end)
	if err != nil {
		return false
	}
	roll, ok := pick(parts, poseRoll)
	if !ok {
		return false
	}
	degrees, err := s.float(roll)
	return err == nil && math.Abs(math.Abs(degrees)-90) < 1
}

// number reads an unsigned integer of up to 8 bytes.
func (s *source) number(e element) (v uint64, err error) {
	if e.end-e.body > 8 {
		return 0, malformed("a number is too long")
	}
	b, err := s.bytes(e.body, e.end-e.body)
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v, err
}

// float reads a number of 4 or 8 bytes; 0 for an empty element.
func (s *source) float(e element) (float64, error) {
	b, err := s.bytes(e.body, e.end-e.body)
	switch len(b) {
	case 4:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(b))), err
	case 8:
		return math.Float64frombits(binary.BigEndian.Uint64(b)), err
	}
	return 0, err
}
