package media

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
)

// edit blanks a box: it becomes free space of the same length, so that no offset in the file changes.
type edit struct {
	box    box
	signed bool
}

// The UUIDs of boxes that are retained: C2PA's manifest of origin and the projection of spherical videos.
const (
	c2paUUID   = "\xd8\xfe\xc3\xd6\x1b\x0e\x48\x3c\x92\x97\x58\x28\x87\x7e\xc4\x81"
	sphereUUID = "\xff\xcc\x82\x63\xf8\x55\x4a\x93\x88\x14\x58\x7a\x02\x52\x1f\xdd"
)

// publicNotes are the metadata of a film or track that are retained: title, date, software, chapters,
// loudness. All others are blanked, such as the place (©xyz, loci) and the camera's serial number.
var publicNotes = []string{"meta", "name", "titl", "\xa9nam", "\xa9too", "\xa9swr", "\xa9day", "\xa9mak", "\xa9mod", "\xa9enc", "hinf", "hnti", "kind", "tsel", "chpl", "ludt", "free", "skip"}

// publicKeys are the retained keys of keyed metadata.
var publicKeys = []string{
	"com.apple.quicktime.make", "com.apple.quicktime.model", "com.apple.quicktime.software", "com.apple.quicktime.creationdate",
	"com.apple.quicktime.full-frame-rate-playback-intent", "com.android.version", "com.android.capture.fps", "com.android.manufacturer", "com.android.model",
	"encoder", "title",
}

// blankPrivate finds the boxes that reveal a place or an owner, or may do so.
func (m *film) blankPrivate() error {
	if err := m.blankLevel(m.top, 0); err != nil {
		return err
	}
	slices.SortFunc(m.edits, func(a, b edit) int { return cmp.Compare(a.box.start, b.box.start) })
	return nil
}

// maxLevel is the nesting of boxes with metadata: a track's are within the film's.
const maxLevel = 2

// blankLevel finds the private boxes of one level.
func (m *film) blankLevel(boxes []box, level int) error {
	for _, b := range boxes {
		err := error(nil)
		switch b.kind {
		case "moov", "trak":
			if level < maxLevel {
				err = m.blankInside(b, level)
			}
		case "udta":
			err = m.blankNotes(b)
		case "meta":
			err = m.blankMeta(b)
		case "uuid":
			err = m.blankUUID(b)
		}
		if err != nil {
			return err
		}
		if len(m.edits) > maxParts {
			return malformed("it has too many parts")
		}
	}
	return nil
}

// blankInside finds the private boxes within a box.
func (m *film) blankInside(b box, level int) error {
	inside, err := m.boxes(b.body, b.end)
	if err != nil {
		return err
	}
	return m.blankLevel(inside, level+1)
}

// blankBox records a box to be blanked.
func (m *film) blankBox(b box) { m.edits = append(m.edits, edit{box: b}) }

// blankNotes retains the public ones of a list of metadata. A list that is not made of boxes is blanked as a
// whole.
func (m *film) blankNotes(udta box) error {
	inside, err := m.boxes(udta.body, udta.end)
	if isFault(err) {
		m.blankBox(udta)
		return nil
	}
	if err != nil {
		return err
	}
	for _, b := range inside {
		switch {
		case b.kind == "meta":
			if err := m.blankMeta(b); err != nil {
				return err
			}
		case !slices.Contains(publicNotes, b.kind):
			m.blankBox(b)
		}
	}
	return nil
}

// blankMeta retains the public ones of keyed metadata. Metadata in an unknown form are blanked as a whole.
func (m *film) blankMeta(meta box) error {
	head, err := m.fields(meta, 12)
	if err != nil {
		return err
	}
	from := meta.body
	if len(head) == 12 && string(head[8:]) == "hdlr" { // In ISO's form a version comes first, in QuickTime's it does not.
		from += 4
	}
	inside, err := m.boxes(from, meta.end)
	if err == nil {
		err = m.blankItems(inside)
	}
	if isFault(err) || errors.Is(err, errOtherForm) {
		m.blankBox(meta)
		return nil
	}
	return err
}

// errOtherForm means that metadata are not in a known form.
var errOtherForm = errors.New("media: notes of another form")

// blankItems blanks the private items of keyed metadata, and all boxes beside the list of items.
func (m *film) blankItems(meta []box) error {
	ilst, err := m.itemList(meta)
	if err != nil {
		return err
	}
	for _, b := range meta {
		if !slices.Contains([]string{"hdlr", "keys", "ilst", "free", "skip"}, b.kind) {
			m.blankBox(b)
		}
	}
	names, err := m.keyNames(meta)
	if err != nil {
		return err
	}
	private, err := m.privateItems(ilst, names)
	if err != nil {
		return err
	}
	for _, b := range private {
		m.blankBox(b)
	}
	return nil
}

// itemList finds the list of items of metadata with a known handler.
func (m *film) itemList(meta []box) (box, error) {
	hdlr, _ := find(meta, "hdlr")
	h, err := m.fields(hdlr, 12)
	if err != nil {
		return box{}, err
	}
	ilst, ok := find(meta, "ilst")
	known := len(h) == 12 && (string(h[8:]) == "mdta" || string(h[8:]) == "mdir")
	if !known || !ok {
		return box{}, errOtherForm
	}
	return ilst, nil
}

// privateItems finds the items that are not public. The kind of an item is a name, or the number of one in names,
// so the items are read here and not as boxes.
func (m *film) privateItems(ilst box, names []string) ([]box, error) {
	var private []box
	for off := ilst.body; off+8 <= ilst.end; {
		b, err := m.bytes(off, 8)
		if err != nil {
			return nil, err
		}
		n := int64(binary.BigEndian.Uint32(b))
		if n < 8 || off+n > ilst.end || len(private) == maxParts {
			return nil, errOtherForm
		}
		if !isPublicItem(b[4:], names) {
			private = append(private, box{start: off, body: off + 8, end: off + n})
		}
		off += n
	}
	return private, nil
}

// isPublicItem reports whether an item is retained, by its name or the number of one in names.
func isPublicItem(id []byte, names []string) bool {
	item := string(id)
	if i := binary.BigEndian.Uint32(id); i >= 1 && int64(i) <= int64(len(names)) {
		item = names[i-1]
	}
	return slices.Contains(publicNotes, item) || slices.Contains(publicKeys, item)
}

// keyNames reads the names of keyed metadata.
func (m *film) keyNames(meta []box) ([]string, error) {
	keys, ok := find(meta, "keys")
	if !ok {
		return nil, nil
	}
	b, err := m.bytes(keys.body, keys.size())
	if err != nil {
		return nil, err
	}
	var names []string
	for i := 8; i+8 <= len(b); {
		n := int(binary.BigEndian.Uint32(b[i:]))
		if n < 8 || n > len(b)-i {
			return nil, errOtherForm
		}
		names = append(names, string(b[i+8:i+n]))
		i += n
	}
	return names, nil
}

// blankUUID retains boxes that describe how the film is shown, that an AI made it, or that sign its origin.
func (m *film) blankUUID(b box) error {
	id, err := m.fields(b, 16)
	if err != nil {
		return err
	}
	switch string(id) {
	case sphereUUID:
		return nil
	case c2paUUID:
		m.edits = append(m.edits, edit{box: b, signed: true})
		return nil
	case xmpUUID:
		if b.size() > maxRead {
			break
		}
		packet, err := m.fields(b, maxRead)
		if err != nil {
			return err
		}
		if onlyKept([]byte(strings.TrimRight(string(packet[16:]), "\x00"))) {
			return nil
		}
	}
	m.blankBox(b)
	return nil
}

// apply plans the cleaned file: up to end, with the blanked boxes as free space.
func (m *film) apply(end int64) {
	cut := end < m.size
	private := slices.ContainsFunc(m.edits, func(e edit) bool { return !e.signed })
	if cut {
		m.c.drop()
	}
	off := int64(0)
	for _, e := range m.edits {
		// A box within a blanked box is blanked with it.
		if e.box.start < off || e.signed && !private && !cut {
			continue
		}
		m.c.retain(off, e.box.start+4)
		m.c.put([]byte("free"))
		m.c.retain(e.box.start+8, e.box.body)
		m.c.blank(e.box.body, e.box.end)
		off = e.box.end
	}
	m.c.retain(off, end)
}
