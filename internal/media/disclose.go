package media

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"hash/crc32"
	"regexp"
	"strings"
	"time"
)

// Disclosure says that an AI made a file.
type Disclosure struct {
	// Generator is the program that had it made, Provider who ran the Model.
	Generator, Provider, Model string
	At                         time.Time
}

// ErrNoPlace says that a format has no place for a disclosure that other programs would read.
var ErrNoPlace = errors.New("media: the format has no place for a disclosure")

// sourceType is IPTC's name of what a trained model generated.
const sourceType = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

// xmpUUID marks the MP4 box that holds XMP.
const xmpUUID = "\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac"

const (
	pngXMP  = "XML:com.adobe.xmp"
	jpegXMP = "http://ns.adobe.com/xap/1.0/\x00"
)

// packet is the disclosure as XMP.
func (d Disclosure) packet() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<?xpacket begin="%s" id="W5M0MpCehiHzreSzNTczkc9d"?>`, "\ufeff")
	fmt.Fprintf(&b, `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">`+
		`<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"`+
		` xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">`+
		`<Iptc4xmpExt:DigitalSourceType>%s</Iptc4xmpExt:DigitalSourceType><Iptc4xmpExt:AISystemUsed>%s</Iptc4xmpExt:AISystemUsed>`+
		`<photoshop:Credit>%s</photoshop:Credit><xmp:CreatorTool>%s</xmp:CreatorTool><xmp:CreateDate>%s</xmp:CreateDate>`+
		`</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>`,
		sourceType, escape(d.Model), escape(d.Provider), escape(d.Generator), d.At.UTC().Format(time.RFC3339))
	return b.Bytes()
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // A strings.Builder takes all.
	return b.String()
}

// Disclose returns a file that Probe has accepted with the disclosure in its own metadata. XMP that it
// had before is replaced. WebM has no place: the answer is ErrNoPlace.
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

// DiscloseTail is what to append to an MP4, so that it need not be held in memory. What a player looks for
// by offset stays where it was.
func DiscloseTail(d Disclosure) []byte {
	p := d.packet()
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(xmpUUID)+len(p)))
	return append(append(append(b, "uuid"...), xmpUUID...), p...)
}

// disclosePNG puts an iTXt chunk behind the header.
func disclosePNG(file, packet []byte) ([]byte, error) {
	const behindHeader = len(pngMagic) + 12 + 13
	if len(file) < behindHeader {
		return nil, truncated()
	}
	body := append([]byte(pngXMP+"\x00\x00\x00\x00\x00"), packet...)
	out := append(bytes.Clone(file[:behindHeader]), pngChunk("iTXt", body)...)
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

func pngChunk(kind string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, kind...), body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// discloseJPEG puts an APP1 segment behind the start mark, or behind the JFIF header, which must be first.
func discloseJPEG(file, packet []byte) ([]byte, error) {
	segment := append([]byte(jpegXMP), packet...)
	xmp := append([]byte{0xff, 0xe1, byte((len(segment) + 2) >> 8), byte(len(segment) + 2)}, segment...)
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

// discloseWebP puts an XMP chunk behind the picture. A simple file becomes an extended one, which says what it holds.
func discloseWebP(file, packet []byte) ([]byte, error) {
	const xmpFlag, alphaFlag = 0x04, 0x10
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
			chunks[len(chunks)-(end-off)+8] |= xmpFlag
		default:
			chunks = append(chunks, file[off:end]...)
		}
		off = end
	}
	if !extended {
		flags := byte(xmpFlag)
		if string(chunks[:4]) == "VP8L" && chunks[8+4]&0x10 != 0 {
			flags |= alphaFlag
		}
		w, h := facts.Width-1, facts.Height-1
		head := []byte{flags, 0, 0, 0, byte(w), byte(w >> 8), byte(w >> 16), byte(h), byte(h >> 8), byte(h >> 16)}
		chunks = append(riffChunk("VP8X", head), chunks...)
	}
	chunks = append(chunks, riffChunk("XMP ", packet)...)
	return append(append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(4+len(chunks))), "WEBP"...), chunks...), nil
}

func riffChunk(kind string, body []byte) []byte {
	b := append(binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body))), body...)
	if len(body)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

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
