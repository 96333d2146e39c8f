package sandboxai

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"

	"github.com/weav-ai/weav/internal/ai"
)

// The types of the files that are made.
const (
	pngType  = "image/png"
	jpegType = "image/jpeg"
	webpType = "image/webp"
	mp4Type  = "video/mp4"
)

// encode writes img in the format of that type; PNG when it is empty.
func encode(img *image.Paletted, format string) (ai.File, error) {
	switch format {
	case webpType:
		return ai.File{Bytes: encodeWebP(img), MIMEType: webpType}, nil
	case jpegType:
		var file bytes.Buffer
		err := jpeg.Encode(&file, flatten(img), nil)
		return ai.File{Bytes: file.Bytes(), MIMEType: jpegType}, err
	default:
		var file bytes.Buffer
		encoder := png.Encoder{CompressionLevel: png.BestSpeed}
		err := encoder.Encode(&file, img)
		return ai.File{Bytes: file.Bytes(), MIMEType: pngType}, err
	}
}

// flatten replaces the palette by its colours, because the JPEG encoder is fast with RGBA only.
func flatten(img *image.Paletted) *image.RGBA {
	var palette [colours][4]uint8
	for i, c := range img.Palette {
		r, g, b, a := c.RGBA()
		palette[i] = [4]uint8{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), uint8(a >> 8)}
	}
	flat := image.NewRGBA(img.Rect)
	for i, index := range img.Pix {
		copy(flat.Pix[4*i:], palette[index][:])
	}
	return flat
}
