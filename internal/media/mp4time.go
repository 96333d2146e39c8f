package media

import (
	"bufio"
	"encoding/binary"
	"io"
	"math"
)

// seconds is the length of the film. It is the sum of its samples when they are in fragments, or when the
// header states none or far more. Otherwise it is what the header states, because an edit list may show less
// than the samples. 0 is an unknown length.
func (m *film) seconds(t track) (float64, error) {
	if _, ok := find(m.moov, "mvhd"); !ok {
		return 0, malformed("it has no film header")
	}
	stated, err := m.statedSeconds(m.moov, "mvhd")
	if err != nil {
		return 0, err
	}
	counted, fragmented, err := m.countedSeconds(t)
	if err != nil {
		return 0, err
	}
	if counted > 0 && (fragmented || stated == 0 || stated > 2*counted+1) {
		stated = counted
	}
	if stated == 0 {
		if stated, err = m.statedSeconds(t.media, "mdhd"); err != nil {
			return 0, err
		}
	}
	if !isLength(stated) {
		return 0, nil
	}
	return stated, nil
}

// statedSeconds is the length that a header states, 0 for unknown.
func (m *film) statedSeconds(boxes []box, kind string) (float64, error) {
	scale, length, err := m.timedHeader(boxes, kind)
	if err != nil || scale == 0 {
		return 0, err
	}
	return length / scale, nil
}

// maxTracks is how many tracks are read for their length.
const maxTracks = 16

// countedSeconds adds up the samples: those of the longest table, or those of the video's fragments.
func (m *film) countedSeconds(t track) (counted float64, fragmented bool, err error) {
	scale, _, err := m.timedHeader(t.media, "mdhd")
	if err != nil || scale == 0 {
		return 0, false, err
	}
	table, err := m.tableTicks(t)
	if err != nil {
		return 0, false, err
	}
	fragments, err := m.fragmentTicks(t)
	if err != nil || fragments > 0 {
		return (table + fragments) / scale, true, err
	}
	for i, b := range m.moov {
		if b.kind != "trak" || i >= maxTracks {
			continue
		}
		other, _, err := m.readBoxes(b)
		if err != nil {
			return 0, false, err
		}
		ticks, err := m.tableTicks(other)
		if err != nil {
			return 0, false, err
		}
		if scale, _, err := m.timedHeader(other.media, "mdhd"); err == nil && scale > 0 {
			counted = max(counted, ticks/scale)
		}
	}
	return counted, false, nil
}

// timedHeader reads time scale and length of mvhd or mdhd, which begin alike. A length of all ones means
// unknown: 0.
func (m *film) timedHeader(boxes []box, kind string) (scale, length float64, err error) {
	header, ok := find(boxes, kind)
	if !ok {
		return 0, 0, nil
	}
	b, err := m.fields(header, 32)
	if err != nil {
		return 0, 0, err
	}
	switch {
	case len(b) >= 20 && b[0] == 0:
		if n := binary.BigEndian.Uint32(b[16:]); n != math.MaxUint32 {
			length = float64(n)
		}
		return float64(binary.BigEndian.Uint32(b[12:])), length, nil
	case len(b) >= 32 && b[0] == 1:
		if n := binary.BigEndian.Uint64(b[24:]); n != math.MaxUint64 {
			length = float64(n)
		}
		return float64(binary.BigEndian.Uint32(b[20:])), length, nil
	}
	return 0, 0, malformed("its film header is too short")
}

// words reads 32-bit numbers in order.
type words struct {
	r   *bufio.Reader
	err error
}

// words returns a reader of the numbers between two offsets.
func (m *film) words(from, end int64) *words { return &words{r: m.from(from, end)} }

// next returns the next number, 0 after the end or an error.
func (w *words) next() uint32 {
	var b [4]byte
	if w.err == nil {
		_, w.err = io.ReadFull(w.r, b[:])
	}
	if w.err != nil {
		return 0
	}
	return binary.BigEndian.Uint32(b[:])
}

// tableTicks adds up the samples in the track's own table.
func (m *film) tableTicks(t track) (float64, error) {
	stts, ok := find(t.table, "stts")
	if !ok || stts.size() < 8 {
		return 0, nil
	}
	w := m.words(stts.body+4, stts.end)
	// The number of entries is bounded by the size of the box, whatever it states.
	n, sum := min(int64(w.next()), (stts.size()-8)/8), 0.0
	for range n {
		count, delta := w.next(), w.next()
		sum += float64(count) * float64(delta)
	}
	return sum, w.err
}

// fragmentTicks adds up the samples of the track's fragments.
func (m *film) fragmentTicks(t track) (float64, error) {
	if _, ok := find(m.top, "moof"); !ok {
		return 0, nil
	}
	tkhd, _ := find(t.boxes, "tkhd")
	head, err := m.fields(tkhd, 32)
	if err != nil {
		return 0, err
	}
	id := binary.BigEndian.Uint32(head[12:])
	if head[0] == 1 {
		id = binary.BigEndian.Uint32(head[20:])
	}
	usual, err := m.usualDuration(id)
	if err != nil {
		return 0, err
	}
	sum := 0.0
	for _, moof := range m.top {
		if moof.kind != "moof" {
			continue
		}
		inside, err := m.boxes(moof.body, moof.end)
		if err != nil {
			return 0, err
		}
		for _, traf := range inside {
			if traf.kind != "traf" {
				continue
			}
			ticks, err := m.trafTicks(traf, id, usual)
			if err != nil {
				return 0, err
			}
			sum += ticks
		}
	}
	return sum, nil
}

// usualDuration is the default duration of a sample of the track.
func (m *film) usualDuration(id uint32) (uint32, error) {
	mvex, err := m.inside(m.moov, "mvex")
	if err != nil {
		return 0, err
	}
	for _, b := range mvex {
		if b.kind != "trex" || b.size() < 24 {
			continue
		}
		f, err := m.fields(b, 24)
		if err != nil {
			return 0, err
		}
		if binary.BigEndian.Uint32(f[4:]) == id {
			return binary.BigEndian.Uint32(f[12:]), nil
		}
	}
	return 0, nil
}

// trafTicks adds up the samples of one fragment, if it belongs to the track.
func (m *film) trafTicks(traf box, id, usual uint32) (float64, error) {
	inside, err := m.boxes(traf.body, traf.end)
	if err != nil {
		return 0, err
	}
	tfhd, ok := find(inside, "tfhd")
	if !ok || tfhd.size() < 8 {
		return 0, nil
	}
	w := m.words(tfhd.body, tfhd.end)
	flags, of := w.next(), w.next()
	if w.err != nil || of != id {
		return 0, w.err
	}
	if flags&1 != 0 { // The base offset.
		w.next()
		w.next()
	}
	if flags&2 != 0 { // The sample description.
		w.next()
	}
	if flags&8 != 0 {
		usual = w.next()
	}
	if w.err != nil {
		return 0, malformed("a fragment's header is too short")
	}
	sum := 0.0
	for _, b := range inside {
		if b.kind == "trun" {
			sum += m.runTicks(b, usual)
		}
	}
	return sum, nil
}

// runTicks adds up the samples of a run. A truncated run counts up to its end.
func (m *film) runTicks(trun box, usual uint32) float64 {
	w := m.words(trun.body, trun.end)
	flags, count := w.next(), w.next()
	for _, skip := range []uint32{1, 4} { // The data's offset, the first sample's flags.
		if flags&skip != 0 {
			w.next()
		}
	}
	fields := 0
	for _, f := range []uint32{0x100, 0x200, 0x400, 0x800} {
		if flags&f != 0 {
			fields++
		}
	}
	if flags&0x100 == 0 {
		return float64(count) * float64(usual)
	}
	sum := 0.0
	for range count {
		duration := w.next()
		for range fields - 1 {
			w.next()
		}
		if w.err != nil {
			break
		}
		sum += float64(duration)
	}
	return sum
}
