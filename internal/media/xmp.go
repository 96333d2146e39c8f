package media

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bep/imagemeta"
)

// The namespaces of the properties that are read or written.
const (
	nsRDF    = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	nsXMP    = "http://ns.adobe.com/xap/1.0/"
	nsIPTC   = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
	nsShop   = "http://ns.adobe.com/photoshop/1.0/"
	nsGPano  = "http://ns.google.com/photos/1.0/panorama/"
	nsCamera = "http://ns.google.com/photos/1.0/camera/"
	nsItems  = "http://ns.google.com/photos/1.0/container/"
	nsHDR    = "http://ns.adobe.com/hdr-gain-map/1.0/"
)

// xmpProperty is a simple property.
type xmpProperty struct{ space, name, value string }

// xmpKept are the retained properties, in the order in which they are written: that and by what an AI made a
// picture, when and with what it was made, and how a panorama is shown. All others are removed.
var xmpKept = []xmpProperty{
	{nsIPTC, "DigitalSourceType", ""}, {nsIPTC, "AISystemUsed", ""}, {nsShop, "Credit", ""}, {nsXMP, "CreatorTool", ""}, {nsXMP, "CreateDate", ""},
	{nsGPano, "ProjectionType", ""}, {nsGPano, "UsePanoramaViewer", ""},
	{nsGPano, "FullPanoWidthPixels", ""}, {nsGPano, "FullPanoHeightPixels", ""},
	{nsGPano, "CroppedAreaImageWidthPixels", ""}, {nsGPano, "CroppedAreaImageHeightPixels", ""},
	{nsGPano, "CroppedAreaLeftPixels", ""}, {nsGPano, "CroppedAreaTopPixels", ""},
}

// xmpPrefixes are the usual prefixes of namespaces: some readers search for them without parsing.
var xmpPrefixes = map[string]string{nsIPTC: "Iptc4xmpExt", nsShop: "photoshop", nsXMP: "xmp", nsGPano: "GPano"}

// declaredInXMP reads which trailing data a packet declares. It only searches for names, since the trailing
// data themselves are checked.
func declaredInXMP(packet []byte) declared {
	has := func(s string) bool { return bytes.Contains(packet, []byte(s)) }
	items := has(nsItems)
	return declared{
		pictures: items || has(nsHDR),
		film:     items || has(nsCamera) && (has("MotionPhoto") || has("MicroVideo")),
	}
}

// or joins two declarations.
func (d declared) or(e declared) declared {
	return declared{pictures: d.pictures || e.pictures, film: d.film || e.film}
}

// publicXMP is the retained part of a packet: all of it when it has no other properties than those in
// xmpKept, else a packet of those; nil without any.
func publicXMP(packet []byte) []byte {
	if onlyKept(packet) {
		return packet
	}
	found := readXMP(packet)
	ai := slices.ContainsFunc(found, func(p xmpProperty) bool { return p.name == "DigitalSourceType" })
	if !ai { // In a photograph the credit names its owner.
		found = slices.DeleteFunc(found, func(p xmpProperty) bool { return p.name == "Credit" })
	}
	if len(found) == 0 {
		return nil
	}
	return writeXMP(found)
}

// readXMP reads the retained properties, in their order.
func readXMP(packet []byte) []xmpProperty {
	values := map[xmpProperty]string{}
	_, _ = imagemeta.Decode(imagemeta.Options{ // What cannot be read is omitted.
		R: bytes.NewReader(xmpInTIFF(packet)), ImageFormat: imagemeta.TIFF, Sources: imagemeta.XMP,
		HandleTag: func(t imagemeta.TagInfo) error {
			if text, ok := t.Value.(string); ok {
				values[xmpProperty{space: t.Namespace, name: t.Tag}] = text
			}
			return nil
		},
	})
	var found []xmpProperty
	for _, p := range xmpKept {
		if p.value = values[p]; p.value != "" && len(p.value) < 1024 {
			found = append(found, p)
		}
	}
	return found
}

// xmpInTIFF wraps a packet into a minimal TIFF, which the library reads.
func xmpInTIFF(packet []byte) []byte {
	b := append([]byte(tiffHead), 0, 1, 0x02, 0xbc, 0, 1)
	b = binary.BigEndian.AppendUint32(b, uint32(len(packet)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(b)+8))
	return append(append(b, 0, 0, 0, 0), packet...)
}

// onlyKept reports whether a packet contains nothing but RDF and retained properties, at any depth. A credit is
// retained only in a packet that states that an AI made the picture.
func onlyKept(packet []byte) bool {
	if hasComment(packet) {
		return false
	}
	names, ok := namesIn(packet)
	if !ok {
		return false
	}
	credit, ai := false, false
	for _, n := range names {
		if !isKept(n) && !isGrammar(n) {
			return false
		}
		credit, ai = credit || n.Local == "Credit", ai || n.Local == "DigitalSourceType"
	}
	return ai || !credit
}

// hasComment reports whether a packet has a comment, which may contain anything. It reads raw tokens, so that
// comments before a syntax error are found too.
func hasComment(packet []byte) bool {
	d := xml.NewDecoder(bytes.NewReader(packet))
	for {
		token, err := d.RawToken()
		if err != nil {
			return false
		}
		if _, ok := token.(xml.Comment); ok {
			return true
		}
	}
}

// namesIn returns the names of all elements and attributes of a packet; false when it is not well-formed.
func namesIn(packet []byte) (names []xml.Name, ok bool) {
	d := xml.NewDecoder(bytes.NewReader(packet))
	for {
		token, err := d.Token()
		if token == nil {
			return names, errors.Is(err, io.EOF)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		names = append(names, start.Name)
		for _, a := range start.Attr {
			names = append(names, a.Name)
		}
	}
}

// isKept reports whether a name is that of a retained property.
func isKept(n xml.Name) bool {
	return slices.ContainsFunc(xmpKept, func(p xmpProperty) bool { return p.space == n.Space && p.name == n.Local })
}

// isGrammar reports whether a name belongs to RDF, XMP's envelope or XML itself.
func isGrammar(n xml.Name) bool {
	return slices.Contains([]string{nsRDF, "adobe:ns:meta/", "xmlns", "http://www.w3.org/XML/1998/namespace"}, n.Space) || n.Local == "xmlns"
}

// writeXMP returns a packet of properties.
func writeXMP(properties []xmpProperty) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<?xpacket begin="%s" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="%s"><rdf:Description rdf:about=""`, "\ufeff", nsRDF)
	for _, space := range []string{nsXMP, nsShop, nsIPTC, nsGPano} {
		if slices.ContainsFunc(properties, func(p xmpProperty) bool { return p.space == space }) {
			fmt.Fprintf(&b, ` xmlns:%s="%s"`, xmpPrefixes[space], space)
		}
	}
	b.WriteString(">")
	for _, p := range properties {
		name := xmpPrefixes[p.space] + ":" + p.name
		fmt.Fprintf(&b, "<%s>%s</%s>", name, escape(p.value), name)
	}
	b.WriteString(`</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>`)
	return b.Bytes()
}

// escape returns a text with XML's special characters escaped.
func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // A strings.Builder takes all.
	return b.String()
}
