package media

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
)

// brands are those of ISO base media with codecs that browsers play, and of DASH. A file with one of them, as
// its major or a compatible brand, is an MP4.
var brands = []string{
	"isom", "iso2", "iso3", "iso4", "iso5", "iso6", "iso7", "iso8", "iso9", "isoa", "isob", "isoc", "mp41", "mp42", "mp71", "avc1", "av01", "hvc1", "hev1",
	"M4V ", "M4VH", "M4VP", "f4v ", "F4V ", "dash", "msdh", "cmfc", "cmf2", "XAVC", "MSNV", "mmp4", "MP4 ", "NDSC", "NDSH", "NDSM", "NDXC",
}

// codecs are the accepted video codecs by their sample entries: H.264, HEVC, AV1, VP8 and VP9.
var codecs = []string{"avc1", "avc2", "avc3", "avc4", "hvc1", "hvc2", "hev1", "hev2", "dvh1", "dvhe", "dva1", "dvav", "dav1", "av01", "vp08", "vp09"}

// codecNames are names of codecs that are not accepted, for the message.
var codecNames = map[string]string{
	"mp4v": "MPEG-4 Part 2", "s263": "H.263", "h263": "H.263", "jpeg": "Motion JPEG", "mjpa": "Motion JPEG", "mjpb": "Motion JPEG", "mjpg": "Motion JPEG",
	"apch": "ProRes", "apcn": "ProRes", "apcs": "ProRes", "apco": "ProRes", "ap4h": "ProRes", "ap4x": "ProRes",
	"vvc1": "H.266", "vvi1": "H.266", "SVQ3": "Sorenson Video", "encv": "an encrypted form", "m2v1": "MPEG-2", "mx5p": "MPEG-2",
}

// topKinds are the kinds of top-level boxes. An overlong box of another kind is trailing data and not a
// truncated file.
var topKinds = []string{"ftyp", "styp", "moov", "moof", "mfra", "mdat", "free", "skip", "wide", "uuid", "meta", "sidx", "ssix", "prft", "emsg", "udta", "pdin"}

// film is an MP4 that is inspected.
type film struct {
	*source
	f     Facts
	c     *Content
	top   []box
	moov  []box
	edits []edit
}

// inspectMP4 reads brand, codec, length and the displayed size of the first video track.
func inspectMP4(s *source) (Facts, *Content, error) {
	m := &film{source: s, f: Facts{Type: MP4}, c: s.content()}
	end, err := m.topBoxes()
	if err != nil {
		return m.f, nil, err
	}
	moov, ok := find(m.top, "moov")
	if _, data := find(m.top, "mdat"); !ok || !data {
		return m.f, nil, malformed("it has no film in it")
	}
	if m.moov, err = s.boxes(moov.body, moov.end); err != nil {
		return m.f, nil, err
	}
	track, err := m.videoTrack()
	if err != nil {
		return m.f, nil, err
	}
	if err := m.readTrack(track); err != nil {
		return m.f, nil, err
	}
	if err := m.blankPrivate(); err != nil {
		return m.f, nil, err
	}
	m.apply(end)
	return m.f, m.c, nil
}

// topBoxes reads the top-level boxes. The file ends with the last one: padding after it is left out.
func (m *film) topBoxes() (end int64, err error) {
	first, ok, err := m.box(0, m.size)
	if err != nil {
		return 0, err
	}
	if !ok {
		return 0, truncated()
	}
	if err := m.checkBrand(first); err != nil {
		return 0, err
	}
	if m.top, end, err = m.someBoxes(0, m.size); err != nil {
		// An invalid box of an unknown kind is trailing data; of a known kind it is a truncated box.
		if kind, _ := m.head(end+4, 4); isFault(err) && !slices.Contains(topKinds, string(kind)) {
			err = m.trailingBytes()
		}
		return 0, err
	}
	rest, err := m.skipPadding(end, m.size)
	if err == nil && rest < m.size {
		err = m.trailingBytes()
	}
	return end, err
}

// checkBrand requires an accepted brand. Picture formats such as AVIF have the same container and are refused
// by their major brand.
func (m *film) checkBrand(ftyp box) error {
	b, err := m.fields(ftyp, 1024)
	if err != nil {
		return err
	}
	var all []string
	for i := 0; i+4 <= len(b); i += 4 {
		if i != 4 { // The minor version.
			all = append(all, string(b[i:i+4]))
		}
	}
	if len(all) == 0 {
		return malformed("it names no brand")
	}
	picture := slices.ContainsFunc(all[:1], func(b string) bool { return strings.HasPrefix(b, "avi") || strings.HasPrefix(b, "hei") || b == "mif1" })
	if picture || !slices.ContainsFunc(all, func(b string) bool { return slices.Contains(brands, b) }) {
		return m.refuseBrands(all)
	}
	return nil
}

// refuseBrands is the error for a file without an accepted brand.
func (m *film) refuseBrands(all []string) error {
	if k := kindOfBrands(all[0], all); k != kindUnnamable {
		return refuse(k)
	}
	return fault(TypeNotAllowed, "This kind of MP4 is not taken. Save it as MP4 with H.264.")
}

// track are the boxes of a track.
type track struct {
	boxes, media, table []box
}

// videoTrack finds the first video track.
func (m *film) videoTrack() (track, error) {
	sound := false
	for _, b := range m.moov {
		if b.kind != "trak" {
			continue
		}
		t, kind, err := m.readBoxes(b)
		if err != nil || kind == "vide" {
			return t, err
		}
		sound = sound || kind == "soun"
	}
	if sound {
		return track{}, refuse(kindSound)
	}
	return track{}, malformed("it has no video track")
}

// readBoxes reads the boxes of a track, and the kind of its media.
func (m *film) readBoxes(trak box) (t track, kind string, err error) {
	if t.boxes, err = m.boxes(trak.body, trak.end); err != nil {
		return t, "", err
	}
	if t.media, err = m.inside(t.boxes, "mdia"); err != nil {
		return t, "", err
	}
	hdlr, ok := find(t.media, "hdlr")
	if !ok {
		return t, "", nil
	}
	b, err := m.fields(hdlr, 12)
	if err != nil || len(b) < 12 {
		return t, "", err
	}
	info, err := m.inside(t.media, "minf")
	if err != nil {
		return t, "", err
	}
	t.table, err = m.inside(info, "stbl")
	return t, string(b[8:]), err
}

// readTrack reads codec, size and length.
func (m *film) readTrack(t track) error {
	tkhd, ok := find(t.boxes, "tkhd")
	if !ok || tkhd.size() < 84 {
		return malformed("a track has no header")
	}
	entry, err := m.sampleEntry(t)
	if err != nil {
		return err
	}
	if m.f.Width, m.f.Height, err = m.shownSize(tkhd, entry); err != nil {
		return err
	}
	m.f.Seconds, err = m.seconds(t)
	return err
}

// sampleEntry finds the description of the pictures, whose codec must be accepted.
func (m *film) sampleEntry(t track) (box, error) {
	stsd, ok := find(t.table, "stsd")
	if !ok {
		return box{}, nil
	}
	entry, ok, err := m.box(stsd.body+8, stsd.end)
	if err != nil || !ok {
		return box{}, err
	}
	if slices.Contains(codecs, entry.kind) {
		return entry, nil
	}
	if name, ok := codecNames[entry.kind]; ok {
		return box{}, fault(TypeNotAllowed, "The film is stored as %s, which browsers do not play. Export it as MP4 with H.264.", name)
	}
	return box{}, fault(TypeNotAllowed, "The film is stored as %q, which browsers do not play. Export it as MP4 with H.264.", entry.kind)
}

// visualHeader is the length of the fields of a visual sample entry, before its boxes.
const visualHeader = 78

// shownSize is the displayed size: the coded pixels, cropped to the clean aperture and scaled to square
// pixels, or else the size that the track header states; rotated by its matrix.
func (m *film) shownSize(tkhd, entry box) (width, height int, err error) {
	b, err := m.bytes(tkhd.end-44, 44) // The matrix, then width and height in 16.16 fixed point, are its last fields.
	if err != nil {
		return 0, 0, err
	}
	fixed := func(i int) float64 { return float64(int32(binary.BigEndian.Uint32(b[i:]))) / 65536 }
	w, h := fixed(36), fixed(40)
	pixelW, pixelH, own, err := m.pixels(entry)
	if err != nil {
		return 0, 0, err
	}
	if own || w < 1 || h < 1 {
		w, h = pixelW, pixelH
	}
	// The matrix rotates by a quarter when its diagonal is the smaller part.
	turned := math.Abs(fixed(4)) > math.Abs(fixed(0)) && math.Abs(fixed(12)) > math.Abs(fixed(16))
	if turned {
		w, h = h, w
	}
	return pixelCount(w), pixelCount(h), nil
}

// pixelCount is a length in whole pixels; 0 for an invalid one.
func pixelCount(v float64) int {
	if math.IsNaN(v) || v < 1 {
		return 0
	}
	return int(math.Round(min(v, math.MaxInt32)))
}

// pixels is the size of the coded picture with its clean aperture and pixel aspect; own is set when the sample
// entry has any of them.
func (m *film) pixels(entry box) (w, h float64, own bool, err error) {
	if entry.size() < visualHeader {
		return 0, 0, false, nil
	}
	b, err := m.fields(entry, visualHeader)
	if err != nil {
		return 0, 0, false, err
	}
	w, h = float64(binary.BigEndian.Uint16(b[24:])), float64(binary.BigEndian.Uint16(b[26:]))
	boxes, _, err := m.someBoxes(entry.body+visualHeader, entry.end)
	if err != nil && !isFault(err) {
		return 0, 0, false, err
	}
	w, h, cropped, err := m.cleanAperture(boxes, w, h)
	if err != nil {
		return 0, 0, false, err
	}
	aspect, scaled, err := m.pixelAspect(boxes)
	if err != nil {
		return 0, 0, false, err
	}
	return w * aspect, h, cropped || scaled, nil
}

// cleanAperture is the part of a picture of w by h pixels that is displayed. An aperture that exceeds the picture
// is ignored.
func (m *film) cleanAperture(boxes []box, w, h float64) (width, height float64, cropped bool, err error) {
	clap, ok := find(boxes, "clap")
	if !ok || clap.size() < 16 {
		return w, h, false, nil
	}
	c, err := m.fields(clap, 16)
	if err != nil {
		return 0, 0, false, err
	}
	if width, height = ratio(c), ratio(c[8:]); width < 1 || height < 1 || width > w || height > h {
		return w, h, false, nil
	}
	return width, height, true, nil
}

// pixelAspect is the ratio of a pixel's sides, 1 for square ones. Extreme ratios are damaged values and ignored.
func (m *film) pixelAspect(boxes []box) (aspect float64, scaled bool, err error) {
	pasp, ok := find(boxes, "pasp")
	if !ok || pasp.size() < 8 {
		return 1, false, nil
	}
	p, err := m.fields(pasp, 8)
	if err != nil {
		return 0, false, err
	}
	if aspect = ratio(p); aspect <= 0.01 || aspect >= 100 || aspect == 1 {
		return 1, false, nil
	}
	return aspect, true, nil
}

// ratio is the quotient of two 32-bit numbers; 0 when the divisor is 0.
func ratio(b []byte) float64 {
	n, d := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if d == 0 {
		return 0
	}
	return float64(n) / float64(d)
}
