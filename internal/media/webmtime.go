package media

import (
	"encoding/binary"
	"math"
)

// maxBlocks bounds the elements that are read for the length of a recording that states none.
const maxBlocks = 1_000_000

// webmSeconds is the stated length, or else the end of the last block; 0 when it is unknown.
func (s *source) webmSeconds(inside []element, body element, entries []element) (float64, error) {
	scale := uint64(1_000_000) // ns, unless the file says otherwise.
	info, ok := pick(inside, segmentInfo)
	if ok {
		parts, err := s.elements(info.body, info.end)
		if err != nil {
			return 0, err
		}
		if e, ok := pick(parts, timeScale); ok {
			if scale, err = s.number(e); err != nil {
				return 0, err
			}
		}
		if e, ok := pick(parts, duration); ok {
			ticks, err := s.float(e)
			if err != nil {
				return 0, err
			}
			if seconds := ticks * float64(scale) / 1e9; isLength(seconds) {
				return seconds, nil
			}
		}
	}
	last, err := s.lastBlock(body, float64(scale), s.frameTimes(entries))
	if err != nil || !isLength(last/1e9) {
		return 0, err
	}
	return last / 1e9, nil
}

// maxSeconds is the longest accepted length: a week. A damaged header may state anything.
const maxSeconds = 7 * 24 * 3600

// isLength reports whether a length is plausible.
func isLength(seconds float64) bool {
	return !math.IsNaN(seconds) && seconds > 0 && seconds <= maxSeconds
}

// frameTimes are the frame durations in ns of the tracks that state one.
func (s *source) frameTimes(entries []element) map[uint64]float64 {
	times := map[uint64]float64{}
	for _, e := range entries {
		parts, err := s.elements(e.body, e.end)
		if e.id != trackEntry || err != nil {
			continue
		}
		n, _ := pick(parts, 0xd7) // The track's number.
		d, ok := pick(parts, defaultDuration)
		number, errN := s.number(n)
		length, errD := s.number(d)
		if ok && errN == nil && errD == nil && length < 1e9 {
			times[number] = float64(length)
		}
	}
	return times
}

// lastBlock is the end of the block that ends last, in ns. Clusters may have no length: their elements are
// separated from those around them by their ids.
func (s *source) lastBlock(body element, scale float64, frames map[uint64]float64) (float64, error) {
	last, start, pending := 0.0, 0.0, 0.0
	note := func(end float64) { last = max(last, end) }
	off := body.body
	for range maxBlocks {
		if off >= body.end {
			return last, nil
		}
		e, err := s.element(off, body.end)
		if isFault(err) { // An interrupted recording ends there.
			return last, nil
		}
		if err != nil {
			return 0, err
		}
		off = e.end
		switch e.id {
		// Descend instead of skipping, since their length may be unknown.
		case cluster, blockGroup:
			off = e.body
		case clusterTime:
			v, err := s.number(e)
			if err != nil {
				return 0, err
			}
			start = float64(v) * scale
		case simpleBlock, groupBlock:
			at, track, err := s.blockTime(e)
			if err != nil {
				return 0, err
			}
			pending = start + at*scale
			note(pending + frames[track])
		case blockDuration:
			v, err := s.number(e)
			if err != nil {
				return 0, err
			}
			note(pending + float64(v)*scale)
		}
	}
	return 0, nil
}

// blockTime reads a block's time within its cluster, and its track.
func (s *source) blockTime(e element) (at float64, track uint64, err error) {
	track, n, _, err := s.vint(e.body, false)
	if err != nil {
		return 0, 0, err
	}
	b, err := s.bytes(e.body+n, 2)
	if err != nil {
		return 0, 0, err
	}
	return float64(int16(binary.BigEndian.Uint16(b))), track, nil
}
