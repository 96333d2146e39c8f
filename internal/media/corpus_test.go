package media_test

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	_ "github.com/at-wat/ebml-go" // Its module brings films.
	"github.com/bep/imagemeta"
	"golang.org/x/image/webp"

	"github.com/weav-ai/weav/internal/media"
)

var update = flag.Bool("update", false, "write the golden files anew")

// corpora are modules and packages that bring pictures and films, which are not ours to commit. Those of npm are installed by
// make test.
var corpora = []struct{ name, module, npm string }{
	{name: "imagemeta", module: "github.com/bep/imagemeta"},
	{name: "x-image", module: "golang.org/x/image"},
	{name: "ebml-go", module: "github.com/at-wat/ebml-go"},
	{name: "exif", npm: "exif/test"},
	{name: "exif-parser", npm: "exif-parser/test"},
	{name: "mux.js", npm: "mux.js/test/segments"},
}

var isMedia = regexp.MustCompile(`(?i)\.(jpe?g|png|webp|gif|bmp|tiff?|hei[cf]|avif|dng|cr2|nef|arw|pef|mp4|mov|webm|mkv)$`)

// corpusRoot is where a corpus is; empty for one of npm that is not installed, which only the tests on their own may lack.
func corpusRoot(t *testing.T, module, npm string) string {
	t.Helper()
	if npm != "" {
		root := filepath.Join("corpus", "node_modules", filepath.FromSlash(npm))
		if _, err := os.Stat(root); err != nil {
			if os.Getenv("REQUIRE_SERVICES") == "1" {
				t.Fatalf("%s is not installed: make test does that", npm)
			}
			return ""
		}
		return root
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil || len(bytes.TrimSpace(out)) == 0 {
		t.Fatalf("go list -m %s: %q, %v", module, out, err)
	}
	return string(bytes.TrimSpace(out))
}

// TestCorpus holds what is found in real files against a list that was reviewed. Of the accepted files, each picture must decode to
// the same pixels as before, at the stated size, and another reader must find no place in it.
func TestCorpus(t *testing.T) {
	t.Parallel()
	golden := filepath.Join("testdata", "corpus.txt")
	want, err := os.ReadFile(golden)
	if err != nil && !*update {
		t.Fatal(err)
	}
	var got, missing []string
	for _, c := range corpora {
		root := corpusRoot(t, c.module, c.npm)
		if root == "" {
			missing = append(missing, c.name+"/")
			continue
		}
		got = append(got, verdicts(t, c.name, root)...)
	}
	slices.Sort(got)
	if *update {
		if err := os.WriteFile(golden, []byte(strings.Join(got, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	expected := slices.DeleteFunc(strings.Split(strings.TrimSpace(string(want)), "\n"), func(line string) bool {
		return slices.ContainsFunc(missing, func(m string) bool { return strings.HasPrefix(line, m) })
	})
	for _, line := range got {
		if !slices.Contains(expected, line) {
			t.Errorf("got  %s", line)
		}
	}
	for _, line := range expected {
		if !slices.Contains(got, line) {
			t.Errorf("want %s", line)
		}
	}
}

// verdicts inspects each file of a corpus.
func verdicts(t *testing.T, name, root string) []string {
	t.Helper()
	var lines []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !isMedia.MatchString(path) {
			return err
		}
		file, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		lines = append(lines, name+"/"+filepath.ToSlash(rel)+": "+verdict(t, rel, file))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func verdict(t *testing.T, name string, file []byte) string {
	t.Helper()
	f, kept, err := inspect(t, file)
	var fault *media.Error
	if errors.As(err, &fault) {
		return fmt.Sprintf("%s %s", fault.Code, strings.TrimSpace(strings.SplitAfter(fault.Message, ". ")[0]))
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	out := fmt.Sprintf("%s %d x %d", f.Type, f.Width, f.Height)
	if f.Type.IsVideo() {
		return fmt.Sprintf("%s, %.3f s", out, f.Seconds)
	}
	if f.Orientation != 0 {
		out += fmt.Sprintf(", orientation %d", f.Orientation)
	}
	if f.Animated {
		return out + ", animated"
	}
	if n := len(file) - len(kept); n != 0 {
		out += fmt.Sprintf(", %d bytes fewer", n)
	}
	return out + sameAsBefore(t, name, f, file, kept)
}

// sameAsBefore compares a cleaned picture with the original.
func sameAsBefore(t *testing.T, name string, f media.Facts, file, kept []byte) string {
	t.Helper()
	before, errBefore := decodeOther(f.Type, file)
	after, errAfter := decodeOther(f.Type, kept)
	if (errBefore == nil) != (errAfter == nil) {
		t.Errorf("%s: decoding it said %v, now %v", name, errBefore, errAfter)
	}
	if again, twice, err := inspect(t, kept); err != nil || again != f || !bytes.Equal(twice, kept) {
		t.Errorf("%s changes once more: %+v, was %+v (%v)", name, again, f, err)
	}
	for _, tag := range tagsOf(f.Type, kept) {
		if strings.HasPrefix(tag, "GPS") || strings.Contains(tag, "SerialNumber") || strings.Contains(tag, "Owner") || tag == "Artist" || tag == "Creator" {
			t.Errorf("%s still has %s", name, tag)
		}
	}
	if errBefore != nil || errAfter != nil {
		return ", not decoded"
	}
	size := before.Bounds().Size()
	if f.Orientation >= 5 {
		size = image.Pt(size.Y, size.X)
	}
	if size != image.Pt(f.Width, f.Height) || before.Bounds() != after.Bounds() {
		t.Errorf("%s is decoded to %v and %v, Probe reported %d x %d", name, before.Bounds(), after.Bounds(), f.Width, f.Height)
		return ""
	}
	for i := range 1000 {
		x, y := i*7919%before.Bounds().Dx(), i*104729%before.Bounds().Dy()
		if before.At(x, y) != after.At(x, y) {
			t.Errorf("%s has another pixel at %d, %d", name, x, y)
			break
		}
	}
	return ""
}

func decodeOther(t media.Type, file []byte) (image.Image, error) {
	switch t {
	case media.PNG:
		return png.Decode(bytes.NewReader(file))
	case media.JPEG:
		return jpeg.Decode(bytes.NewReader(file))
	default:
		return webp.Decode(bytes.NewReader(file))
	}
}

// tagsOf are the names of a file's metadata.
func tagsOf(t media.Type, file []byte) []string {
	var names []string
	format := map[media.Type]imagemeta.ImageFormat{media.PNG: imagemeta.PNG, media.JPEG: imagemeta.JPEG, media.WebP: imagemeta.WebP}[t]
	_, _ = imagemeta.Decode(imagemeta.Options{ // What it cannot read is not there.
		R: bytes.NewReader(file), ImageFormat: format,
		ShouldHandleTag: func(imagemeta.TagInfo) bool { return true },
		HandleTag:       func(tag imagemeta.TagInfo) error { names = append(names, tag.Tag); return nil },
	})
	slices.SortFunc(names, cmp.Compare)
	return names
}

// TestFragmentedFilm is a film in pieces, as it is streamed: its header states no length.
func TestFragmentedFilm(t *testing.T) {
	t.Parallel()
	root := corpusRoot(t, "", "mux.js/test/segments")
	if root == "" {
		t.Log("mux.js is not installed; make test installs it")
		return
	}
	var film []byte
	for _, part := range []string{"dash-608-captions-init.mp4", "dash-608-captions-seg.m4s"} {
		b, err := os.ReadFile(filepath.Join(root, part))
		if err != nil {
			t.Fatal(err)
		}
		film = append(film, b...)
	}
	f, err := probe(film)
	if err != nil || f.Type != media.MP4 || f.Width == 0 || f.Seconds < 0.5 || f.Seconds > 60 {
		t.Errorf("got %+v, %v", f, err)
	}
}
