package media

import (
	"bytes"
	"encoding/binary"
	"errors"
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
	ThumbnailEdge = 512
	// thumbnailQuality is where artefacts become invisible at this size; higher values only cost bytes.
	thumbnailQuality = 82
)

// Thumbnail decodes an image that Probe has accepted as f, and returns an upright JPEG of it that is at most
// edge pixels wide and high. Transparency becomes white; an animation is shown by its first frame. A picture
// that cannot be decoded is Malformed.
func Thumbnail(r io.Reader, f Facts, edge int) (thumb []byte, width, height int, err error) {
	picture, place, err := decode(r, f)
	if err != nil {
		return nil, 0, 0, malformed("its picture cannot be decoded")
	}
	canvas := image.Pt(f.Width, f.Height)
	if f.Orientation >= 5 {
		canvas = image.Pt(f.Height, f.Width)
	}
	if place.Empty() {
		place = picture.Bounds()
		place = place.Sub(place.Min)
		canvas = place.Size()
	}
	// The thumbnail has the ratio of the canvas, on which a frame may be smaller.
	w, h := fit(canvas.X, canvas.Y, edge)
	small := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(small, small.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	at := image.Rect(place.Min.X*w/canvas.X, place.Min.Y*h/canvas.Y, max(1, place.Max.X*w/canvas.X), max(1, place.Max.Y*h/canvas.Y))
	draw.ApproxBiLinear.Scale(small, at, picture, picture.Bounds(), draw.Over, nil)
	small = upright(small, f.Orientation)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, small, &jpeg.Options{Quality: thumbnailQuality}); err != nil {
		return nil, 0, 0, fmt.Errorf("media: thumbnail: %w", err)
	}
	return out.Bytes(), small.Bounds().Dx(), small.Bounds().Dy(), nil
}

// decode returns a picture, and the place of a frame on its canvas: empty when the picture is the canvas.
func decode(r io.Reader, f Facts) (image.Image, image.Rectangle, error) {
	var p image.Image
	var err error
	switch {
	case f.Type == PNG:
		p, err = png.Decode(r)
	case f.Type == JPEG:
		p, err = jpeg.Decode(r)
	case f.Type == WebP && f.Animated:
		return firstFrame(r, f)
	case f.Type == WebP:
		p, err = webp.Decode(r)
	default:
		err = fmt.Errorf("media: %s is no image", f.Type)
	}
	return p, image.Rectangle{}, err
}

// errNoFrame means that an animation has no valid frame.
var errNoFrame = errors.New("media: the animation has no frame")

// firstFrame decodes the first frame of an animated WebP, whose chunks form a WebP themselves. The decoder of
// x/image does not read animations.
func firstFrame(r io.Reader, f Facts) (image.Image, image.Rectangle, error) {
	const header = 16
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, image.Rectangle{}, err
	}
	for {
		var c [8]byte
		if _, err := io.ReadFull(r, c[:]); err != nil {
			return nil, image.Rectangle{}, errors.Join(errNoFrame, err)
		}
		n := int64(binary.LittleEndian.Uint32(c[4:]))
		if string(c[:4]) != "ANMF" {
			if _, err := io.CopyN(io.Discard, r, n+n&1); err != nil {
				return nil, image.Rectangle{}, err
			}
			continue
		}
		body, err := io.ReadAll(io.LimitReader(r, n))
		if err != nil || len(body) < header {
			return nil, image.Rectangle{}, errors.Join(errNoFrame, err)
		}
		at := image.Pt(2*uint24(body), 2*uint24(body[3:]))
		place := image.Rectangle{Min: at, Max: at.Add(image.Pt(1+uint24(body[6:]), 1+uint24(body[9:])))}
		p, err := decodeFrame(body[header:], place, f)
		return p, place, err
	}
}

// uint24 reads a little-endian number of 24 bits.
func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// decodeFrame decodes a frame, which must have its stated size and lie within the canvas: the memory for it
// was not bounded by Probe.
func decodeFrame(chunks []byte, place image.Rectangle, f Facts) (image.Image, error) {
	canvas := image.Rect(0, 0, f.Width, f.Height)
	if f.Orientation >= 5 {
		canvas = image.Rect(0, 0, f.Height, f.Width)
	}
	size := place.Size()
	flags := byte(0)
	if bytes.HasPrefix(chunks, []byte("ALPH")) {
		flags = webpAlpha
	}
	file := chunks
	if flags != 0 {
		file = append(vp8x(flags, size.X, size.Y), chunks...)
	}
	file = append(append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(4+len(file))), "WEBP"...), file...)
	config, err := webp.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	if config.Width != size.X || config.Height != size.Y || !place.In(canvas) {
		return nil, errNoFrame
	}
	return webp.Decode(bytes.NewReader(file))
}

// vp8x returns the header of an extended WebP.
func vp8x(flags byte, width, height int) []byte {
	w, h := width-1, height-1
	return riffChunk("VP8X", []byte{flags, 0, 0, 0, byte(w), byte(w >> 8), byte(w >> 16), byte(h), byte(h >> 8), byte(h >> 16)})
}

// upright rotates and mirrors a picture by its orientation.
func upright(p *image.RGBA, orientation int) *image.RGBA {
	if orientation < 2 || orientation > 8 {
		return p
	}
	w, h := p.Bounds().Dx(), p.Bounds().Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if orientation >= 5 {
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			to := [...]image.Point{
				2: {X: w - 1 - x, Y: y}, 3: {X: w - 1 - x, Y: h - 1 - y}, 4: {X: x, Y: h - 1 - y},
				5: {X: y, Y: x}, 6: {X: h - 1 - y, Y: x}, 7: {X: h - 1 - y, Y: w - 1 - x}, 8: {X: y, Y: w - 1 - x},
			}[orientation]
			out.SetRGBA(to.X, to.Y, p.RGBAAt(x, y))
		}
	}
	return out
}

// fit scales width and height down to edge, to at least one pixel, and never up.
func fit(width, height, edge int) (w, h int) {
	if width <= edge && height <= edge {
		return width, height
	}
	if width >= height {
		return edge, max(1, height*edge/width)
	}
	return max(1, width*edge/height), edge
}
