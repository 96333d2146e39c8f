package media

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"regexp"
	"time"
)

// Disclosure states that an AI made a file.
type Disclosure struct {
	// Generator is this program, Provider the operator of the Model.
	Generator, Provider, Model string
	At                         time.Time
}

// ErrNoPlace means that a format has no place for a disclosure that other programs read.
var ErrNoPlace = errors.New("media: the format has no place for a disclosure")

// sourceType is IPTC's term for content that a trained model generated.
const sourceType = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

// xmpUUID identifies the MP4 box that contains XMP.
const xmpUUID = "\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac"

// packet is the disclosure as XMP.
func (d Disclosure) packet() []byte {
	return writeXMP([]xmpProperty{
		{nsIPTC, "DigitalSourceType", sourceType}, {nsIPTC, "AISystemUsed", d.Model}, {nsShop, "Credit", d.Provider},
		{nsXMP, "CreatorTool", d.Generator}, {nsXMP, "CreateDate", d.At.UTC().Format(time.RFC3339)},
	})
}

// Disclose returns a file that Probe has accepted, with the disclosure in its metadata. Existing XMP is
// replaced. WebM has no place for it: the error is ErrNoPlace.
func Disclose(file []byte, t Type, d Disclosure) ([]byte, error) {
	switch t {
	case PNG:
		return disclosePNG(file, d.packet())
	case JPEG:
		return discloseJPEG(file, d.packet())
	case WebP:
		return discloseWebP(file, d.packet())
	case MP4:
		return append(bytes.Clone(file), DiscloseTail(d)...), nil
	default:
		return nil, ErrNoPlace
	}
}

// DiscloseTail returns the bytes to append to an MP4, so that it need not be held in memory. Offsets within
// the file stay valid.
func DiscloseTail(d Disclosure) []byte {
	p := d.packet()
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(xmpUUID)+len(p)))
	return append(append(append(b, "uuid"...), xmpUUID...), p...)
}

// disclosePNG inserts an iTXt chunk after the header, and removes earlier XMP.
func disclosePNG(file, packet []byte) ([]byte, error) {
	const behindHeader = len(pngMagic) + 12 + 13
	if len(file) < behindHeader {
		return nil, truncated()
	}
	out := append(bytes.Clone(file[:behindHeader]), pngXMPChunk(packet)...)
	for off := behindHeader; off+12 <= len(file); {
		n := int(binary.BigEndian.Uint32(file[off:]))
		end := off + 12 + n
		if n < 0 || end > len(file) {
			return nil, truncated()
		}
		if !bytes.HasPrefix(file[off+4:end], []byte("iTXt"+pngXMP+"\x00")) {
			out = append(out, file[off:end]...)
		}
		off = end
	}
	return out, nil
}

// discloseJPEG inserts an APP1 segment after the start marker, or after the JFIF header, which must be first.
func discloseJPEG(file, packet []byte) ([]byte, error) {
	xmp := app1(append([]byte(jpegXMP), packet...))
	out, placed := bytes.Clone(file[:2]), false
	for off := 2; off+4 <= len(file); {
		mark, n := file[off+1], int(binary.BigEndian.Uint16(file[off+2:]))
		end := off + 2 + n
		if file[off] != 0xff || end > len(file) {
			return nil, truncated()
		}
		if !placed && mark != 0xe0 {
			out, placed = append(out, xmp...), true
		}
		if mark == 0xda {
			return append(out, file[off:]...), nil
		}
		if mark != 0xe1 || !bytes.HasPrefix(file[off+4:end], []byte(jpegXMP)) {
			out = append(out, file[off:end]...)
		}
		off = end
	}
	return nil, truncated()
}

// discloseWebP appends an XMP chunk after the picture. A simple file becomes an extended one, whose header
// lists its chunks.
func discloseWebP(file, packet []byte) ([]byte, error) {
	facts, err := Probe(bytes.NewReader(file), int64(len(file)), Limits{})
	if err != nil {
		return nil, err
	}
	var chunks []byte
	extended := false
	for off := 12; off+8 <= len(file); {
		n := int(binary.LittleEndian.Uint32(file[off+4:]))
		end := min(off+8+n+n&1, len(file))
		switch string(file[off : off+4]) {
		case "XMP ":
		case "VP8X":
			extended = true
			chunks = append(chunks, file[off:end]...)
			chunks[len(chunks)-(end-off)+8] |= webpXMP
		default:
			chunks = append(chunks, file[off:end]...)
		}
		off = end
	}
	if !extended {
		flags := byte(webpXMP)
		if string(chunks[:4]) == "VP8L" && chunks[8+4]&0x10 != 0 {
			flags |= webpAlpha
		}
		// Facts has the upright size; the header states the stored one.
		if facts.Orientation >= 5 {
			facts.Width, facts.Height = facts.Height, facts.Width
		}
		chunks = append(vp8x(flags, facts.Width, facts.Height), chunks...)
	}
	chunks = append(chunks, riffChunk("XMP ", packet)...)
	return append(append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(4+len(chunks))), "WEBP"...), chunks...), nil
}

// The places of a disclosure's values in XMP, as writeXMP writes them.
var (
	modelIn     = regexp.MustCompile(`<Iptc4xmpExt:AISystemUsed>([^<]*)<`)
	providerIn  = regexp.MustCompile(`<photoshop:Credit>([^<]*)<`)
	generatorIn = regexp.MustCompile(`<xmp:CreatorTool>([^<]*)<`)
	dateIn      = regexp.MustCompile(`<xmp:CreateDate>([^<]*)<`)
)

// ReadDisclosure reads what Disclose wrote; false for a file without it.
func ReadDisclosure(file []byte) (Disclosure, bool) {
	if !bytes.Contains(file, []byte(sourceType)) {
		return Disclosure{}, false
	}
	at, err := time.Parse(time.RFC3339, first(dateIn, file))
	return Disclosure{Generator: first(generatorIn, file), Provider: first(providerIn, file), Model: first(modelIn, file), At: at}, err == nil
}

// first is the first match in a file, with XML entities resolved.
func first(re *regexp.Regexp, file []byte) string {
	m := re.FindSubmatch(file)
	if m == nil {
		return ""
	}
	var text string
	if xml.Unmarshal([]byte("<t>"+string(m[1])+"</t>"), &text) != nil {
		return ""
	}
	return text
}
