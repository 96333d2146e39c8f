package geminiai

import (
	"context"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/weav-ai/weav/internal/httponce"
)

const (
	// maxAnswer bounds what is read of an answer into memory, in bytes: several pictures of 4K in Base64. It
	// is below the line length at which the SDK's reader fails.
	maxAnswer = 128 << 20
	// maxRefusal is the same for an unsuccessful answer.
	maxRefusal = 1 << 20
)

// errTooLarge ends an answer that is larger than any valid one.
var errTooLarge = errors.New("answer is too large")

// newClient returns a client that follows no redirect: it would send the key along, and repeat a paid
// request.
func newClient(rt http.RoundTripper) *http.Client {
	if rt == nil {
		rt = newTransport()
	}
	return &http.Client{
		Transport:     &wire{next: httponce.Transport(rt)},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// newTransport has timeouts for everything before an answer's body. A picture is answered only when it is
// finished, so the first byte may take minutes; the caller's context bounds the rest.
func newTransport() http.RoundTripper {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          100,
		MaxIdleConnsPerHost:   32,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 5 * time.Minute,
	}
}

// exchange records one request on the wire.
type exchange struct {
	// dialed and connected are set by the transport, possibly on goroutines of its own.
	dialed, connected atomic.Bool
	// limit is how much of a successful answer may be read, in bytes.
	limit int64
	// tried is set when the request was passed to the transport.
	tried  bool
	status int
	header http.Header
	// begun is set when a part of the answer was parsed.
	begun bool
	// broken is why the answer's body ended early; nil when it did not.
	broken error
}

type exchangeKey struct{}

// observed returns a context whose next request is recorded in the exchange.
func observed(ctx context.Context) (context.Context, *exchange) {
	x := &exchange{limit: maxAnswer}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { x.dialed.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { x.connected.Store(true) },
	})
	return context.WithValue(ctx, exchangeKey{}, x), x
}

// mayHaveArrived reports whether the provider may have seen the request. It definitely has not when there was
// no connection to send it on.
func (x *exchange) mayHaveArrived() bool {
	return x.tried && (x.connected.Load() || !x.dialed.Load())
}

// succeeded reports whether the status is a success.
func (x *exchange) succeeded() bool { return x.status >= 200 && x.status <= 299 }

// mediaType is the answer's type without parameters; empty when it has none.
func (x *exchange) mediaType() string {
	t, _, err := mime.ParseMediaType(x.header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return t
}

// wire records requests in their exchange and hides errors of a body from the SDK, which would log them. To
// the SDK a broken answer looks complete.
type wire struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	x, ok := req.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		return w.next.RoundTrip(req)
	}
	x.tried = true
	req = req.Clone(req.Context())
	// The SDK sends the context's deadline, and Google refuses one of less than ten seconds.
	req.Header.Del("X-Server-Timeout")
	resp, err := w.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	x.status, x.header = resp.StatusCode, resp.Header
	left := x.limit
	if !x.succeeded() {
		left = maxRefusal
	}
	resp.Body = &body{src: resp.Body, x: x, left: left}
	return resp, nil
}

// body ends without an error when src fails or is too long, and records why.
type body struct {
	src  io.ReadCloser
	x    *exchange
	left int64
}

func (b *body) Read(buf []byte) (int, error) {
	if b.x.broken != nil {
		return 0, io.EOF
	}
	n, err := b.src.Read(buf)
	b.left -= int64(n)
	switch {
	case b.left < 0:
		b.x.broken = errTooLarge
		return 0, io.EOF
	case err != nil && !errors.Is(err, io.EOF):
		b.x.broken = err
		return n, io.EOF
	}
	return n, err
}

// Close closes the connection of a body that was not read to its end.
func (b *body) Close() error {
	_ = b.src.Close() // The SDK would log the error.
	return nil
}
