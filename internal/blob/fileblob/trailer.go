package fileblob

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"

	"github.com/weav-ai/weav/internal/blob"
)

// The trailer ends the file of an object and is renamed together with its bytes: the mark, the size as a
// big-endian uint64, and the content type padded with zeros. At the end of the file it does not disturb
// programs that open the file directly. Its length is fixed, so that List need not open files.
const (
	mark         = "WEAVBLB1"
	sizeAt       = len(mark)
	typeAt       = sizeAt + 8
	trailerBytes = 128
)

// errDamaged is the error of a file without a valid trailer, such as one that was put there by hand.
var errDamaged = errors.New("fileblob: the file is not a whole object")

// encodeTrailer returns the trailer of an object.
func encodeTrailer(contentType string, size int64) []byte {
	t := make([]byte, trailerBytes)
	copy(t, mark)
	binary.BigEndian.PutUint64(t[sizeAt:], uint64(size))
	copy(t[typeAt:], contentType)
	return t
}

// readTrailer returns the object in a file, without its key.
func readTrailer(f *os.File) (blob.Object, error) {
	info, err := f.Stat()
	if err != nil {
		return blob.Object{}, err
	}
	size := info.Size() - trailerBytes
	if size < 0 {
		return blob.Object{}, errDamaged
	}
	t := make([]byte, trailerBytes)
	if _, err := f.ReadAt(t, size); err != nil {
		return blob.Object{}, err
	}
	if string(t[:sizeAt]) != mark || binary.BigEndian.Uint64(t[sizeAt:]) != uint64(size) {
		return blob.Object{}, errDamaged
	}
	contentType, _, _ := bytes.Cut(t[typeAt:], []byte{0})
	return blob.Object{Size: size, ContentType: string(contentType), ModTime: info.ModTime().UTC()}, nil
}
