package server

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// Defaults of BodyTimeouts.
const (
	DefaultBodyIdle  = 10 * time.Second
	DefaultBodyTotal = 30 * time.Second
)

// BodyTimeouts bound how long a request's body may take to arrive. Zero means the default.
type BodyTimeouts struct {
	// Idle is the longest wait for the next byte, Total that for all of them.
	Idle, Total time.Duration
}

// uploads is where files come in, which may be large: they have no total, and their handler keeps their pauses short.
const uploads = "/blobs/"

// timeBodies ends the reading of a body that does not arrive. It holds for a body that no handler reads, too: the server reads
// such a one to its end before the next request.
func (o Options) timeBodies(next http.Handler) http.Handler {
	idle, total := cmp.Or(o.Bodies.Idle, DefaultBodyIdle), cmp.Or(o.Bodies.Total, DefaultBodyTotal)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		b := &timedBody{ReadCloser: r.Body, control: http.NewResponseController(w), idle: idle, end: time.Now().Add(total)}
		b.extend()
		if !strings.HasPrefix(r.URL.Path, uploads) {
			r.Body = b
		}
		next.ServeHTTP(w, r)
	})
}

// timedBody is a body whose every read has a deadline.
type timedBody struct {
	io.ReadCloser
	control interface{ SetReadDeadline(time.Time) error }
	idle    time.Duration
	// end is when all of it must have come.
	end time.Time
}

// Read implements io.Reader.
func (b *timedBody) Read(p []byte) (int, error) {
	b.extend()
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		// From here on the server reads to notice that the client leaves. A deadline that passes would look like that.
		_ = b.control.SetReadDeadline(time.Time{}) // Not every writer has deadlines.
	}
	return n, err
}

func (b *timedBody) extend() {
	at := time.Now().Add(b.idle)
	if at.After(b.end) {
		at = b.end
	}
	_ = b.control.SetReadDeadline(at) // Not every writer has deadlines.
}

// lateBody answers a body that could not be read to its end, and says whether it was late.
func lateBody(w http.ResponseWriter, r *http.Request, err error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	refuse(w, r, http.StatusRequestTimeout, "The body did not arrive in time.")
	return true
}
