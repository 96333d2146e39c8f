package media

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"

	"github.com/bep/imagemeta"
)

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

// xmpKept are the properties that are kept, in the order in which they are written: that, and by what, an AI made a picture;
// when and with what it was made; and how a panorama is shown. All others are left out.
var xmpKept = []xmpProperty{
	{nsIPTC, "DigitalSourceType", ""}, {nsIPTC, "AISystemUsed", ""}, {nsShop, "Credit", ""}, {nsXMP, "CreatorTool", ""}, {nsXMP, "CreateDate", ""},
	{nsGPano, "ProjectionType", ""}, {nsGPano, "UsePanoramaViewer", ""},
	{nsGPano, "FullPanoWidthPixels", ""}, {nsGPano, "FullPanoHeightPixels", ""},
	{nsGPano, "CroppedAreaImageWidthPixels", ""}, {nsGPano, "CroppedAreaImageHeightPixels", ""},
	{nsGPano, "CroppedAreaLeftPixels", ""}, {nsGPano, "CroppedAreaTopPixels", ""},
}

var xmpPrefixes = map[string]string{nsIPTC: "Iptc4xmpExt", nsShop: "photoshop", nsXMP: "xmp", nsGPano: "GPano"}

// declaredInXMP reads what a packet says of what stands behind the picture. Only its words are looked for: whether what stands
// there is a picture or a film is seen there.
func declaredInXMP(packet []byte) declared {
	has := func(s string) bool { return bytes.Contains(packet, []byte(s)) }
	items := has(nsItems)
	return declared{
		pictures: items || has(nsHDR),
		film:     items || has(nsCamera) && (has("MotionPhoto") || has("MicroVideo")),
	}
}

func (d declared) or(e declared) declared {
	return declared{pictures: d.pictures || e.pictures, film: d.film || e.film}
}

// publicXMP is what is kept of a packet: all of it where it has no other properties than those that are kept; else a packet of
// those that it has; nil without any.
func publicXMP(packet []byte) []byte {
	if onlyKept(packet) {
		return packet
	}
	found := readXMP(packet)
	ai := slices.ContainsFunc(found, func(p xmpProperty) bool { return p.name == "DigitalSourceType" })
	if !ai { // The credit of a photograph is its owner.
		found = slices.DeleteFunc(found, func(p xmpProperty) bool { return p.name == "Credit" })
	}
	if len(found) == 0 {
		return nil
	}
	return writeXMP(found)
}

// readXMP reads the properties that are kept, in their order.
func readXMP(packet []byte) []xmpProperty {
	values := map[xmpProperty]string{}
	_, _ = imagemeta.Decode(imagemeta.Options{ // What cannot be read is left out.
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

// xmpInTIFF wraps a packet into the least of a TIFF, which the reader takes.
func xmpInTIFF(packet []byte) []byte {
	b := append([]byte(tiffHead), 0, 1, 0x02, 0xbc, 0, 1)
	b = binary.BigEndian.AppendUint32(b, uint32(len(packet)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(b)+8))
	return append(append(b, 0, 0, 0, 0), packet...)
}

// onlyKept tells whether a packet names nothing but RDF and properties that are kept, at any depth.
func onlyKept(packet []byte) bool { //nolint:gocyclo // One case for each kind of token.
	kept := func(n xml.Name) bool {
		return slices.ContainsFunc(xmpKept, func(p xmpProperty) bool { return p.space == n.Space && p.name == n.Local })
	}
	grammar := func(n xml.Name) bool {
		return n.Space == nsRDF || n.Space == "adobe:ns:meta/" || n.Space == "xmlns" || n.Space == "http://www.w3.org/XML/1998/namespace" || n.Local == "xmlns"
	}
	credit, ai := false, false
	d := xml.NewDecoder(bytes.NewReader(packet))
	for {
		token, err := d.RawToken()
		if err != nil {
			break
		}
		if _, comment := token.(xml.Comment); comment {
			return false
		}
	}
	d = xml.NewDecoder(bytes.NewReader(packet))
	for {
		token, err := d.Token()
		if token == nil {
			return err != nil && err.Error() == "EOF" && (ai || !credit)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		names := []xml.Name{start.Name}
		for _, a := range start.Attr {
			names = append(names, a.Name)
		}
		for _, n := range names {
			if !kept(n) && !grammar(n) {
				return false
			}
			credit, ai = credit || n.Local == "Credit", ai || n.Local == "DigitalSourceType"
		}
	}
}

// writeXMP is a packet of properties.
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

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // A strings.Builder takes all.
	return b.String()
}
