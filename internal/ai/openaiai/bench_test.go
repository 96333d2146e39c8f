package openaiai_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/aitest"
	"github.com/weav-ai/weav/internal/ai/openaiai"
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
	script := aitest.Script{Text: strings.Repeat("word ", deltas), Finish: ai.FinishStop}
	for form, events := range map[openaiai.Form]func(aitest.Script) []string{openaiai.FormResponses: responseEvents, openaiai.FormChat: chatEvents} {
		b.Run(string(form), func(b *testing.B) {
			stream := replay(strings.Join(events(script), ""))
			p := openaiai.New(openaiai.Config{Name: providerName, Form: form, Transport: stream})
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range p.StreamText(b.Context(), textRequest("hi")) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/deltas, "µs/delta")
		})
	}
}
