package ws

import "sync"

// batch is a run of whole frames in one piece of memory. Idle sockets hold none.
type batch struct {
	bytes []byte
	marks []mark
}

// mark has the owner of a frame and its end. Frames of no operation have no owner.
type mark struct {
	owner *operation
	end   int
}

// maxPooled keeps one large result from staying in memory for good.
const maxPooled = 64 << 10

var batches = sync.Pool{New: func() any { return new(batch) }}

func newBatch() *batch {
	b, ok := batches.Get().(*batch)
	if !ok {
		return new(batch)
	}
	return b
}

// free gives b back. The caller holds no part of it any more.
func (b *batch) free() {
	if cap(b.bytes) > maxPooled {
		return
	}
	b.reset()
	batches.Put(b)
}

func (b *batch) reset() {
	clear(b.marks) // No operation stays reachable from the pool.
	b.bytes, b.marks = b.bytes[:0], b.marks[:0]
}

// mark ends the frame that was appended to bytes.
func (b *batch) mark(owner *operation) {
	b.marks = append(b.marks, mark{owner, len(b.bytes)})
}

func (b *batch) frame(owner *operation, opcode byte, payload []byte) {
	b.bytes = append(appendHeader(b.bytes, opcode, len(payload)), payload...)
	b.mark(owner)
}

// dropSilent takes out the frames of operations that were silenced since.
func (b *batch) dropSilent() {
	bytes, marks, start := b.bytes[:0], b.marks[:0], 0
	for _, m := range b.marks {
		if m.owner == nil || !m.owner.silent {
			bytes = append(bytes, b.bytes[start:m.end]...)
			marks = append(marks, mark{m.owner, len(bytes)})
		}
		start = m.end
	}
	b.bytes, b.marks = bytes, marks
}
