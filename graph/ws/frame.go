package ws

import "encoding/binary"

// Frames are built here and not by gorilla, which writes each with a system call of its
// own: those of a batch leave together, and a response is copied once. Reading and the
// handshake are gorilla's.

const (
	finalBit  = 0x80
	size16    = 126
	size64    = 127
	headerMax = 10
)

// appendHeader appends the header of one unfragmented, unmasked frame (RFC 6455, 5.2).
func appendHeader(to []byte, opcode byte, size int) []byte {
	to = append(to, finalBit|opcode)
	switch {
	case size < size16:
		return append(to, byte(size))
	case size <= 0xFFFF:
		return binary.BigEndian.AppendUint16(append(to, size16), uint16(size))
	default:
		return binary.BigEndian.AppendUint64(append(to, size64), uint64(size))
	}
}

// frameEnd returns where the frame that at cuts ends in batch; at itself if it falls
// between two frames.
func frameEnd(batch []byte, at int) int {
	end := 0
	for end < at {
		end += frameSize(batch[end:])
	}
	return end
}

func frameSize(frame []byte) int {
	switch size := int(frame[1]); size {
	case size16:
		return 4 + int(binary.BigEndian.Uint16(frame[2:]))
	case size64:
		return headerMax + int(binary.BigEndian.Uint64(frame[2:]))
	default:
		return 2 + size
	}
}
