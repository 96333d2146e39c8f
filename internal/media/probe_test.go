package media_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/webp"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/sandboxai"
	"github.com/weav-ai/weav/internal/media"
)

func picture(w, h int) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for x := range w {
		for y := range h {
			p.Set(x, y, color.RGBA{uint8(x), uint8(y), 90, 255})
		}
	}
	return p
}

func pngOf(tb testing.TB, w, h int) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, picture(w, h)); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(tb testing.TB, w, h int) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture(w, h), nil); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// webpOf and filmOf are what the sandbox delivers.
func webpOf(tb testing.TB, w, h int) []byte {
	tb.Helper()
	for e, err := range sandboxai.New(sandboxai.Cadence(0)).MakeImage(tb.Context(), ai.ImageRequest{Model: "m", Prompt: "[sandbox:webp] p", Width: w, Height: h}) {
		if err != nil {
			tb.Fatal(err)
		}
		if e.Final != nil {
			return e.Final.Images[0].Bytes
		}
	}
	return nil
}

func filmOf(tb testing.TB) []byte {
	tb.Helper()
	p := sandboxai.New(sandboxai.Cadence(0))
	ref, err := p.StartVideo(tb.Context(), ai.VideoRequest{Model: "m", Prompt: "p", Seconds: 4, Resolution: "720p", Aspect: "16:9"})
	if err != nil {
		tb.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := p.DownloadVideo(tb.Context(), "m", ref, &b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// webm is the least of a WebM with one video track.
func webm(w, h byte) []byte {
	element := func(id string, body ...byte) []byte { return append(append([]byte(id), 0x80|byte(len(body))), body...) }
	video := element("\xe0", append(element("\xb0", w), element("\xba", h)...)...)
	track := element("\x16\x54\xae\x6b", element("\xae", video...)...)
	info := element("\x15\x49\xa9\x66", element("\x44\x89", 0x45, 0x7a, 0, 0)...) // 4,000 ms
	head := element("\x1a\x45\xdf\xa3", element("\x42\x82", []byte("webm")...)...)
	return append(head, element("\x18\x53\x80\x67", append(info, track...)...)...)
}

func probe(b []byte) (media.Facts, error) {
	return media.Probe(bytes.NewReader(b), int64(len(b)), media.Limits{})
}

func TestProbeReturnsTheFactsOfAFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file []byte
		want media.Facts
	}{
		"PNG":  {pngOf(t, 40, 30), media.Facts{Type: media.PNG, Width: 40, Height: 30}},
		"JPEG": {jpegOf(t, 40, 30), media.Facts{Type: media.JPEG, Width: 40, Height: 30}},
		"WebP": {webpOf(t, 40, 30), media.Facts{Type: media.WebP, Width: 40, Height: 30}},
		"WebM": {webm(64, 48), media.Facts{Type: media.WebM, Width: 64, Height: 48, Seconds: 4}},
	} {
		if got, err := probe(c.file); err != nil || got != c.want {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, c.want)
		}
	}
	if f, err := probe(filmOf(t)); err != nil || f.Type != media.MP4 || f.Width <= f.Height || f.Seconds < 3.9 || f.Seconds > 4.1 {
		t.Errorf("MP4: got %+v, %v", f, err)
	}
}

// branded is an MP4 that names one brand alone, as its own and as all that it is compatible with.
func branded(file []byte, brand string) []byte {
	b := bytes.Clone(file)
	for i := 8; i < int(binary.BigEndian.Uint32(b)); i += 4 {
		if i != 12 { // The minor version.
			copy(b[i:], brand)
		}
	}
	return b
}

// bomb is a PNG whose header claims more than it holds, with a right checksum.
func bomb(t *testing.T, w, h uint32) []byte {
	t.Helper()
	b := pngOf(t, 4, 4)
	binary.BigEndian.PutUint32(b[16:], w)
	binary.BigEndian.PutUint32(b[20:], h)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

func TestProbeRefusesFilesThatAreNotWhatTheyState(t *testing.T) {
	t.Parallel()
	behind := func(b []byte) []byte { return append(bytes.Clone(b), "<script>alert(1)</script>"...) }
	long := bytes.Clone(pngOf(t, 4, 4))
	binary.BigEndian.PutUint32(long[33:], 0xfffffff0)
	for name, c := range map[string]struct {
		file []byte
		want media.Code
	}{
		"nothing":                        {nil, media.TypeNotAllowed},
		"a web page":                     {[]byte("<!doctype html><script>alert(1)</script>"), media.TypeNotAllowed},
		"a drawing":                      {[]byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>`), media.TypeNotAllowed},
		"a GIF":                          {[]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), media.TypeNotAllowed},
		"an archive":                     {[]byte("PK\x03\x04 and more"), media.TypeNotAllowed},
		"a page before a picture":        {append([]byte("<html>"), pngOf(t, 4, 4)...), media.TypeNotAllowed},
		"a page behind a PNG":            {behind(pngOf(t, 4, 4)), media.TrailingBytes},
		"a page behind a JPEG":           {behind(jpegOf(t, 4, 4)), media.TrailingBytes},
		"a page behind a WebP":           {behind(webpOf(t, 40, 30)), media.TrailingBytes},
		"a page behind a WebM":           {append(webm(8, 8), 0xec, 0x81, 0), media.TrailingBytes},
		"a QuickTime film":               {branded(filmOf(t), "qt  "), media.TypeNotAllowed},
		"Matroska":                       {bytes.Replace(webm(8, 8), []byte("webm"), []byte("mkv "), 1), media.TypeNotAllowed},
		"a bomb":                         {bomb(t, 10_000, 10_000), media.TooManyPixels},
		"a bomb of one row":              {bomb(t, 0x7fffffff, 1), media.TooManyPixels},
		"no pixels":                      {bomb(t, 0, 10), media.Malformed},
		"a chunk of 4 GB":                {long, media.Truncated},
		"a picture without data":         {append(bytes.Clone(pngOf(t, 4, 4)[:33]), pngOf(t, 4, 4)[len(pngOf(t, 4, 4))-12:]...), media.Malformed},
		"a JPEG that ends at its header": {jpegOf(t, 4, 4)[:20], media.Truncated},
	} {
		_, err := probe(c.file)
		var fault *media.Error
		if !errors.As(err, &fault) || fault.Code != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

// TestProbeRefusesTruncatedFiles cuts each kind of file at every byte.
func TestProbeRefusesTruncatedFiles(t *testing.T) {
	t.Parallel()
	for name, file := range map[string][]byte{
		"PNG": pngOf(t, 4, 4), "JPEG": jpegOf(t, 4, 4), "WebP": webpOf(t, 16, 16), "MP4": filmOf(t), "WebM": webm(8, 8),
	} {
		for n := range file {
			if f, err := probe(file[:n]); err == nil {
				t.Fatalf("%s cut at byte %d of %d passes as %+v", name, n, len(file), f)
			}
		}
	}
}

func FuzzProbe(f *testing.F) {
	for _, seed := range []string{"\x89PNG\r\n\x1a\n", "\xff\xd8\xff\xe0", "RIFF\x00\x00\x00\x00WEBPVP8L", "\x00\x00\x00\x10ftypisom", "\x1a\x45\xdf\xa3"} {
		f.Add([]byte(seed))
	}
	for _, file := range [][]byte{webm(8, 8), pngOf(f, 4, 3), jpegOf(f, 4, 3), webpOf(f, 4, 3), filmOf(f)} {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if facts, err := probe(b); err == nil && (facts.Width < 1 || facts.Height < 1) {
			t.Errorf("taken as %+v", facts)
		}
	})
}

var disclosure = media.Disclosure{Generator: "WEAV <test> & co", Provider: "sandbox", Model: "painter-1", At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}

func TestDisclosureIsInTheFile(t *testing.T) {
	t.Parallel()
	decoders := map[media.Type]func(io.Reader) (image.Image, error){media.PNG: png.Decode, media.JPEG: jpeg.Decode, media.WebP: webp.Decode}
	for _, file := range [][]byte{pngOf(t, 40, 30), jpegOf(t, 40, 30), webpOf(t, 40, 30), filmOf(t)} {
		before, err := probe(file)
		if err != nil {
			t.Fatal(err)
		}
		reported, err := media.Disclose(file, before.Type, disclosure)
		if err != nil {
			t.Fatalf("%s: %v", before.Type, err)
		}
		after, err := probe(reported)
		if err != nil || after != before {
			t.Errorf("%s: was %+v, is %+v, %v", before.Type, before, after, err)
		}
		if got, ok := media.ReadDisclosure(reported); !ok || got != disclosure {
			t.Errorf("%s reports %+v", before.Type, got)
		}
		if before.Type.IsVideo() {
			continue
		}
		if _, err := decoders[before.Type](bytes.NewReader(reported)); err != nil {
			t.Errorf("%s is no longer readable: %v", before.Type, err)
		}
		twice, err := media.Disclose(reported, before.Type, disclosure)
		if err != nil || bytes.Count(twice, []byte("trainedAlgorithmicMedia")) != 1 {
			t.Errorf("%s, marked twice, says it %d times (%v)", before.Type, bytes.Count(twice, []byte("trainedAlgorithmicMedia")), err)
		}
	}
	if _, err := media.Disclose(webm(8, 8), media.WebM, disclosure); !errors.Is(err, media.ErrNoPlace) {
		t.Errorf("WebM: got %v", err)
	}
	if _, ok := media.ReadDisclosure(pngOf(t, 4, 4)); ok {
		t.Error("a picture that says nothing discloses something")
	}
}

func TestThumbnail(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file          []byte
		t             media.Type
		width, height int
	}{
		"wide":  {pngOf(t, 1024, 256), media.PNG, 512, 128},
		"high":  {jpegOf(t, 200, 1000), media.JPEG, 102, 512},
		"small": {pngOf(t, 20, 10), media.PNG, 20, 10},
		"thin":  {pngOf(t, 2000, 1), media.PNG, 512, 1},
	} {
		b, w, h, err := media.Thumbnail(bytes.NewReader(c.file), media.Facts{Type: c.t}, media.ThumbnailEdge)
		if err != nil || w != c.width || h != c.height {
			t.Errorf("%s: %d x %d, %v", name, w, h, err)
			continue
		}
		if p, err := jpeg.Decode(bytes.NewReader(b)); err != nil || p.Bounds().Dx() != w || p.Bounds().Dy() != h {
			t.Errorf("%s: the JPEG is %v, %v", name, p.Bounds(), err)
		}
	}
	glass := image.NewNRGBA(image.Rect(0, 0, 8, 8))
	var b bytes.Buffer
	if err := png.Encode(&b, glass); err != nil {
		t.Fatal(err)
	}
	small, _, _, err := media.Thumbnail(&b, media.Facts{Type: media.PNG}, 8)
	if err != nil {
		t.Fatal(err)
	}
	p, err := jpeg.Decode(bytes.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	if r, _, _, _ := p.At(4, 4).RGBA(); r < 0xf000 {
		t.Errorf("what is transparent became %v", p.At(4, 4))
	}
	if _, _, _, err := media.Thumbnail(strings.NewReader("nonsense"), media.Facts{Type: media.PNG}, 8); err == nil {
		t.Error("nonsense has a thumbnail")
	}
}

func TestDeclared(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		name, mime, clean string
		code              media.Code
	}{
		"as it should be":        {"cat.png", "image/png", "cat.png", ""},
		"upper case":             {"CAT.JPEG", "IMAGE/JPEG", "CAT.JPEG", ""},
		"with folders":           {"../../etc/cat.png", "image/png", "cat.png", ""},
		"with Windows folders":   {`C:\x\cat.png`, "image/png", "cat.png", ""},
		"with controls":          {"c\u202ea\x07t.png", "image/png", "cat.png", ""},
		"Korean":                 {"고양이.webp", "image/webp", "고양이.webp", ""},
		"another extension":      {"cat.png", "image/jpeg", "", media.TypeMismatch},
		"no extension":           {"cat", "image/png", "cat.png", ""},
		"two extensions":         {"cat.png.html", "image/png", "", media.TypeMismatch},
		"a type that is refused": {"cat.svg", "image/svg+xml", "", media.TypeNotAllowed},
		"only an extension":      {".png", "image/png", "", media.BadName},
		"only dots":              {"..", "image/png", "", media.BadName},
		"no UTF-8":               {"\xff.png", "image/png", "", media.BadName},
	} {
		clean, _, err := media.Declared(c.name, c.mime)
		var fault *media.Error
		errors.As(err, &fault)
		if clean != c.clean || fault == nil && c.code != "" || fault != nil && fault.Code != c.code {
			t.Errorf("%s: got %q, %v", name, clean, err)
		}
	}
}
