package media_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/jpeg"
	"math"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/media"
)

func chunk(kind, body string) []byte {
	b := append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), kind+body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// withChunks puts chunks behind the header of a PNG.
func withChunks(file []byte, chunks ...[]byte) []byte {
	return bytes.Join([][]byte{file[:33], bytes.Join(chunks, nil), file[33:]}, nil)
}

func riff(chunks ...[]byte) []byte {
	all := bytes.Join(chunks, nil)
	return append(append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(4+len(all))), "WEBP"...), all...)
}

func riffPart(kind, body string) []byte {
	b := append(binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body))), body...)
	return append(b, make([]byte, len(body)%2)...)
}

// webpWith is an extended WebP of 40 x 30 with EXIF and XMP.
func webpWith(t *testing.T, exif, packet string) []byte {
	t.Helper()
	return riff(riffPart("VP8X", "\x0c\x00\x00\x00\x27\x00\x00\x1d\x00\x00"), webpOf(t, 40, 30)[12:], riffPart("EXIF", exif), riffPart("XMP ", packet))
}

// animation is an animated WebP on a canvas of 64 x 64 whose first frame is at 32, 32.
func animation(t *testing.T) []byte {
	t.Helper()
	frame := func(x, y byte) []byte {
		return riffPart("ANMF", string([]byte{x / 2, 0, 0, y / 2, 0, 0, 31, 0, 0, 31, 0, 0, 100, 0, 0, 0})+string(webpOf(t, 32, 32)[12:]))
	}
	return riff(riffPart("VP8X", "\x02\x00\x00\x00\x3f\x00\x00\x3f\x00\x00"), riffPart("ANIM", "\xff\xff\xff\xff\x00\x00"), frame(32, 32), frame(0, 0))
}

// TestAnimatedWebP is taken, and shown by its first frame, where it stands on the canvas.
func TestAnimatedWebP(t *testing.T) {
	t.Parallel()
	f, kept, err := inspect(t, animation(t))
	if err != nil || !f.Animated || f.Width != 64 || f.Height != 64 {
		t.Fatalf("got %+v, %v", f, err)
	}
	thumb, w, h, err := media.Thumbnail(bytes.NewReader(kept), f, 64)
	if err != nil || w != 64 || h != 64 {
		t.Fatalf("the thumbnail has %d x %d, %v", w, h, err)
	}
	p, err := jpeg.Decode(bytes.NewReader(thumb))
	if err != nil {
		t.Fatal(err)
	}
	white := func(r image.Rectangle) bool {
		for x := r.Min.X; x < r.Max.X; x++ {
			for y := r.Min.Y; y < r.Max.Y; y++ {
				if red, green, blue, _ := p.At(x, y).RGBA(); min(red, green, blue) < 0xf000 {
					return false
				}
			}
		}
		return true
	}
	if !white(image.Rect(0, 0, 24, 24)) || white(image.Rect(40, 40, 64, 64)) {
		t.Error("the first frame is not where it belongs")
	}
	outside := bytes.Replace(animation(t), []byte("\x10\x00\x00\x10\x00\x00\x1f"), []byte("\x20\x00\x00\x10\x00\x00\x1f"), 1)
	if _, _, _, err := media.Thumbnail(bytes.NewReader(outside), f, 64); err == nil {
		t.Error("a frame beside the canvas has a thumbnail")
	}
	if f, err := probe(withChunks(pngOf(t, 4, 4), chunk("acTL", "\x00\x00\x00\x01\x00\x00\x00\x00"))); err != nil || !f.Animated {
		t.Errorf("an animated PNG: %+v, %v", f, err)
	}
}

func boxOf(kind string, parts ...string) string {
	body := strings.Join(parts, "")
	return string(binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))) + kind + body
}

func be(n ...uint32) string {
	var b []byte
	for _, v := range n {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return string(b)
}

// shot is an MP4 to be built.
type shot struct {
	brands          string
	codec           string
	matrix          [9]int32 // 0: upright
	width, height   uint32   // as the track states
	coded           [2]uint16
	extra           string // boxes of the sample entry
	scale, length   uint32 // of the film
	samples, each   uint32 // of the track, at 1,000 a second
	notes, trakNote string
	fragments       string // boxes behind the film's header
	mvex            string
	handler         string
}

func (s shot) build() []byte {
	if s.matrix == [9]int32{} {
		s.matrix = [9]int32{0: 1 << 16, 4: 1 << 16, 8: 1 << 30}
	}
	var matrix []uint32
	for _, v := range s.matrix {
		matrix = append(matrix, uint32(v))
	}
	if s.handler == "" {
		s.handler = "vide"
	}
	tkhd := boxOf("tkhd", be(3, 0, 0, 1, 0, s.length, 0, 0, 0, 0), be(matrix...), be(s.width<<16, s.height<<16))
	entry := boxOf(s.codec, be(0, 1, 0, 0, 0, 0), be(uint32(s.coded[0])<<16|uint32(s.coded[1])), strings.Repeat("\x00", 50), s.extra)
	stbl := boxOf("stbl", boxOf("stsd", be(0, 1), entry), boxOf("stts", be(0, 1, s.samples, s.each)))
	mdia := boxOf("mdia", boxOf("mdhd", be(0, 0, 0, 1000, 0, 0)), boxOf("hdlr", be(0, 0), s.handler, be(0, 0, 0)), boxOf("minf", stbl))
	mvhd := boxOf("mvhd", be(0, 0, 0, s.scale, s.length), strings.Repeat("\x00", 80))
	return []byte(boxOf("ftyp", s.brands) + boxOf("moov", mvhd, boxOf("trak", tkhd, mdia, s.trakNote), s.mvex, s.notes) + s.fragments + boxOf("mdat", "pixels"))
}

// upright is a film as phones make it.
func upright() shot {
	return shot{brands: "isom" + be(512) + "isomiso2avc1mp41", codec: "avc1", width: 640, height: 480, coded: [2]uint16{640, 480}, scale: 1000, length: 4000, samples: 100, each: 40}
}

const one = 1 << 16

// TestShownSizeOfFilms: what is shown counts, not what is stored.
func TestShownSizeOfFilms(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change        func(*shot)
		width, height int
	}{
		"upright":                    {func(*shot) {}, 640, 480},
		"turned right":               {func(s *shot) { s.matrix = [9]int32{1: one, 3: -one, 8: 1 << 30} }, 480, 640},
		"turned left":                {func(s *shot) { s.matrix = [9]int32{1: -one, 3: one, 8: 1 << 30} }, 480, 640},
		"upside down":                {func(s *shot) { s.matrix = [9]int32{0: -one, 4: -one, 8: 1 << 30} }, 640, 480},
		"wide pixels":                {func(s *shot) { s.extra = boxOf("pasp", be(4, 3)) }, 853, 480},
		"wide pixels, turned":        {func(s *shot) { s.extra = boxOf("pasp", be(4, 3)); s.matrix = [9]int32{1: one, 3: -one, 8: 1 << 30} }, 480, 853},
		"square pixels":              {func(s *shot) { s.extra = boxOf("pasp", be(1, 1)) }, 640, 480},
		"a clean aperture":           {func(s *shot) { s.extra = boxOf("clap", be(600, 1, 400, 1, 0, 1, 0, 1)) }, 600, 400},
		"an aperture that is none":   {func(s *shot) { s.extra = boxOf("clap", be(600, 0, 400, 1, 0, 1, 0, 1)) }, 640, 480},
		"an aperture beyond it":      {func(s *shot) { s.extra = boxOf("clap", be(6000, 1, 400, 1, 0, 1, 0, 1)) }, 640, 480},
		"an aspect of nothing":       {func(s *shot) { s.extra = boxOf("pasp", be(0, 0)) }, 640, 480},
		"no size but that coded":     {func(s *shot) { s.width, s.height = 0, 0 }, 640, 480},
		"a size of its own":          {func(s *shot) { s.width = 854 }, 854, 480},
		"a matrix of nothing":        {func(s *shot) { s.matrix = [9]int32{8: 1 << 30} }, 640, 480},
		"an aperture in wide pixels": {func(s *shot) { s.extra = boxOf("clap", be(600, 1, 400, 1, 0, 1, 0, 1)) + boxOf("pasp", be(2, 1)) }, 1200, 400},
	} {
		s := upright()
		c.change(&s)
		if f, err := probe(s.build()); err != nil || f.Width != c.width || f.Height != c.height {
			t.Errorf("%s: got %d x %d, %v, want %d x %d", name, f.Width, f.Height, err, c.width, c.height)
		}
	}
}

// TestLengthOfFilms: what is unknown is 0, or counted; never a fantasy.
func TestLengthOfFilms(t *testing.T) {
	t.Parallel()
	fragment := boxOf("moof", boxOf("mfhd", be(0, 1)), boxOf("traf", boxOf("tfhd", be(8, 1, 20)), boxOf("trun", be(0, 50))))
	timed := boxOf("moof", boxOf("traf", boxOf("tfhd", be(0, 1)), boxOf("trun", be(0x300, 3, 500, 9, 500, 9, 1000, 9))))
	usual := boxOf("moof", boxOf("traf", boxOf("tfhd", be(0, 1)), boxOf("trun", be(0, 10))))
	foreign := boxOf("moof", boxOf("traf", boxOf("tfhd", be(8, 2, 20)), boxOf("trun", be(0, 50))))
	for name, c := range map[string]struct {
		change func(*shot)
		want   float64
	}{
		"stated":                          {func(*shot) {}, 4},
		"stated, shorter by an edit":      {func(s *shot) { s.length = 2500 }, 2.5},
		"not stated":                      {func(s *shot) { s.length = 0 }, 4},
		"all ones":                        {func(s *shot) { s.length = math.MaxUint32 }, 4},
		"a scale of nothing":              {func(s *shot) { s.scale = 0 }, 4},
		"a fantasy":                       {func(s *shot) { s.length = 4_000_000_000 }, 4},
		"no length":                       {func(s *shot) { s.length, s.samples = 0, 0 }, 0},
		"all ones, no length":             {func(s *shot) { s.length, s.samples = math.MaxUint32, 0 }, 0},
		"a fantasy of samples":            {func(s *shot) { s.length, s.samples, s.each = 0, math.MaxUint32, math.MaxUint32 }, 0},
		"fragments":                       {func(s *shot) { s.length, s.samples, s.fragments = 0, 0, fragment+fragment }, 2},
		"fragments that the header omits": {func(s *shot) { s.length, s.samples, s.fragments = 40, 0, fragment+fragment }, 2},
		"fragments with times":            {func(s *shot) { s.length, s.samples, s.fragments = 0, 0, timed }, 2},
		"fragments of usual samples": {func(s *shot) {
			s.length, s.samples, s.fragments, s.mvex = 0, 0, usual, boxOf("mvex", boxOf("trex", be(0, 1, 1, 100, 0, 0)))
		}, 1},
		"fragments of another track": {func(s *shot) { s.length, s.samples, s.fragments = 0, 0, foreign }, 0},
	} {
		s := upright()
		c.change(&s)
		if f, err := probe(s.build()); err != nil || math.Abs(f.Seconds-c.want) > 0.001 {
			t.Errorf("%s: got %v s, %v, want %v", name, f.Seconds, err, c.want)
		}
	}
}

// TestBrandsAndCodecs: any brand that a film is compatible with counts, and so does what it is coded with.
func TestBrandsAndCodecs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		brands, codec, says string
	}{
		"a phone's":                     {"mp42" + be(0) + "isommp42", "avc1", ""},
		"HEVC":                          {"mp42" + be(0) + "isommp42hvc1", "hvc1", ""},
		"Dolby Vision":                  {"isom" + be(0) + "isomdby1", "dvh1", ""},
		"AV1":                           {"av01" + be(0) + "av01isom", "av01", ""},
		"VP9":                           {"isom" + be(0) + "isom", "vp09", ""},
		"of an unknown brand, but isom": {"XXXX" + be(0) + "isom", "avc1", ""},
		"QuickTime, but mp42":           {"qt  " + be(0) + "qt  mp42", "avc1", ""},
		"3GP, but isom":                 {"3gp4" + be(0) + "isom3gp4", "avc1", ""},
		"DASH":                          {"iso5" + be(1) + "iso5dash", "avc1", ""},
		"M4V":                           {"M4V " + be(1) + "M4V mp42isom", "avc1", ""},
		"QuickTime":                     {"qt  " + be(0) + "qt  ", "avc1", "QuickTime"},
		"3GP":                           {"3gp4" + be(0) + "3gp4", "s263", "3GP"},
		"a sound file":                  {"M4A " + be(0) + "M4A ", "avc1", "sound"},
		"HEIC":                          {"heic" + be(0) + "mif1heic", "avc1", "HEIC"},
		"HEIC, by a general brand":      {"mif1" + be(0) + "mif1heicmiaf", "avc1", "HEIC"},
		"HEIC that names isom":          {"heic" + be(0) + "mif1isom", "avc1", "HEIC"},
		"AVIF":                          {"avif" + be(0) + "avifmif1miaf", "avc1", "AVIF"},
		"a raw picture":                 {"crx " + be(0) + "crx ", "avc1", "raw"},
		"unknown":                       {"XXXX" + be(0) + "YYYY", "avc1", "kind of MP4"},
		"MPEG-4 Part 2":                 {"isom" + be(0) + "isom", "mp4v", "MPEG-4 Part 2"},
		"ProRes":                        {"isom" + be(0) + "isom", "apch", "ProRes"},
		"something":                     {"isom" + be(0) + "isom", "wxyz", "wxyz"},
		"encrypted":                     {"isom" + be(0) + "isom", "encv", "encrypted"},
	} {
		s := upright()
		s.brands, s.codec = c.brands, c.codec
		_, err := probe(s.build())
		var fault *media.Error
		errors.As(err, &fault)
		if c.says == "" && err != nil || c.says != "" && (fault == nil || fault.Code != media.TypeNotAllowed || !strings.Contains(fault.Message, c.says)) {
			t.Errorf("%s: got %v, want words on %q", name, err, c.says)
		}
	}
	s := upright()
	s.handler = "soun"
	if _, err := probe(s.build()); err == nil || !strings.Contains(err.Error(), "sound") {
		t.Errorf("a film without pictures: %v", err)
	}
}

// TestPlaceAndOwnerAreRemovedFromFilms: private boxes become free space, so that no offset changes.
func TestPlaceAndOwnerAreRemovedFromFilms(t *testing.T) {
	t.Parallel()
	keys := func(names ...string) string {
		body := be(0, uint32(len(names)))
		for _, n := range names {
			body += boxOf("mdta", n)
		}
		return boxOf("keys", body)
	}
	item := func(i uint32, text string) string { return boxOf(be(i), boxOf("data", be(1, 0), text)) }
	handler := func(kind string) string { return boxOf("hdlr", be(0, 0), kind, be(0, 0, 0)) }
	named := handler("mdta") + keys("com.apple.quicktime.location.ISO6709", "com.apple.quicktime.model", "com.apple.quicktime.author") +
		boxOf("ilst", item(1, "+37.5665+126.9780/"), item(2, "Pear 9"), item(3, "Ada Lovelace"))
	for name, c := range map[string]struct {
		film  func(*shot)
		stays string
	}{
		"©xyz": {func(s *shot) {
			s.notes = boxOf("udta", boxOf("\xa9xyz", "\x00\x12\x15\xc7+37.5665+126.9780/"), boxOf("\xa9too", "Pear 9"))
		}, "Pear 9"},
		"loci":                    {func(s *shot) { s.notes = boxOf("udta", boxOf("loci", be(0), "Seoul\x00")) }, ""},
		"in the track":            {func(s *shot) { s.trakNote = boxOf("udta", boxOf("\xa9xyz", "+37.5")) }, ""},
		"QuickTime's names":       {func(s *shot) { s.notes = boxOf("meta", named) }, "Pear 9"},
		"ISO's form of names":     {func(s *shot) { s.notes = boxOf("udta", boxOf("meta", be(0), named)) }, "Pear 9"},
		"an action camera":        {func(s *shot) { s.notes = boxOf("udta", boxOf("CAME", "SERIAL-99"), boxOf("GPMF", "GPS")) }, ""},
		"notes of another form":   {func(s *shot) { s.notes = boxOf("meta", be(0), handler("nrtm"), boxOf("xml ", "Seoul")) }, ""},
		"notes that are no boxes": {func(s *shot) { s.notes = boxOf("udta", "\x00\x00\x00\x01Seoul, GPS and more") }, ""},
		"XMP": {func(s *shot) {
			s.fragments = boxOf("uuid", "\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac", string(xmp(`xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="37"`)[33:]))
		}, ""},
		"a maker's box": {func(s *shot) { s.notes = boxOf("uuid", "0123456789abcdef", "SERIAL") }, ""},
	} {
		s := upright()
		c.film(&s)
		file := s.build()
		f, kept, err := inspect(t, file)
		if err != nil || len(kept) != len(file) {
			t.Errorf("%s: %d of %d bytes are kept, %v", name, len(kept), len(file), err)
			continue
		}
		for _, word := range secrets {
			if bytes.Contains(kept, []byte(word)) && !strings.Contains("com.apple", word) { //nolint:gocritic // The word may be part of the name.
				t.Errorf("%s still contains %q", name, word)
			}
		}
		if !bytes.Contains(kept, []byte(c.stays)) || !bytes.HasSuffix(kept, []byte(boxOf("mdat", "pixels"))) {
			t.Errorf("%s lost more than its secrets", name)
		}
		again, twice, err := inspect(t, kept)
		if err != nil || again != f || !bytes.Equal(twice, kept) {
			t.Errorf("%s changes once more: %+v, was %+v (%v)", name, again, f, err)
		}
	}
	made, err := media.Disclose(upright().build(), media.MP4, disclosure)
	if err != nil {
		t.Fatal(err)
	}
	if _, kept, err := inspect(t, made); err != nil || !bytes.Equal(kept, made) {
		t.Errorf("a disclosure was changed (%v)", err)
	}
}

func ebml(id string, body ...byte) []byte {
	return append(append([]byte(id), 0x40|byte(len(body)>>8), byte(len(body))), body...)
}

// recording is a WebM as browsers record it: no length, and clusters that do not say how long they are.
func recording(video []byte, codec string, tail ...byte) []byte {
	track := ebml("\xae", bytes.Join([][]byte{ebml("\xd7", 1), ebml("\x86", []byte(codec)...), ebml("\xe0", video...)}, nil)...)
	head := ebml("\x1a\x45\xdf\xa3", ebml("\x42\x82", []byte("webm")...)...)
	body := append(ebml("\x15\x49\xa9\x66", ebml("\x2a\xd7\xb1", 0x0f, 0x42, 0x40)...), ebml("\x16\x54\xae\x6b", track...)...)
	return append(append(append(head, "\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff"...), body...), tail...)
}

// TestRecordings: shown size and length of what browsers record.
func TestRecordings(t *testing.T) {
	t.Parallel()
	size := func(parts ...[]byte) []byte {
		return bytes.Join(append([][]byte{ebml("\xb0", 2, 0), ebml("\xba", 1, 0)}, parts...), nil)
	}
	open := func(at byte, blocks ...[]byte) []byte {
		return append(append([]byte("\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xff"), ebml("\xe7", at, 0)...), bytes.Join(blocks, nil)...)
	}
	block := func(at uint16) []byte { return ebml("\xa3", 0x81, byte(at>>8), byte(at), 0x80, 1, 2, 3) }
	group := ebml("\xa0", append(ebml("\xa1", 0x81, 0, 100, 0, 1), ebml("\x9b", 50)...)...)
	two := append(open(0, block(0), block(1000)), open(8, block(0), block(952))...)
	for name, c := range map[string]struct {
		file []byte
		want media.Facts
	}{
		"clusters without a length":  {recording(size(), "V_VP8", two...), media.Facts{Type: media.WebM, Width: 512, Height: 256, Seconds: 3}},
		"a group with a length":      {recording(size(), "V_VP9", open(0, group)...), media.Facts{Type: media.WebM, Width: 512, Height: 256, Seconds: 0.15}},
		"no frame":                   {recording(size(), "V_AV1"), media.Facts{Type: media.WebM, Width: 512, Height: 256}},
		"a display size":             {recording(size(ebml("\x54\xb0", 4, 0), ebml("\x54\xba", 1, 0)), "V_VP9"), media.Facts{Type: media.WebM, Width: 1024, Height: 256}},
		"an aspect":                  {recording(size(ebml("\x54\xb0", 4), ebml("\x54\xba", 3), ebml("\x54\xb2", 3)), "V_VP9"), media.Facts{Type: media.WebM, Width: 341, Height: 256}},
		"a crop":                     {recording(size(ebml("\x54\xcc", 12), ebml("\x54\xbb", 6)), "V_VP9"), media.Facts{Type: media.WebM, Width: 500, Height: 250}},
		"turned":                     {recording(size(ebml("\x76\x70", ebml("\x76\x75", 0x42, 0xb4, 0, 0)...)), "V_VP9"), media.Facts{Type: media.WebM, Width: 256, Height: 512}},
		"a recording that broke off": {recording(size(), "V_VP8", two[:len(two)-4]...), media.Facts{Type: media.WebM, Width: 512, Height: 256, Seconds: 2.048}},
	} {
		got, err := probe(c.file)
		if err != nil || math.Abs(got.Seconds-c.want.Seconds) > 0.001 {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, c.want)
		}
		got.Seconds = c.want.Seconds
		if got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
	for _, codec := range []string{"V_THEORA", "V_MJPEG"} {
		if _, err := probe(recording(size(), codec)); err == nil || !strings.Contains(err.Error(), codec) {
			t.Errorf("%s: got %v", codec, err)
		}
	}
}
