package geminiai_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"testing"
)

// replay answers every request with the same stream, without a network.
type replay []byte

// RoundTrip implements http.RoundTripper.
func (r replay) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/event-stream"}},
		Body: io.NopCloser(bytes.NewReader(r)), Request: req,
	}, nil
}

// BenchmarkDelta is the cost of one delta of a long text, the SDK's decoder included.
func BenchmarkDelta(b *testing.B) {
	const deltas = 1000
	var stream bytes.Buffer
	for i := range deltas {
		fmt.Fprintf(&stream, "data: %s\r\n\r\n", encode(part(object{"text": "a few words "}, i+1, 3)))
	}
	fmt.Fprintf(&stream, "data: %s\r\n\r\n", encode(answer("STOP", deltas, 3)))
	p := newProviderOver(b, "", replay(stream.Bytes()))
	b.ReportAllocs()
	for b.Loop() {
		if h := receive(b.Context(), b, p, textRequest("hi")); h.err != nil {
			b.Fatal(h.err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/deltas, "µs/delta")
}
