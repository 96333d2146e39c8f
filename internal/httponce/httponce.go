// Package httponce prevents net/http from sending a request twice by itself.
//
// [http.Transport] repeats a POST on a new connection when a reused connection breaks before the first byte
// of the answer: over HTTP/1.1 when the request has an idempotency key, over HTTP/2 when the server resets
// the stream. The server may have read the request by then. A paid call must be sent once, and whether it may
// be sent again is decided by the caller, who knows what it costs.
package httponce

import "net/http"

// Transport returns a RoundTripper that passes each request to next so that it is sent at most once. Requests
// that only read (GET, HEAD, OPTIONS, TRACE) are passed on unchanged: they cost nothing, and a broken reused
// connection should not fail them. A nil next is http.DefaultTransport.
func Transport(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return &transport{next: next}
}

type transport struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if readsOnly(req.Method) {
		return t.next.RoundTrip(req)
	}
	req = req.Clone(req.Context())
	req.GetBody = nil // Without it a body that was partly sent cannot be sent again.
	for canonical, plain := range replayable {
		if values, ok := req.Header[canonical]; ok {
			delete(req.Header, canonical)
			req.Header[plain] = values
		}
	}
	return t.next.RoundTrip(req)
}

// replayable are the headers that net/http takes as permission to repeat a POST. It looks them up by their
// canonical names. The case of a header name has no meaning on the wire, so the server reads the same header.
var replayable = map[string]string{
	"Idempotency-Key":   "idempotency-key",
	"X-Idempotency-Key": "x-idempotency-key",
}

func readsOnly(method string) bool {
	switch method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	default:
		return false
	}
}
