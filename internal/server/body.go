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

// uploads is the path of file uploads, which may be large: they have no total, and their handler bounds the
// pauses.
const uploads = "/blobs/"

// timeBodies ends the reading of a body that does not arrive. The deadline is set even if no handler reads
// the body, because the server reads an unread body to its end before the next request.
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

// timedBody is a body in which every read has a deadline.
type timedBody struct {
	io.ReadCloser
	control interface{ SetReadDeadline(time.Time) error }
	idle    time.Duration
	// end is when the whole body must have arrived.
	end time.Time
}

// Read implements io.Reader.
func (b *timedBody) Read(p []byte) (int, error) {
	b.extend()
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		// From here on the server reads in the background to notice that the client leaves. An expired deadline would cancel the request.
		_ = b.control.SetReadDeadline(time.Time{}) // Not every ResponseWriter supports deadlines.
	}
	return n, err
}

// extend sets the deadline of the next read: the idle time from now, but not after the end.
func (b *timedBody) extend() {
	at := time.Now().Add(b.idle)
	if at.After(b.end) {
		at = b.end
	}
	_ = b.control.SetReadDeadline(at) // Not every ResponseWriter supports deadlines.
}

// lateBody answers a request whose body timed out, and reports whether it did.
func lateBody(w http.ResponseWriter, r *http.Request, err error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	refuse(w, r, http.StatusRequestTimeout, "The body did not arrive in time.")
	return true
}
