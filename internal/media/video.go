package media

import (
	"encoding/binary"
	"math"
	"slices"
)

// maxBoxes bounds how many boxes or elements of one level are looked at.
const maxBoxes = 10_000

// box is an MP4 box: its content is from body to end.
type box struct {
	kind      string
	body, end int64
}

// brands are the first four letters of ftyp that are taken: ISO base media with H.264, HEVC or AV1, and DASH.
var brands = []string{"isom", "iso2", "iso3", "iso4", "iso5", "iso6", "iso7", "iso8", "iso9", "mp41", "mp42", "avc1", "av01", "M4V ", "dash", "msdh"}

// boxes reads the boxes between from and end, which they must fill exactly.
func (s *source) boxes(from, end int64) ([]box, error) {
	var out []box
	for off := from; off < end; {
		if end-off < 8 || len(out) == maxBoxes {
			return nil, s.overhang(off, end)
		}
		h, err := s.bytes(off, 8)
		if err != nil {
			return nil, err
		}
		n, head := int64(binary.BigEndian.Uint32(h)), int64(8)
		switch n {
		case 0: // To the end; only the last box may.
			n = end - off
		case 1:
			wide, err := s.bytes(off+8, 8)
			if err != nil {
				return nil, err
			}
			n, head = int64(binary.BigEndian.Uint64(wide)&math.MaxInt64), 16
		}
		if !isKind(h[4:]) {
			return nil, s.overhang(off, end)
		}
		if n < head {
			return nil, malformed("a box is shorter than its header")
		}
		if n > end-off {
			return nil, truncated()
		}
		out = append(out, box{kind: string(h[4:]), body: off + head, end: off + n})
		off += n
	}
	return out, nil
}

// overhang is what bytes are that belong to no box: behind the last one of the file, something else.
func (s *source) overhang(off, end int64) error {
	if end == s.size && off > 0 {
		return s.endsAt(off)
	}
	return malformed("its boxes do not fill it")
}

// isKind tells whether four bytes can name a box.
func isKind(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c < 0x20 || c > 0x7e && c != 0xa9 })
}

func find(boxes []box, kind string) (box, bool) {
	i := slices.IndexFunc(boxes, func(b box) bool { return b.kind == kind })
	if i < 0 {
		return box{}, false
	}
	return boxes[i], true
}

// probeMP4 reads brand, length and the first video track's size.
func probeMP4(s *source) (Facts, error) {
	f := Facts{Type: MP4}
	top, err := s.boxes(0, s.size)
	if err != nil {
		return f, err
	}
	if err := s.checkBrand(top[0]); err != nil {
		return f, err
	}
	moov, ok := find(top, "moov")
	if _, data := find(top, "mdat"); !ok || !data {
		return f, malformed("it has no film in it")
	}
	inside, err := s.boxes(moov.body, moov.end)
	if err != nil {
		return f, err
	}
	if f.Seconds, err = s.movieSeconds(inside); err != nil {
		return f, err
	}
	for _, b := range inside {
		if b.kind != "trak" {
			continue
		}
		if f.Width, f.Height, err = s.trackSize(b); err != nil || f.Width > 0 {
			return f, err
		}
	}
	return f, malformed("it has no video track")
}

func (s *source) checkBrand(ftyp box) error {
	b, err := s.bytes(ftyp.body, min(4, ftyp.end-ftyp.body))
	if err != nil {
		return err
	}
	if !slices.Contains(brands, string(b)) {
		return fault(TypeNotAllowed, "This kind of MP4 is not taken. Save it as H.264 in MP4.")
	}
	return nil
}

// movieSeconds reads mvhd.
func (s *source) movieSeconds(moov []box) (float64, error) {
	mvhd, ok := find(moov, "mvhd")
	if !ok {
		return 0, malformed("it has no film header")
	}
	b, err := s.bytes(mvhd.body, min(32, mvhd.end-mvhd.body))
	if err != nil {
		return 0, err
	}
	var scale, length float64
	switch {
	case len(b) >= 20 && b[0] == 0:
		scale, length = float64(binary.BigEndian.Uint32(b[12:])), float64(binary.BigEndian.Uint32(b[16:]))
	case len(b) >= 32 && b[0] == 1:
		scale, length = float64(binary.BigEndian.Uint32(b[20:])), float64(binary.BigEndian.Uint64(b[24:]))
	}
	if scale == 0 {
		return 0, malformed("its film header is too short")
	}
	return length / scale, nil
}

// trackSize reads a video track's dimensions; 0 for a track of another kind.
func (s *source) trackSize(trak box) (width, height int, err error) {
	inside, err := s.boxes(trak.body, trak.end)
	if err != nil {
		return 0, 0, err
	}
	mdia, _ := find(inside, "mdia")
	media, err := s.boxes(mdia.body, mdia.end)
	if err != nil {
		return 0, 0, err
	}
	hdlr, ok := find(media, "hdlr")
	if !ok {
		return 0, 0, nil
	}
	kind, err := s.bytes(hdlr.body, min(12, hdlr.end-hdlr.body))
	if err != nil || len(kind) < 12 || string(kind[8:]) != "vide" {
		return 0, 0, err
	}
	tkhd, ok := find(inside, "tkhd")
	if !ok || tkhd.end-tkhd.body < 84 {
		return 0, 0, malformed("a track has no header")
	}
	b, err := s.bytes(tkhd.end-8, 8) // Width and height are its last fields, in 16.16 fixed point.
	if err != nil {
		return 0, 0, err
	}
	return int(binary.BigEndian.Uint16(b)), int(binary.BigEndian.Uint16(b[4:])), nil
}

// The WebM elements that are read.
const (
	ebmlHeader  = 0x1a45dfa3
	ebmlDocType = 0x4282
	segment     = 0x18538067
	segmentInfo = 0x1549a966
	timeScale   = 0x2ad7b1
	duration    = 0x4489
	tracks      = 0x1654ae6b
	trackEntry  = 0xae
	videoPart   = 0xe0
	pixelWidth  = 0xb0
	pixelHeight = 0xba
)

// element is a WebM element: its content is from body to end.
type element struct {
	id        uint64
	body, end int64
}

// vint reads a variable-length number of EBML; keep leaves its length mark in, as ids have it.
func (s *source) vint(off int64, keep bool) (v uint64, n int64, unknown bool, err error) {
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
	if !keep {
		b[0] &= byte(0xff >> n)
	}
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v, n, !keep && v == 1<<(7*n)-1, nil
}

// elements reads the elements between from and end. One of unknown length, as live recordings have, goes to the end.
func (s *source) elements(from, end int64) ([]element, error) {
	var out []element
	for off := from; off < end && len(out) < maxBoxes; {
		id, n, _, err := s.vint(off, true)
		if err != nil {
			return nil, err
		}
		size, m, unknown, err := s.vint(off+n, false)
		if err != nil {
			return nil, err
		}
		body := off + n + m
		if unknown {
			size = uint64(max(0, end-body))
		}
		if size > uint64(max(0, end-body)) {
			return nil, truncated()
		}
		out = append(out, element{id: id, body: body, end: body + int64(size)})
		off = body + int64(size)
	}
	return out, nil
}

func pick(elements []element, id uint64) (element, bool) {
	i := slices.IndexFunc(elements, func(e element) bool { return e.id == id })
	if i < 0 {
		return element{}, false
	}
	return elements[i], true
}

// probeWebM reads the document type, length and the first video track's size. A segment must be the rest of the file.
func probeWebM(s *source) (Facts, error) {
	f := Facts{Type: WebM}
	top, err := s.topElements()
	if err != nil {
		return f, err
	}
	if kind, err := s.text(top[0], ebmlDocType); err != nil || kind != "webm" {
		return f, fault(TypeNotAllowed, "This is a Matroska file, not WebM. Save it as WebM.")
	}
	inside, err := s.elements(top[1].body, top[1].end)
	if err != nil {
		return f, err
	}
	if info, ok := pick(inside, segmentInfo); ok {
		if f.Seconds, err = s.webmSeconds(info); err != nil {
			return f, err
		}
	}
	list, ok := pick(inside, tracks)
	if !ok {
		return f, malformed("it has no tracks")
	}
	entries, err := s.elements(list.body, list.end)
	if err != nil {
		return f, err
	}
	for _, e := range entries {
		if f.Width, f.Height, err = s.webmSize(e); err != nil || f.Width > 0 {
			return f, err
		}
	}
	return f, malformed("it has no video track")
}

// topElements are the header and the one segment, which together are the file.
func (s *source) topElements() ([]element, error) {
	top, err := s.elements(0, s.size)
	switch {
	case err != nil:
		return nil, err
	case len(top) < 2 || top[0].id != ebmlHeader || top[1].id != segment:
		return nil, malformed("it has no segment")
	case len(top) > 2:
		return nil, s.endsAt(top[1].end)
	}
	return top, nil
}

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

func (s *source) webmSeconds(info element) (float64, error) {
	inside, err := s.elements(info.body, info.end)
	if err != nil {
		return 0, err
	}
	scale := uint64(1_000_000) // ns, unless the file says otherwise.
	if e, ok := pick(inside, timeScale); ok {
		if scale, err = s.number(e); err != nil {
			return 0, err
		}
	}
	e, ok := pick(inside, duration)
	if !ok {
		return 0, nil
	}
	b, err := s.bytes(e.body, e.end-e.body)
	if err != nil {
		return 0, err
	}
	var ticks float64
	switch len(b) {
	case 4:
		ticks = float64(math.Float32frombits(binary.BigEndian.Uint32(b)))
	case 8:
		ticks = math.Float64frombits(binary.BigEndian.Uint64(b))
	}
	seconds := ticks * float64(scale) / 1e9
	if math.IsNaN(seconds) || math.IsInf(seconds, 0) || seconds < 0 {
		return 0, malformed("its length is no number")
	}
	return seconds, nil
}

func (s *source) webmSize(track element) (width, height int, err error) {
	if track.id != trackEntry {
		return 0, 0, nil
	}
	inside, err := s.elements(track.body, track.end)
	if err != nil {
		return 0, 0, err
	}
	video, ok := pick(inside, videoPart)
	if !ok {
		return 0, 0, nil
	}
	parts, err := s.elements(video.body, video.end)
	if err != nil {
		return 0, 0, err
	}
	w, _ := pick(parts, pixelWidth)
	h, _ := pick(parts, pixelHeight)
	wide, errW := s.number(w)
	high, errH := s.number(h)
	if errW != nil || errH != nil || wide > math.MaxInt32 || high > math.MaxInt32 {
		return 0, 0, malformed("a track has no size")
	}
	return int(wide), int(high), nil
}

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
