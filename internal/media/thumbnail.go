package media

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

const (
	// ThumbnailEdge is the longest side of a thumbnail, in pixels.
	ThumbnailEdge    = 512
	thumbnailQuality = 82
)

// Thumbnail decodes an image that Probe has accepted, and returns a JPEG of it that is at most edge
// pixels wide and high. What is transparent becomes white. A picture that cannot be decoded is Malformed.
func Thumbnail(r io.Reader, t Type, edge int) (thumb []byte, width, height int, err error) {
	picture, err := decode(r, t)
	if err != nil {
		return nil, 0, 0, malformed("its picture cannot be decoded")
	}
	w, h := fit(picture.Bounds().Dx(), picture.Bounds().Dy(), edge)
	small := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(small, small.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(small, small.Bounds(), picture, picture.Bounds(), draw.Over, nil)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, small, &jpeg.Options{Quality: thumbnailQuality}); err != nil {
		return nil, 0, 0, fmt.Errorf("media: thumbnail: %w", err)
	}
	return out.Bytes(), w, h, nil
}

func decode(r io.Reader, t Type) (image.Image, error) {
	switch t {
	case PNG:
		return png.Decode(r)
	case JPEG:
		return jpeg.Decode(r)
	case WebP:
		return webp.Decode(r)
	default:
		return nil, fmt.Errorf("media: %s is no image", t)
	}
}

// fit shrinks width and height to edge, never to nothing, and enlarges neither.
func fit(width, height, edge int) (w, h int) {
	if width <= edge && height <= edge {
		return width, height
	}
	if width >= height {
		return edge, max(1, height*edge/width)
	}
	return max(1, width*edge/height), edge
}
