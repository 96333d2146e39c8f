package sandboxai

import "math/bits"

// bitWriter packs bits, the lowest first, as VP8L wants them.
type bitWriter struct {
	out  []byte
	rest uint64
	n    uint
}

// write appends the low bits of v, at most 32.
func (w *bitWriter) write(v uint64, width uint) {
	w.rest |= v << w.n
	for w.n += width; w.n >= 8; w.n -= 8 {
		w.out = append(w.out, byte(w.rest))
		w.rest >>= 8
	}
}

// bytes pads the stream to whole bytes and returns it.
func (w *bitWriter) bytes() []byte {
	if w.n > 0 {
		return append(w.out, byte(w.rest))
	}
	return w.out
}

// symbol writes the rank of a symbol in a flat code. Prefix codes are sent from
// their highest bit.
func (w *bitWriter) symbol(rank uint64, width uint) {
	w.write(bits.Reverse64(rank)>>(64-width), width)
}

// flatCode describes a code in which 1<<width symbols of the alphabet are used, each
// width bits long, so that a symbol's code is its rank among them.
func (w *bitWriter) flatCode(alphabet int, width uint, used func(symbol int) bool) {
	w.write(0, 1) // not a simple code
	w.lengthCode(width)
	w.write(0, 1) // all of the alphabet is described
	for s := range alphabet {
		bit := uint64(0)
		if used(s) {
			bit = 1
		}
		w.write(bit, 1)
	}
}

// lengthOrder is the order in which the lengths of the codes for lengths are sent.
var lengthOrder = [...]uint{17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8}

// lengthCode describes how the lengths of a flat code are written: bit 0 for an unused symbol, bit 1 for one
// of that width.
func (w *bitWriter) lengthCode(width uint) {
	w.write(uint64(len(lengthOrder)-4), 4)
	for _, length := range lengthOrder {
		used := uint64(0)
		if length == 0 || length == width {
			used = 1
		}
		w.write(used, 3)
	}
}

// singleCode describes a code whose one symbol is 0 and takes no bits.
func (w *bitWriter) singleCode() {
	w.write(1, 1) // a simple code
	w.write(0, 1) // of one symbol
	w.write(0, 2) // which is written in one bit, and is 0
}

// pairCode describes a code of two symbols, of which the first is at most 1 and the
// smaller one. They take one bit each, 0 and 1.
func (w *bitWriter) pairCode(first, second uint64) {
	w.write(1, 1) // a simple code
	w.write(1, 1) // of two symbols
	w.write(0, 1) // the first is written in one bit
	w.write(first, 1)
	w.write(second, 8)
}
