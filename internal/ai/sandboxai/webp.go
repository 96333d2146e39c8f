package sandboxai

import (
	"encoding/binary"
	"image"
	"math/bits"
)

// A lossless WebP (RFC 9649) of a picture that draw made. The encoder knows just what
// such a picture needs: one palette, copies from the left and from above, and prefix codes
// in which every symbol that occurs has the same length.

// The alphabet of pixels: 256 literals, of which the palette's are used, then 24
// prefixes of a copy's length.
const (
	literals   = 256
	prefixes   = 24
	pixelWidth = 6 // bits: colours and prefixes are 64 symbols
	maxCopy    = 4096
)

// A wrong count makes this constant negative, which does not compile.
const _ = uint(colours+prefixes-1<<pixelWidth) + uint(1<<pixelWidth-colours-prefixes)

// The sources of a copy, as the first two distance codes name them.
const (
	fromAbove = 0
	fromLeft  = 1
)

// encodeWebP returns img as a WebP file. Its sides are at most 16,384. The encoder is written for the
// pictures of draw: a palette, copies from the left and from above, and prefix codes in which every used
// symbol has the same length.
func encodeWebP(img *image.Paletted) []byte {
	w := &bitWriter{}
	w.write(0x2f, 8)
	w.write(uint64(img.Rect.Dx()-1), 14)
	w.write(uint64(img.Rect.Dy()-1), 14)
	w.write(0, 1+3) // no alpha, version 0
	w.writePalette(img)
	w.write(0, 1) // no further transform
	w.write(0, 2) // no colour cache, one set of codes
	w.flatCode(literals+prefixes, pixelWidth, func(s int) bool { return s < colours || s >= literals })
	w.singleCode() // red
	w.singleCode() // blue
	w.singleCode() // alpha
	w.pairCode(fromAbove, fromLeft)
	w.writePixels(img)
	return riff(w.bytes())
}

// riff wraps a bitstream in the container.
func riff(stream []byte) []byte {
	padded := len(stream) + len(stream)%2
	file := append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(12+padded))...)
	file = append(file, "WEBPVP8L"...)
	file = binary.LittleEndian.AppendUint32(file, uint32(len(stream)))
	file = append(file, stream...)
	return append(file, make([]byte, padded-len(stream))...)
}

// writePalette writes the transform from indices to colours. The colours are an image of their own, one pixel
// high, each as its difference from the previous one.
func (w *bitWriter) writePalette(img *image.Paletted) {
	w.write(1, 1) // a transform
	w.write(3, 2) // colour indexing
	w.write(uint64(len(img.Palette)-1), 8)
	w.write(0, 1) // no colour cache
	isLiteral := func(s int) bool { return s < literals }
	w.flatCode(literals+prefixes, 8, isLiteral) // green
	w.flatCode(literals, 8, isLiteral)          // red
	w.flatCode(literals, 8, isLiteral)          // blue
	w.pairCode(0, 255)                          // alpha: 255, then no difference
	w.singleCode()                              // distance
	var r, g, b uint8
	for i, c := range img.Palette {
		r32, g32, b32, _ := c.RGBA()
		next := [3]uint8{uint8(r32 >> 8), uint8(g32 >> 8), uint8(b32 >> 8)}
		w.symbol(uint64(next[1]-g), 8)
		w.symbol(uint64(next[0]-r), 8)
		w.symbol(uint64(next[2]-b), 8)
		w.write(uint64(1-min(i, 1)), 1)
		r, g, b = next[0], next[1], next[2]
	}
}

// writePixels encodes the indices as literals and copies, whichever is longer.
func (w *bitWriter) writePixels(img *image.Paletted) {
	pix, width := img.Pix, img.Rect.Dx()
	for at := 0; at < len(pix); {
		length, source := repeat(pix, at, 1), fromLeft
		if above := repeat(pix, at, width); above > length {
			length, source = above, fromAbove
		}
		if length < 2 {
			w.symbol(uint64(pix[at]), pixelWidth)
			at++
			continue
		}
		w.copyOf(length, source)
		at += length
	}
}

// repeat is for how many pixels pix equals itself back pixels before.
func repeat(pix []uint8, at, back int) int {
	if at < back {
		return 0
	}
	n, limit := 0, min(maxCopy, len(pix)-at)
	for n < limit && pix[at+n] == pix[at+n-back] {
		n++
	}
	return n
}

// copyOf writes a copy of at least two pixels: the prefix of its length, as the rank
// behind the literals, the length's further bits, and the source.
func (w *bitWriter) copyOf(length, source int) {
	n := uint64(length - 1)
	extra := uint(max(0, bits.Len64(n)-2))
	prefix := 2*uint64(extra) + n>>extra
	w.symbol(colours+prefix, pixelWidth)
	w.write(n&(1<<extra-1), extra)
	w.write(uint64(source), 1)
}
