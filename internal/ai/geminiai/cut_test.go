package geminiai_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
)

// TestCutStream ends a stream behind each of its bytes, in order and by a broken connection. Until
// its finish reason has come whole, no cut may pass for an end.
func TestCutStream(t *testing.T) {
	t.Parallel()
	stream, finish := recorded()
	for name, breaks := range map[string]bool{"ends in order": false, "breaks": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var upTo int
			v := newVendor(t, func(w http.ResponseWriter, _ *http.Request) { sendCut(w, stream[:upTo], breaks) })
			for upTo = range len(stream) {
				h := receive(t.Context(), t, v, textRequest(secretPrompt))
				checkCut(t, upTo, h, upTo >= finish)
			}
		})
	}
}

// checkCut wants the end that a stream of so many bytes has.
func checkCut(t *testing.T, upTo int, h received, finished bool) {
	t.Helper()
	if finished {
		if h.final == nil || h.text != "안녕하세요" {
			t.Errorf("cut at %d behind the finish: %q, %v", upTo, h.text, h.err)
		}
		return
	}
	if h.err == nil {
		t.Fatalf("cut at %d passed for an end: %q", upTo, h.text)
	}
	if k := h.err.Kind; k != ai.Interrupted && (k != ai.Upstream || h.text != "") {
		t.Errorf("cut at %d behind %q: %v", upTo, h.text, h.err)
	}
	if h.err.Shown != (h.text != "") || !h.err.Accepted {
		t.Errorf("cut at %d behind %q: shown %t, accepted %t", upTo, h.text, h.err.Shown, h.err.Accepted)
	}
	if whole := "안녕하세요"; !strings.HasPrefix(whole, h.text) {
		t.Errorf("cut at %d made %q of the text", upTo, h.text)
	}
	if h.text != "" && h.err.Usage.Output == 0 {
		t.Errorf("cut at %d lost the usage: %+v", upTo, h.err.Usage)
	}
}

// recorded is a whole stream, and where in it the event with the finish reason is complete.
func recorded() (stream string, finish int) {
	var b strings.Builder
	for _, ev := range []object{part(object{"text": "Hm.", "thought": true}, 0, 2), part(object{"text": "안녕"}, 1, 2), part(object{"text": "하세요"}, 2, 2), answer("STOP", 2, 2)} {
		raw := encode(ev)
		finish = b.Len() + len("data: ") + len(raw)
		fmt.Fprintf(&b, "data: %s\r\n\r\n", raw)
	}
	return b.String(), finish
}

func sendCut(w http.ResponseWriter, stream string, breaks bool) {
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = w.Write([]byte(stream)) // The client stays.
	flush(w)
	if breaks {
		panic(http.ErrAbortHandler) // The connection breaks without the last chunk.
	}
}

// TestCutPicture does the same with a picture, whose answer is one document.
func TestCutPicture(t *testing.T) {
	t.Parallel()
	whole := string(encode(picture(pngFile())))
	for name, breaks := range map[string]bool{"ends in order": false, "breaks": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var upTo int
			v := newVendor(t, func(w http.ResponseWriter, _ *http.Request) { sendCut(w, whole[:upTo], breaks) })
			for upTo = range len(whole) {
				got, err := draw(t.Context(), t, v, imageRequest(secretPrompt))
				if err == nil {
					t.Fatalf("cut at %d passed for a picture: %+v", upTo, got)
				}
				if !err.Accepted || err.MayRepeatPaid() || breaks && err.Kind != ai.Interrupted {
					t.Errorf("cut at %d: %v, accepted %t", upTo, err, err.Accepted)
				}
			}
		})
	}
}
