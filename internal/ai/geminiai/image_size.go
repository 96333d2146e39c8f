package geminiai

import (
	"math"

	"google.golang.org/genai"
)

// aspects are the ratios that Google's SDK lists for pictures.
var aspects = []struct {
	name  string
	ratio float64
}{
	{"1:1", 1},
	{"2:3", 2.0 / 3},
	{"3:2", 3.0 / 2},
	{"3:4", 3.0 / 4},
	{"4:3", 4.0 / 3},
	{"9:16", 9.0 / 16},
	{"16:9", 16.0 / 9},
	{"21:9", 21.0 / 9},
}

// imageConfig requests the nearest ratio and size; nil, the model's default, when a side is unknown.
func imageConfig(width, height int) *genai.ImageConfig {
	if width <= 0 || height <= 0 {
		return nil
	}
	return &genai.ImageConfig{AspectRatio: nearestAspect(width, height), ImageSize: nearestSize(width, height)}
}

// nearestAspect is the ratio that distorts the picture least.
func nearestAspect(width, height int) string {
	want := math.Log(float64(width) / float64(height))
	best, least := "", math.Inf(1)
	for _, a := range aspects {
		if off := math.Abs(math.Log(a.ratio) - want); off < least {
			best, least = a.name, off
		}
	}
	return best
}

// nearestSize selects by the picture's area: 1K, 2K and 4K are squares with such sides, and the bounds are
// the geometric means. 1K is every model's default and is omitted, for models that know no other.
func nearestSize(width, height int) string {
	side := math.Sqrt(float64(width) * float64(height))
	switch {
	case side <= 1024*math.Sqrt2:
		return ""
	case side <= 2048*math.Sqrt2:
		return "2K"
	default:
		return "4K"
	}
}
