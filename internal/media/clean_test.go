package media_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"strings"
	"testing"

	"github.com/bep/imagemeta"

	"github.com/weav-ai/weav/internal/media"
)

// inspect returns the facts of a file and the cleaned file.
func inspect(t *testing.T, b []byte) (media.Facts, []byte, error) {
	t.Helper()
	f, c, err := media.Inspect(bytes.NewReader(b), int64(len(b)), media.Limits{})
	if err != nil {
		return f, nil, err
	}
	kept, err := io.ReadAll(c.Reader())
	if err != nil || int64(len(kept)) != c.Size() || c.Changed() == bytes.Equal(kept, b) {
		t.Fatalf("%d bytes are kept, %d were stated, changed is %v (%v)", len(kept), c.Size(), c.Changed(), err)
	}
	return f, kept, nil
}

// tiff is EXIF as a phone writes it: orientation, camera, place, owner, serial number and a maker's note.
func tiff(order binary.AppendByteOrder, orientation uint16) []byte {
	type entry struct {
		id, typ uint16
		value   []byte
	}
	directory := func(at int, entries ...entry) []byte {
		b := order.AppendUint16(nil, uint16(len(entries)))
		behind, next := []byte(nil), at+2+12*len(entries)+4
		for _, e := range entries {
			n := len(e.value)
			b = order.AppendUint16(order.AppendUint16(b, e.id), e.typ)
			b = order.AppendUint32(b, uint32(n/map[uint16]int{2: 1, 3: 2, 4: 4, 5: 8, 7: 1}[e.typ]))
			if n <= 4 {
				b = append(append(b, e.value...), make([]byte, 4-n)...)
				continue
			}
			b = order.AppendUint32(b, uint32(next+len(behind)))
			behind = append(behind, e.value...)
		}
		return append(order.AppendUint32(b, 0), behind...)
	}
	word := func(n int) []byte { return order.AppendUint32(nil, uint32(n)) }
	rational := func(n, d int) []byte { return append(word(n), word(d)...) }
	short := order.AppendUint16(nil, orientation)
	build := func(sub, gps int) []byte {
		return directory(8, entry{0x10f, 2, []byte("Pear\x00")}, entry{0x112, 3, short}, entry{0x13b, 2, []byte("Ada Lovelace\x00")},
			entry{0x8769, 4, word(sub)}, entry{0x8825, 4, word(gps)})
	}
	sub := 8 + len(build(0, 0))
	subs := directory(sub, entry{0x829a, 5, rational(1, 50)}, entry{0x927c, 7, []byte("MAKERNOTE-SERIAL-77")},
		entry{0xa430, 2, []byte("Ada Lovelace\x00")}, entry{0xa431, 2, []byte("SERIAL-12345\x00")})
	gps := sub + len(subs)
	place := directory(gps, entry{1, 2, []byte("N\x00")}, entry{2, 5, append(append(rational(37, 1), rational(33, 1)...), rational(59, 1)...)},
		entry{3, 2, []byte("E\x00")}, entry{4, 5, append(append(rational(126, 1), rational(58, 1)...), rational(40, 1)...)})
	head := append([]byte("II"), order.AppendUint16(nil, 42)...)
	if order == binary.AppendByteOrder(binary.BigEndian) {
		head = append([]byte("MM"), order.AppendUint16(nil, 42)...)
	}
	return bytes.Join([][]byte{head, word(8), build(sub, gps), subs, place}, nil)
}

func segmentOf(mark byte, body string) []byte {
	return append([]byte{0xff, mark, byte((len(body) + 2) >> 8), byte(len(body) + 2)}, body...)
}

// withSegments puts segments behind the start of a JPEG.
func withSegments(file []byte, segments ...[]byte) []byte {
	return bytes.Join([][]byte{file[:2], bytes.Join(segments, nil), file[2:]}, nil)
}

func xmp(attributes string) []byte {
	return segmentOf(0xe1, "http://ns.adobe.com/xap/1.0/\x00"+`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" `+
		attributes+`/></rdf:RDF></x:xmpmeta>`)
}

// samsung is a trailer as Samsung's phones write it.
func samsung(data string) []byte {
	le := binary.LittleEndian
	dir := le.AppendUint32(le.AppendUint32([]byte("SEFH"), 107), 1)
	dir = le.AppendUint32(le.AppendUint32(append(dir, 0, 0, 1, 10), uint32(len(data))), uint32(len(data)))
	return append(le.AppendUint32(append([]byte(data), dir...), uint32(len(dir))), "SEFT"...)
}

// TestDeclaredTrailersAreCutOff: declared trailing data are accepted and removed, others refused.
func TestDeclaredTrailersAreCutOff(t *testing.T) {
	t.Parallel()
	photo, film, page := jpegOf(t, 40, 30), filmOf(t), []byte("<script>alert(1)</script>")
	mpf := segmentOf(0xe2, "MPF\x00MM\x00*\x00\x00\x00\x08")
	motion := xmp(`xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MotionPhoto="1"`)
	micro := xmp(`xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MicroVideo="1" GCamera:MicroVideoOffset="99"`)
	hdr := xmp(`xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"`)
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, c := range map[string]struct {
		file, end []byte
		refused   bool
	}{
		"a line break":                            {join(photo, []byte("\n")), nil, false},
		"a line break of Windows":                 {join(photo, []byte("\r\n")), nil, false},
		"zero bytes":                              {join(photo, make([]byte, 5000)), nil, false},
		"a gain map, declared by MPF":             {join(withSegments(photo, mpf), jpegOf(t, 8, 8)), nil, false},
		"two pictures and padding between them":   {join(withSegments(photo, mpf), jpegOf(t, 8, 8), make([]byte, 7), jpegOf(t, 4, 4)), nil, false},
		"a gain map, declared by XMP":             {join(withSegments(photo, hdr), jpegOf(t, 8, 8)), nil, false},
		"a Motion Photo":                          {join(withSegments(photo, motion), film), nil, false},
		"a MicroVideo":                            {join(withSegments(photo, micro), film), nil, false},
		"a gain map and a Motion Photo":           {join(withSegments(photo, mpf, motion), jpegOf(t, 8, 8), film), nil, false},
		"a trailer of Samsung's":                  {join(photo, samsung("Image_UTC_Data1700000000000")), nil, false},
		"a Samsung Motion Photo":                  {join(photo, samsung("MotionPhoto_Data"+string(film))), nil, false},
		"a gain map and a trailer":                {join(withSegments(photo, mpf), jpegOf(t, 8, 8), samsung("x")), nil, false},
		"a page":                                  {join(photo, page), nil, true},
		"a page behind padding":                   {join(photo, make([]byte, 9), page), nil, true},
		"a page behind a gain map":                {join(withSegments(photo, mpf), jpegOf(t, 8, 8), page), nil, true},
		"a page where a gain map is declared":     {join(withSegments(photo, mpf), page), nil, true},
		"a page where a film is declared":         {join(withSegments(photo, motion), page), nil, true},
		"a picture that nothing declares":         {join(photo, jpegOf(t, 8, 8)), nil, true},
		"a film that nothing declares":            {join(photo, film), nil, true},
		"a film where a picture is declared":      {join(withSegments(photo, mpf), film), nil, true},
		"a page before a trailer":                 {join(photo, page, samsung("x")), nil, true},
		"a trailer that points before the end":    {join(photo, bytes.Replace(samsung("x"), []byte{0, 0, 1, 10, 1}, []byte{0, 0, 1, 10, 99}, 1)), nil, true},
		"a page behind an MP4":                    {join(film, page), nil, true},
		"zero bytes behind a PNG":                 {join(pngOf(t, 4, 4), make([]byte, 3)), nil, false},
		"a line break behind a WebP":              {join(webpOf(t, 16, 16), []byte("\n")), nil, false},
		"zero bytes behind an MP4":                {join(film, make([]byte, 4096)), film, false},
		"three zero bytes behind an MP4":          {join(film, make([]byte, 3)), film, false},
		"zero bytes behind a WebM":                {join(webm(8, 8), make([]byte, 10)), webm(8, 8), false},
		"free space behind an MP4, which belongs": {join(film, []byte("\x00\x00\x00\x0cfree\x00\x00\x00\x00")), join(film, []byte("\x00\x00\x00\x0cfree\x00\x00\x00\x00")), false},
	} {
		f, kept, err := inspect(t, c.file)
		var fault *media.Error
		if c.refused {
			if !errors.As(err, &fault) || fault.Code != media.TrailingBytes {
				t.Errorf("%s: got %v, want TRAILING_BYTES", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.end != nil && !bytes.Equal(kept, c.end) {
			t.Errorf("%s: %d bytes are kept, want %d", name, len(kept), len(c.end))
		}
		if f.Type == media.JPEG && !bytes.Equal(kept, photo) {
			t.Errorf("%s: %d bytes are kept, want the picture's %d", name, len(kept), len(photo))
		}
		again, twice, err := inspect(t, kept)
		if err != nil || again != f || !bytes.Equal(twice, kept) {
			t.Errorf("%s: what is kept is %+v, was %+v (%v)", name, again, f, err)
		}
	}
}

// secrets are texts of place and owner that no cleaned file contains.
var secrets = []string{"Lovelace", "SERIAL", "Seoul", "GPS", "+37.5", "Raw profile"}

// private are files that reveal where and by whom they were made.
func private(t *testing.T) map[string][]byte {
	t.Helper()
	exif := string(tiff(binary.LittleEndian, 6))
	place := `xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:aux="http://ns.adobe.com/exif/1.0/aux/"` +
		` exif:GPSLatitude="37,33N" photoshop:City="Seoul" photoshop:Credit="Ada Lovelace" aux:SerialNumber="SERIAL-1" dc:creator="Ada Lovelace"`
	icc := segmentOf(0xe2, "ICC_PROFILE\x00\x01\x01colours")
	photo := withSegments(jpegOf(t, 40, 30), segmentOf(0xe1, "Exif\x00\x00"+exif), xmp(place), icc,
		segmentOf(0xe1, "http://ns.adobe.com/xmp/extension/\x00GPS"), segmentOf(0xed, "Photoshop 3.0\x008BIM Seoul"), segmentOf(0xe4, "SERIAL"), segmentOf(0xeb, "JP jumb signed"))
	packet := string(xmp(place)[4+29:])
	picture := withChunks(pngOf(t, 40, 30), chunk("iCCP", "p\x00\x00colours"), chunk("eXIf", exif), chunk("iTXt", "XML:com.adobe.xmp\x00\x00\x00\x00\x00"+packet),
		chunk("tEXt", "Author\x00Ada Lovelace"), chunk("zTXt", "Raw profile type exif\x00\x00xx"), chunk("tEXt", "parameters\x00a cat"))
	web := webpWith(t, exif, packet)
	return map[string][]byte{"JPEG": photo, "PNG": picture, "WebP": web}
}

// TestPlaceAndOwnerAreRemovedFromPictures: the pixels, the colours, the camera and the orientation stay.
func TestPlaceAndOwnerAreRemovedFromPictures(t *testing.T) {
	t.Parallel()
	formats := map[string]imagemeta.ImageFormat{"JPEG": imagemeta.JPEG, "PNG": imagemeta.PNG, "WebP": imagemeta.TIFF}
	for name, file := range private(t) {
		f, kept, err := inspect(t, file)
		if err != nil || f.Orientation != 6 || f.Width != 30 || f.Height != 40 {
			t.Errorf("%s: got %+v, %v, want a picture of 30 x 40, turned", name, f, err)
			continue
		}
		for _, s := range secrets {
			if bytes.Contains(kept, []byte(s)) {
				t.Errorf("%s still contains %q", name, s)
			}
		}
		if name != "WebP" && !bytes.Contains(kept, []byte("colours")) {
			t.Errorf("%s lost its colour profile", name)
		}
		var tags imagemeta.Tags
		read := kept
		if name == "WebP" { // The reader loses its way behind a chunk of odd length.
			read = kept[bytes.LastIndex(kept, []byte("EXIF"))+8:]
		}
		_, err = imagemeta.Decode(imagemeta.Options{R: bytes.NewReader(read), ImageFormat: formats[name], Sources: imagemeta.EXIF | imagemeta.XMP,
			ShouldHandleTag: func(imagemeta.TagInfo) bool { return true }, HandleTag: func(tag imagemeta.TagInfo) error { tags.Add(tag); return nil }})
		got := map[string]any{}
		for k, v := range tags.All() {
			got[k] = v.Value
		}
		if err != nil || len(got) != 3 || got["Make"] != "Pear" || got["Orientation"] != uint16(6) || got["ExposureTime"] == nil {
			t.Errorf("%s now says %v (%v)", name, got, err)
		}
		again, twice, err := inspect(t, kept)
		if err != nil || again != f || !bytes.Equal(twice, kept) {
			t.Errorf("%s changes once more: %+v, was %+v (%v)", name, again, f, err)
		}
		if _, _, _, err := media.Thumbnail(bytes.NewReader(kept), f, 64); err != nil {
			t.Errorf("%s cannot be decoded any more: %v", name, err)
		}
	}
}

// TestDisclosuresAreRetained: also where the rest of the packet goes.
func TestDisclosuresAreRetained(t *testing.T) {
	t.Parallel()
	made, err := media.Disclose(jpegOf(t, 8, 8), media.JPEG, disclosure)
	if err != nil {
		t.Fatal(err)
	}
	if _, kept, err := inspect(t, made); err != nil || !bytes.Equal(kept, made) {
		t.Errorf("a disclosure alone was changed (%v)", err)
	}
	mixed := withSegments(jpegOf(t, 8, 8), xmp(`xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" e:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia" xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="37,33N"`))
	_, kept, err := inspect(t, mixed)
	if err != nil || !bytes.Contains(kept, []byte("trainedAlgorithmicMedia")) || bytes.Contains(kept, []byte("GPS")) {
		t.Errorf("a mixed packet became %q (%v)", kept[:min(len(kept), 700)], err)
	}
	signed := withSegments(jpegOf(t, 8, 8), segmentOf(0xeb, "JP\x00\x01jumb signed manifest"))
	if _, kept, err := inspect(t, signed); err != nil || !bytes.Equal(kept, signed) {
		t.Errorf("a signed picture was changed (%v)", err)
	}
}

// TestOrientation shows each of EXIF's eight orientations as the same upright picture.
func TestOrientation(t *testing.T) {
	t.Parallel()
	// The upright picture is red at its left, and blue at its top right.
	shown := image.NewRGBA(image.Rect(0, 0, 64, 32))
	for x := range 64 {
		for y := range 32 {
			c := color.RGBA{200, 200, 200, 255}
			if x < 16 {
				c = color.RGBA{250, 0, 0, 255}
			} else if x >= 48 && y < 16 {
				c = color.RGBA{0, 0, 250, 255}
			}
			shown.SetRGBA(x, y, c)
		}
	}
	for o := uint16(1); o <= 8; o++ {
		// Where EXIF says that a shown point is stored.
		stored := func(x, y int) (int, int) {
			w, h := 64, 32
			return [...]int{1: x, 2: w - 1 - x, 3: w - 1 - x, 4: x, 5: y, 6: y, 7: h - 1 - y, 8: h - 1 - y}[o],
				[...]int{1: y, 2: y, 3: h - 1 - y, 4: h - 1 - y, 5: x, 6: w - 1 - x, 7: w - 1 - x, 8: x}[o]
		}
		size := image.Rect(0, 0, 64, 32)
		if o >= 5 {
			size = image.Rect(0, 0, 32, 64)
		}
		p := image.NewRGBA(size)
		for x := range 64 {
			for y := range 32 {
				sx, sy := stored(x, y)
				p.SetRGBA(sx, sy, shown.RGBAAt(x, y))
			}
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, p, &jpeg.Options{Quality: 95}); err != nil {
			t.Fatal(err)
		}
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			f, kept, err := inspect(t, withSegments(b.Bytes(), segmentOf(0xe1, "Exif\x00\x00"+string(tiff(order, o)))))
			if err != nil || f.Width != 64 || f.Height != 32 {
				t.Errorf("orientation %d is %+v, %v", o, f, err)
				continue
			}
			thumb, w, h, err := media.Thumbnail(bytes.NewReader(kept), f, 64)
			if err != nil || w != 64 || h != 32 {
				t.Errorf("orientation %d has a thumbnail of %d x %d, %v", o, w, h, err)
				continue
			}
			small, err := jpeg.Decode(bytes.NewReader(thumb))
			if err != nil {
				t.Fatal(err)
			}
			if r, _, bl, _ := small.At(4, 16).RGBA(); r>>8 < 200 || bl>>8 > 60 {
				t.Errorf("orientation %d is not red at its left", o)
			}
			if r, _, bl, _ := small.At(58, 5).RGBA(); r>>8 > 60 || bl>>8 < 200 {
				t.Errorf("orientation %d is not blue at its top right", o)
			}
		}
	}
}

// TestMIMETypesAreParsed: names follow the type.
func TestMIMETypesAreParsed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		name, mime, clean string
		want              media.Type
	}{
		"parameters":                 {"a.webm", "video/webm; codecs=vp9", "a.webm", media.WebM},
		"parameters without quotes":  {"a.webm", "video/webm;codecs=vp8,opus", "a.webm", media.WebM},
		"an empty parameter":         {"a.png", "image/png;", "a.png", media.PNG},
		"case and spaces":            {"a.png", " Image/PNG ; Charset=x", "a.png", media.PNG},
		"image/jpg":                  {"a.jpg", "image/jpg", "a.jpg", media.JPEG},
		"image/pjpeg":                {"a.jpg", "image/pjpeg", "a.jpg", media.JPEG},
		"image/x-png":                {"a.png", "image/x-png", "a.png", media.PNG},
		"image/apng":                 {"a.apng", "image/apng", "a.apng", media.PNG},
		"video/x-m4v":                {"a.m4v", "video/x-m4v", "a.m4v", media.MP4},
		"jfif, as Windows saves":     {"photo.jfif", "image/jpeg", "photo.jfif", media.JPEG},
		"jpe":                        {"photo.JPE", "image/jpeg", "photo.JPE", media.JPEG},
		"pasted":                     {"image", "image/png", "image.png", media.PNG},
		"a dot within the name":      {"Screenshot 10.30", "image/png", "Screenshot 10.30.png", media.PNG},
		"a dot at the end":           {"v1.", "image/png", "v1.png", media.PNG},
		"an ending that names none":  {"abc.jpg_large", "image/jpeg", "abc.jpg_large.jpg", media.JPEG},
		"a Korean name without one":  {"고양이", "image/webp", "고양이.webp", media.WebP},
		"a motion photo of a Pixel":  {"PXL_2024.MP.jpg", "image/jpeg", "PXL_2024.MP.jpg", media.JPEG},
		"a name with many dots":      {"a.b.c.png", "image/png", "a.b.c.png", media.PNG},
		"a name that is a type only": {"jpeg", "image/jpeg", "jpeg.jpg", media.JPEG},
	} {
		clean, got, err := media.Declared(c.name, c.mime)
		if err != nil || clean != c.clean || got != c.want {
			t.Errorf("%s: got %q, %s, %v, want %q, %s", name, clean, got, err, c.clean, c.want)
		}
	}
	for name, c := range map[string]struct{ name, mime, says string }{
		"HEIC":                       {"IMG_1.HEIC", "image/heic", "HEIC"},
		"HEIC without a type":        {"IMG_1.HEIC", "", "HEIC"},
		"HEIC of an unknown type":    {"IMG_1.heic", "application/octet-stream", "HEIC"},
		"MOV":                        {"IMG_1.MOV", "video/quicktime", "QuickTime"},
		"GIF":                        {"a.gif", "image/gif", "GIF"},
		"AVIF":                       {"a.avif", "image/avif", "AVIF"},
		"SVG":                        {"a.svg", "image/svg+xml", "SVG"},
		"PDF":                        {"a.pdf", "application/pdf", "PDF"},
		"MKV, as Chrome records":     {"a.mkv", "video/x-matroska;codecs=avc1", "Matroska"},
		"a type that is no type":     {"a", "nonsense", "image/png"},
		"a label of another picture": {"a.heic", "image/jpeg", ".heic"},
	} {
		_, _, err := media.Declared(c.name, c.mime)
		var fault *media.Error
		if !errors.As(err, &fault) || !strings.Contains(fault.Message, c.says) {
			t.Errorf("%s: got %v, want words on %s", name, err, c.says)
		}
	}
}
