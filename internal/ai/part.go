package ai

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// PartFile is the destination of a Part.
type PartFile interface {
	io.Writer
	// Reset removes what was written, so that the file starts again.
	Reset() error
}

// Part is a file that is downloaded over several calls if necessary. As the writer of
// VideoMaker.DownloadVideo it retains what a call wrote before it broke off. The next call requests the rest
// by range (RFC 9110, 14) when the server identifies the file by a strong entity tag, and otherwise the whole
// file. One call at a time uses it.
type Part struct {
	file        PartFile
	written     int64
	total       int64 // of the whole file; negative when unknown
	tag         string
	aroundWrite func(write func()) // goes around each write; nil for nothing
}

// NewPart returns an empty Part over file.
func NewPart(file PartFile) *Part { return &Part{file: file, total: -1} }

// PartOf returns w if it is a *Part, else an empty Part over it that cannot be reset.
func PartOf(w io.Writer) *Part {
	if p, ok := w.(*Part); ok {
		return p
	}
	return NewPart(plain{w})
}

// plain is a writer that cannot be reset.
type plain struct{ io.Writer }

// Reset refuses.
func (plain) Reset() error { return errors.New("what was written cannot be taken back") }

// Written is how many bytes of the file were written.
func (p *Part) Written() int64 { return p.written }

// Write implements io.Writer. An error is the file's own.
func (p *Part) Write(b []byte) (n int, err error) {
	write := func() { n, err = p.file.Write(b) }
	if p.aroundWrite != nil {
		p.aroundWrite(write)
	} else {
		write()
	}
	p.written += int64(n)
	return n, err
}

// Restart makes the next byte the first of the file.
func (p *Part) Restart() error {
	p.total, p.tag = -1, ""
	if p.written == 0 {
		return nil
	}
	p.written = 0
	return p.file.Reset()
}

// SetRange adds to a request's header the range of the missing rest. If-Range makes the server send the whole
// file when it has changed.
func (p *Part) SetRange(h http.Header) {
	if p.written > 0 && p.tag != "" {
		h.Set("Range", fmt.Sprintf("bytes=%d-", p.written))
		h.Set("If-Range", p.tag)
	}
}

// ErrPart means that an answer is not the rest of the file. The Part has been reset by then.
var ErrPart = errors.New("the answer is not the rest of the file")

// Accept prepares for the body of an answer: the rest of the file, or all of it again. It returns ErrPart
// when the body is neither; another error is the file's.
func (p *Part) Accept(res *http.Response) error {
	tag := res.Header.Get("ETag")
	if strings.HasPrefix(tag, "W/") {
		tag = "" // Files with equal weak tags may differ in their bytes.
	}
	if res.StatusCode == http.StatusPartialContent && p.isRest(res.Header.Get("Content-Range"), tag) {
		return nil
	}
	if err := p.Restart(); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return ErrPart
	}
	p.total, p.tag = res.ContentLength, tag
	return nil
}

// isRest reports whether a range is the rest of the same file.
func (p *Part) isRest(contentRange, tag string) bool {
	var from, to, total int64
	n, err := fmt.Sscanf(contentRange, "bytes %d-%d/%d", &from, &to, &total)
	if err != nil || n != 3 {
		return false
	}
	return tag == p.tag && tag != "" && p.written > 0 && from == p.written && to == total-1 && (p.total < 0 || p.total == total)
}

// IsWhole reports whether the whole file was written, as far as its length is known.
func (p *Part) IsWhole() bool { return p.written > 0 && (p.total < 0 || p.written == p.total) }
