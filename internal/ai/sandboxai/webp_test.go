package sandboxai

import (
	"bytes"
	"image"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/webp"
)

// TestWebPIsLossless compares every pixel, also of pictures without any order, which
// need literals and copies of every length.
func TestWebPIsLossless(t *testing.T) {
	t.Parallel()
	noise := image.NewPaletted(image.Rect(0, 0, 97, 61), paletteFor(rand.New(rand.NewPCG(1, 1))))
	rng := rand.New(rand.NewPCG(2, 2))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(rng.IntN(colours))
	}
	runs := image.NewPaletted(image.Rect(0, 0, 101, 103), noise.Palette)
	for at := 0; at < len(runs.Pix); {
		n := min(1+rng.IntN(1<<rng.IntN(13)), len(runs.Pix)-at)
		fill(runs.Pix[at:at+n], rng.IntN(colours))
		at += n
	}
	flat := image.NewPaletted(image.Rect(0, 0, 5000, 2), noise.Palette)
	for name, img := range map[string]*image.Paletted{
		"drawn": draw(7, 400, 300, "hd"), "noise": noise, "runs": runs, "one colour": flat,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := webp.Decode(bytes.NewReader(encodeWebP(img)))
			if err != nil {
				t.Fatal(err)
			}
			checkSame(t, got, img)
		})
	}
}

func checkSame(t *testing.T, got, want image.Image) {
	t.Helper()
	if got.Bounds() != want.Bounds() {
		t.Fatalf("bounds = %v, want %v", got.Bounds(), want.Bounds())
	}
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			r, g, b, a := got.At(x, y).RGBA()
			r2, g2, b2, a2 := want.At(x, y).RGBA()
			if [4]uint32{r, g, b, a} != [4]uint32{r2, g2, b2, a2} {
				t.Fatalf("pixel (%d, %d) = %v, want %v", x, y, got.At(x, y), want.At(x, y))
			}
		}
	}
}
