package sandboxai

import (
	"embed"
	"fmt"
	"image"
	"slices"
	"strings"
)

// films holds a short H.264 film for every aspect and length; films/films.sh made them.
//
//go:embed films/*.mp4
var films embed.FS

// frames are the sizes of the films in pixels, by aspect.
var frames = map[string]image.Point{
	"16:9": {X: 640, Y: 360},
	"9:16": {X: 360, Y: 640},
	"1:1":  {X: 480, Y: 480},
	"3:4":  {X: 480, Y: 640},
}

// lengths are those of the films in seconds.
var lengths = []int{4, 8, 12}

// filmFlaw returns why there is no film of that aspect and length.
func filmFlaw(aspect string, seconds int) error {
	if _, ok := frames[aspect]; !ok {
		return fmt.Errorf("unknown aspect %q", aspect)
	}
	if !slices.Contains(lengths, seconds) {
		return fmt.Errorf("no film of %d seconds: they have %v", seconds, lengths)
	}
	return nil
}

// film is the file of that aspect and length.
func film(aspect string, seconds int) ([]byte, error) {
	return films.ReadFile(fmt.Sprintf("films/%s-%ds.mp4", strings.Replace(aspect, ":", "x", 1), seconds))
}
