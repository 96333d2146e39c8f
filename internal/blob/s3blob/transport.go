package s3blob

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

const (
	// dialTimeout and tlsTimeout are shorter than the idle timeout, so that an unreachable store is reported
	// as such.
	dialTimeout = 3 * time.Second
	tlsTimeout  = 3 * time.Second
	// maxIdleConns is how many connections stay open between calls; there is only one store.
	maxIdleConns = 32
)

// newTransport has no limit on the duration of a call: watch bounds the time without progress.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout: tlsTimeout,
		MaxIdleConns:        maxIdleConns,
		MaxIdleConnsPerHost: maxIdleConns,
		IdleConnTimeout:     time.Minute,
		// Objects are read as they are stored.
		DisableCompression: true,
	}
}

// errStalled says that the store made no progress for the idle timeout.
var errStalled = errors.New("s3blob: no progress")

// watch ends a call in which the store takes or gives nothing for the idle timeout. Only waits for the store
// count: a slow source of an upload or a slow reader of an answer is not the store's fault.
type watch struct {
	next http.RoundTripper
	idle time.Duration
}

// RoundTrip implements http.RoundTripper.
func (w *watch) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	// The timer covers the connection and the wait for the answer's head; the readers below cover the rest.
	timer := time.AfterFunc(w.idle, func() { cancel(errStalled) })
	c := &call{ctx: ctx, cancel: cancel, timer: timer, idle: w.idle}
	req = req.WithContext(ctx)
	if req.Body != nil && req.Body != http.NoBody {
		req.Body = &upload{call: c, body: req.Body}
	}
	resp, err := w.next.RoundTrip(req)
	timer.Stop()
	if err != nil {
		err = c.explain(err)
		cancel(nil)
		return nil, err
	}
	resp.Body = &answer{call: c, body: resp.Body}
	return resp, nil
}

// call is one request and the answer to it.
type call struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	idle   time.Duration
}

// explain replaces the transport's error by errStalled when watch ended the call.
func (c *call) explain(err error) error {
	if errors.Is(context.Cause(c.ctx), errStalled) {
		return errStalled
	}
	return err
}

// upload stops the timer while the source is read.
type upload struct {
	*call
	body io.ReadCloser
}

// Read implements io.Reader.
func (u *upload) Read(p []byte) (int, error) {
	u.timer.Stop()
	n, err := u.body.Read(p)
	u.timer.Reset(u.idle)
	return n, err
}

// Close implements io.Closer.
func (u *upload) Close() error { return u.body.Close() }

// answer runs the timer only while its reader waits.
type answer struct {
	*call
	body io.ReadCloser
}

// Read implements io.Reader.
func (a *answer) Read(p []byte) (int, error) {
	a.timer.Reset(a.idle)
	n, err := a.body.Read(p)
	a.timer.Stop()
	if err != nil && !errors.Is(err, io.EOF) {
		err = a.explain(err)
	}
	return n, err
}

// Close implements io.Closer. It releases the context of the call.
func (a *answer) Close() error {
	a.cancel(nil)
	return a.body.Close()
}
