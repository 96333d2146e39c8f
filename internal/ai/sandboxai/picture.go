package sandboxai

import (
	"image"
	"math"
	"math/rand/v2"

	"github.com/weav-ai/weav/internal/ai"
)

// draw draws the picture of seed: a landscape with a sky that fades towards the horizon, a sun with a halo,
// and hills. Flat colours make it small in every format. HD has more hills.
func draw(seed uint64, width, height int, q ai.Quality) *image.Paletted {
	rng := rand.New(rand.NewPCG(seed, 1))
	img := image.NewPaletted(image.Rect(0, 0, width, height), paletteFor(rng))
	drawSky(img)
	drawSun(img, rng)
	layers := hills / 2
	if q == ai.QualityHD {
		layers = hills
	}
	drawHills(img, layers, rng)
	return img
}

// drawSky fills the picture with bands from the top to the horizon and below.
func drawSky(img *image.Paletted) {
	height := img.Rect.Dy()
	for y := range height {
		fill(img.Pix[y*img.Stride:(y+1)*img.Stride], colourOfSky+y*skies/height)
	}
}

// drawSun puts the sun into the upper half, with rings of light around it.
func drawSun(img *image.Paletted, rng *rand.Rand) {
	width, height := float64(img.Rect.Dx()), float64(img.Rect.Dy())
	x, y := width*(0.2+0.6*rng.Float64()), height*(0.2+0.25*rng.Float64())
	radius := min(width, height) * (0.07 + 0.05*rng.Float64())
	for ring := range suns {
		fillCircle(img, x, y, radius*(1+0.35*float64(suns-1-ring)), colourOfSun+ring)
	}
}

func fillCircle(img *image.Paletted, x, y, radius float64, colour int) {
	for row := max(0, int(y-radius)); row < min(img.Rect.Dy(), int(y+radius)+1); row++ {
		dy := float64(row) + 0.5 - y
		if dy*dy >= radius*radius {
			continue
		}
		half := math.Sqrt(radius*radius - dy*dy)
		from, to := max(0, int(x-half)), min(img.Rect.Dx(), int(x+half))
		if from < to {
			fill(img.Pix[row*img.Stride+from:row*img.Stride+to], colour)
		}
	}
}

// drawHills draws that many ridges, the farthest first.
func drawHills(img *image.Paletted, layers int, rng *rand.Rand) {
	for layer := range layers {
		near := float64(layer+1) / float64(layers)
		colour := colourOfHill + hills - 1 - (layers-1-layer)*hills/layers
		fillBelow(img, ridge(img.Rect.Dx(), img.Rect.Dy(), near, rng), colour)
	}
}

// ridge is the outline of a ridge: the top of each column. near is 1 for the front one, which is lower and
// steeper.
func ridge(width, height int, near float64, rng *rand.Rand) []int {
	type wave struct{ turns, phase, size float64 }
	var waves [3]wave
	for i := range waves {
		waves[i] = wave{
			turns: (0.5 + rng.Float64()) * float64(int(1)<<i),
			phase: rng.Float64() * 2 * math.Pi,
			size:  (0.03 + 0.03*near) / float64(int(1)<<i),
		}
	}
	tops := make([]int, width)
	for x := range tops {
		top := 0.45 + 0.4*near
		for _, w := range waves {
			top += w.size * math.Sin(w.phase+w.turns*2*math.Pi*float64(x)/float64(width))
		}
		tops[x] = int(top * float64(height))
	}
	return tops
}

// fillBelow colours every column from its top to the bottom, row by row.
func fillBelow(img *image.Paletted, tops []int, colour int) {
	highest, lowest := math.MaxInt, 0
	for _, top := range tops {
		highest, lowest = min(highest, top), max(lowest, top)
	}
	for y := max(0, highest); y < img.Rect.Dy(); y++ {
		row := img.Pix[y*img.Stride : y*img.Stride+len(tops)]
		if y >= lowest {
			fill(row, colour)
			continue
		}
		for x, top := range tops {
			if y >= top {
				row[x] = uint8(colour)
			}
		}
	}
}

func fill(row []uint8, colour int) {
	for i := range row {
		row[i] = uint8(colour)
	}
}
