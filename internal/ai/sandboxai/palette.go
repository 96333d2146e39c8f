package sandboxai

import (
	"image/color"
	"math"
	"math/rand/v2"
)

// The colours of a picture and where they begin in its palette.
const (
	skies = 24
	suns  = 4
	hills = 12

	colourOfSky  = 0
	colourOfSun  = colourOfSky + skies
	colourOfHill = colourOfSun + suns

	// colours is how many there are in all; the WebP encoder is built on this number.
	colours = colourOfHill + hills
)

// paletteFor mixes the colours of one picture around a hue.
func paletteFor(rng *rand.Rand) color.Palette {
	hue := 360 * rng.Float64()
	zenith := hsl(hue, 0.55, 0.32)
	horizon := hsl(hue+30+30*rng.Float64(), 0.75, 0.8)
	sun := hsl(hue+60+60*rng.Float64(), 0.95, 0.9)
	front := hsl(hue+180+60*rng.Float64(), 0.4, 0.14)
	var p color.Palette
	p = append(p, mix(zenith, horizon, skies)...)
	p = append(p, mix(horizon, sun, suns)...)
	return append(p, mix(horizon, front, hills)...)
}

// mix is n steps from one colour to the other, of which it leaves out the first.
func mix(from, to color.RGBA, n int) []color.Color {
	steps := make([]color.Color, n)
	for i := range steps {
		part := float64(i+1) / float64(n)
		between := func(a, b uint8) uint8 { return uint8(float64(a) + (float64(b)-float64(a))*part) }
		steps[i] = color.RGBA{R: between(from.R, to.R), G: between(from.G, to.G), B: between(from.B, to.B), A: 255}
	}
	return steps
}

// hsl is the colour of a hue in degrees, with saturation and lightness from 0 to 1.
func hsl(hue, saturation, lightness float64) color.RGBA {
	reach := saturation * min(lightness, 1-lightness)
	channel := func(n float64) uint8 {
		k := math.Mod(n+hue/30, 12)
		return uint8(255 * (lightness - reach*max(-1, min(k-3, 9-k, 1))))
	}
	return color.RGBA{R: channel(0), G: channel(8), B: channel(4), A: 255}
}
