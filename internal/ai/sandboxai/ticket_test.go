package sandboxai

import (
	"encoding/base64"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/weav-ai/weav/internal/ai"
)

func TestReferenceIsShortAndWhole(t *testing.T) {
	t.Parallel()
	all := "[sandbox:fail_at=100:context_length][sandbox:poll_fails_for=600000:context_length][sandbox:download_fails_for=600000]" +
		"[sandbox:stall][sandbox:no_progress][sandbox:no_usage][sandbox:truncated][sandbox:wrong_type][sandbox:slow]"
	for _, r := range []string{"a", `"`, `\`, "<", "\u2028", "한", "👩‍💻", "\xff", "\x01"} {
		req := ai.VideoRequest{Model: "m", Prompt: all + strings.Repeat(r, 1000), Seconds: 12, Aspect: "16:9"}
		want := newVideoStart(New(), req).ticket()
		ref, err := want.ref()
		if err != nil || len(ref) > ai.MaxVideoRef {
			t.Fatalf("%q: reference of %d bytes, %v", r, len(ref), err)
		}
		got, err := readTicket(ref)
		if err != nil || got != want {
			t.Errorf("%q: read %+v, %v; want %+v", r, got, err, want)
		}
		if !utf8.ValidString(got.Revised) || len(got.Revised) > maxRevised {
			t.Errorf("%q: revised prompt %q", r, got.Revised)
		}
	}
}

func FuzzReferencesAreChecked(f *testing.F) {
	ref, err := newVideoStart(New(), ai.VideoRequest{Seconds: 4, Aspect: "1:1"}).ticket().ref()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(ref)
	for _, raw := range []string{
		`{}`, `[]`, `{"v":2,"s":4,"a":"1:1"}`, `{"v":1,"s":5,"a":"1:1"}`, `{"v":1,"s":4,"a":"2:1"}`,
		`{"v":1,"s":4,"a":"1:1","fw":"dance"}`, `{"v":1,"s":4,"a":"1:1","pfw":"dance"}`, `{"v":1,"s":4,"a":"1:1","ms":-9e18}`,
	} {
		f.Add(base64.RawURLEncoding.EncodeToString([]byte(raw)))
	}
	p := New(Cadence(0))
	f.Fuzz(func(t *testing.T, ref string) {
		state, err := p.PollVideo(t.Context(), "m", ref)
		if known, flaw := readTicket(ref); flaw == nil && known.Version == ticketVersion {
			if state.Progress != nil && (*state.Progress < 0 || *state.Progress > 1) {
				t.Errorf("progress %v", *state.Progress)
			}
			return
		}
		if ai.KindOf(err) != ai.BadRequest {
			t.Errorf("error = %v, want bad_request", err)
		}
	})
}

func TestForeignReferencesAreRefused(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"no ticket":     `[]`,
		"empty":         `{}`,
		"later version": `{"v":2,"s":4,"a":"1:1"}`,
		"no such film":  `{"v":1,"s":5,"a":"1:1"}`,
		"no such fault": `{"v":1,"s":4,"a":"1:1","f":1,"fw":"dance"}`,
		"no such poll":  `{"v":1,"s":4,"a":"1:1","pf":1,"pfw":"dance"}`,
		"too long":      `{"v":1,"s":4,"a":"1:1","p":"` + strings.Repeat("x", ai.MaxVideoRef) + `"}`,
	} {
		if _, err := readTicket(base64.RawURLEncoding.EncodeToString([]byte(raw))); err == nil {
			t.Errorf("%s: %s was read", name, raw)
		}
	}
	if _, err := readTicket("no base64!"); err == nil {
		t.Error("no base64 was read")
	}
}
