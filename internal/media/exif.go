package media

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/bep/imagemeta"
)

// exifType is the type of a value, as numbered by TIFF.
type exifType uint16

// The types of retained values, as numbered by TIFF.
const (
	exifText     exifType = 2
	exifShort    exifType = 3
	exifLong     exifType = 4
	exifRational exifType = 5
	exifSigned   exifType = 10
)

// exifField is an EXIF field that is retained.
type exifField struct {
	id   uint16
	name string // as the reader calls it
	typ  exifType
	sub  bool // in the Exif directory, not in the first one
}

// exifKept are the retained fields, by directory and number. All others are removed: those that reveal a
// place, an owner or a serial number, and those that may, such as maker notes and previews. It is an
// allow-list, because unknown fields may reveal anything.
var exifKept = []exifField{
	{0x010f, "Make", exifText, false}, {0x0110, "Model", exifText, false}, {0x0112, "Orientation", exifShort, false},
	{0x011a, "XResolution", exifRational, false}, {0x011b, "YResolution", exifRational, false}, {0x0128, "ResolutionUnit", exifShort, false},
	{0x0131, "Software", exifText, false}, {0x0132, "ModifyDate", exifText, false},
	{0x829a, "ExposureTime", exifRational, true}, {0x829d, "FNumber", exifRational, true}, {0x8822, "ExposureProgram", exifShort, true},
	{0x8827, "ISO", exifShort, true}, {0x9003, "DateTimeOriginal", exifText, true}, {0x9004, "CreateDate", exifText, true},
	{0x9204, "ExposureCompensation", exifSigned, true}, {0x9207, "MeteringMode", exifShort, true}, {0x9209, "Flash", exifShort, true},
	{0x920a, "FocalLength", exifRational, true}, {0xa001, "ColorSpace", exifShort, true}, {0xa403, "WhiteBalance", exifShort, true},
	{0xa405, "FocalLengthIn35mmFormat", exifShort, true}, {0xa433, "LensMake", exifText, true}, {0xa434, "LensModel", exifText, true},
}

// maxEXIFText is the longest retained text, in bytes.
const maxEXIFText = 256

// exifTags are the retained values, encoded by their types.
type exifTags map[exifField][]byte

// readEXIF reads the retained fields from EXIF in TIFF form. What cannot be read is omitted, because damaged
// metadata does not make a picture invalid.
func readEXIF(tiff []byte) exifTags {
	tags := exifTags{}
	field := func(t imagemeta.TagInfo) (exifField, bool) {
		i := slices.IndexFunc(exifKept, func(f exifField) bool {
			return f.name == t.Tag && (t.Namespace == "IFD0" && !f.sub || t.Namespace == "IFD0/ExifIFDP" && f.sub)
		})
		if i < 0 {
			return exifField{}, false
		}
		return exifKept[i], true
	}
	_, _ = imagemeta.Decode(imagemeta.Options{ // Errors are ignored, as stated above.
		R: bytes.NewReader(tiff), ImageFormat: imagemeta.TIFF, Sources: imagemeta.EXIF,
		ShouldHandleTag: func(t imagemeta.TagInfo) bool { _, ok := field(t); return ok },
		HandleTag: func(t imagemeta.TagInfo) error {
			f, _ := field(t)
			if v := exifValue(f.typ, t.Value); v != nil && tags[f] == nil {
				tags[f] = v
			}
			return nil
		},
	})
	return tags
}

// exifValue encodes a value in big-endian order; nil for a value of another type.
func exifValue(t exifType, v any) []byte {
	switch v := v.(type) {
	case string:
		if t == exifText && v != "" && len(v) < maxEXIFText && !strings.ContainsRune(v, 0) {
			return append([]byte(v), 0)
		}
	case uint16:
		if t == exifShort {
			return binary.BigEndian.AppendUint16(nil, v)
		}
	case imagemeta.Rat[uint32]:
		if t == exifRational {
			return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, v.Num()), v.Den())
		}
	case imagemeta.Rat[int32]:
		if t == exifSigned {
			return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(v.Num())), uint32(v.Den()))
		}
	}
	return nil
}

// orientation is how the stored picture is rotated and mirrored: 2 to 8 as in EXIF, 0 for upright.
func (t exifTags) orientation() int {
	for f, v := range t {
		if f.name == "Orientation" && v[0] == 0 && v[1] >= 2 && v[1] <= 8 {
			return int(v[1])
		}
	}
	return 0
}

const (
	// tiffHead is the header of a big-endian TIFF whose first directory follows.
	tiffHead  = "MM\x00*\x00\x00\x00\x08"
	exifEntry = 12
	// exifPointer is the field of the first directory that points to the Exif directory.
	exifPointer = 0x8769
)

// write encodes the values as EXIF in TIFF form; nil when there are none. The values are written again
// instead of removing fields, so that no byte of the original remains.
func (t exifTags) write() []byte {
	if len(t) == 0 {
		return nil
	}
	first, sub := t.directory(false), t.directory(true)
	if len(sub) > 0 {
		first = append(first, exifItem{id: exifPointer, typ: exifLong, value: make([]byte, 4)})
		slices.SortFunc(first, func(a, b exifItem) int { return int(a.id) - int(b.id) })
	}
	out := []byte(tiffHead)
	body, pointer := writeDirectory(first, len(out))
	out = append(out, body...)
	if len(sub) > 0 {
		binary.BigEndian.PutUint32(out[pointer:], uint32(len(out)))
		body, _ = writeDirectory(sub, len(out))
		out = append(out, body...)
	}
	return out
}

// exifItem is a field with its value.
type exifItem struct {
	id    uint16
	typ   exifType
	value []byte
}

// directory returns the fields of one of the two directories, in the order of their numbers, which TIFF
// requires.
func (t exifTags) directory(sub bool) []exifItem {
	var items []exifItem
	for _, f := range exifKept {
		if v := t[f]; v != nil && f.sub == sub {
			items = append(items, exifItem{id: f.id, typ: f.typ, value: v})
		}
	}
	return items
}

// count is how many values an item has.
func (i exifItem) count() uint32 {
	if i.typ == exifText {
		return uint32(len(i.value))
	}
	return 1
}

// writeDirectory encodes a directory at the offset at, followed by its values. pointer is the offset of the
// value of exifPointer.
func writeDirectory(items []exifItem, at int) (out []byte, pointer int) {
	values := at + 2 + len(items)*exifEntry + 4
	out = binary.BigEndian.AppendUint16(nil, uint16(len(items)))
	var behind []byte
	for _, i := range items {
		out = binary.BigEndian.AppendUint16(out, i.id)
		out = binary.BigEndian.AppendUint16(out, uint16(i.typ))
		out = binary.BigEndian.AppendUint32(out, i.count())
		if i.id == exifPointer {
			pointer = at + len(out)
		}
		if len(i.value) <= 4 {
			out = append(out, append(bytes.Clone(i.value), make([]byte, 4-len(i.value))...)...)
			continue
		}
		out = binary.BigEndian.AppendUint32(out, uint32(values+len(behind)))
		behind = append(behind, i.value...)
		if len(behind)%2 == 1 {
			behind = append(behind, 0)
		}
	}
	out = binary.BigEndian.AppendUint32(out, 0) // No directory follows.
	return append(out, behind...), pointer
}
