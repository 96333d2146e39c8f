package sandboxai_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/sandboxai"
)

// start begins a video that must be taken.
func start(ctx context.Context, t *testing.T, p ai.VideoMaker, req ai.VideoRequest) string {
	t.Helper()
	ref, err := p.StartVideo(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// poll polls with a new provider, which has only the reference.
func poll(t *testing.T, ref string) (ai.VideoState, *ai.Error) {
	t.Helper()
	state, err := sandboxai.New().PollVideo(t.Context(), "sandbox-filmer", ref)
	return state, typed(t, err)
}

// download fetches a file in the same way.
func download(t *testing.T, ref string) (ai.VideoResult, []byte, *ai.Error) {
	t.Helper()
	var file bytes.Buffer
	result, err := sandboxai.New().DownloadVideo(t.Context(), "sandbox-filmer", ref, &file)
	return result, file.Bytes(), typed(t, err)
}

func typed(t *testing.T, err error) *ai.Error {
	t.Helper()
	var e *ai.Error
	if err != nil && !errors.As(err, &e) {
		t.Fatalf("error %v is no *ai.Error", err)
	}
	return e
}

func TestVideosAreReal(t *testing.T) {
	t.Parallel()
	sizes := map[string]image.Point{"16:9": {640, 360}, "9:16": {360, 640}, "1:1": {480, 480}, "3:4": {480, 640}}
	for aspect, size := range sizes {
		for _, seconds := range []int{4, 8, 12} {
			req := videoRequest("waves")
			req.Aspect, req.Seconds, req.Resolution, req.Style = aspect, seconds, "4K", "anime"
			result, file, err := download(t, start(t.Context(), t, sandboxai.New(sandboxai.Cadence(0)), req))
			if err != nil {
				t.Fatal(err)
			}
			if result.MIMEType != "video/mp4" || len(file) > 12_000 {
				t.Errorf("%s of %d s: %d bytes of %s", aspect, seconds, len(file), result.MIMEType)
			}
			if got := lengthOf(t, file); got != float64(seconds) || result.Seconds != got {
				t.Errorf("%s: film of %v s, reported %v, want %d", aspect, got, result.Seconds, seconds)
			}
			poster, format, decodeErr := image.Decode(bytes.NewReader(result.Poster.Bytes))
			if decodeErr != nil || format != "png" || poster.Bounds().Size() != size || frameOf(t, file) != size {
				t.Errorf("poster of %v, film of %v, want %v: %v", poster.Bounds(), frameOf(t, file), size, decodeErr)
			}
		}
	}
}

// box is the content of the first box with that path in an MP4 file. Every box on the
// way must end within its parent.
func box(t *testing.T, file []byte, path ...string) []byte {
	t.Helper()
	for len(file) >= 8 {
		size := int(binary.BigEndian.Uint32(file))
		if size < 8 || size > len(file) {
			t.Fatalf("box %q of %d bytes in %d", file[4:8], size, len(file))
		}
		if string(file[4:8]) == path[0] {
			if len(path) == 1 {
				return file[8:size]
			}
			return box(t, file[8:size], path[1:]...)
		}
		file = file[size:]
	}
	t.Fatalf("no box %v", path)
	return nil
}

// lengthOf reads the stated length of a film, and checks that its data is complete.
func lengthOf(t *testing.T, file []byte) float64 {
	t.Helper()
	if brand := box(t, file, "ftyp")[:4]; string(brand) != "isom" {
		t.Errorf("brand %q", brand)
	}
	box(t, file, "mdat")
	header := box(t, file, "moov", "mvhd")
	return float64(binary.BigEndian.Uint32(header[16:])) / float64(binary.BigEndian.Uint32(header[12:]))
}

// frameOf reads the size of the picture, which is in 16.16 fixed point.
func frameOf(t *testing.T, file []byte) image.Point {
	t.Helper()
	header := box(t, file, "moov", "trak", "tkhd")
	return image.Pt(int(binary.BigEndian.Uint16(header[76:])), int(binary.BigEndian.Uint16(header[80:])))
}

func TestVideoFollowsTheClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ref := start(t.Context(), t, sandboxai.New(), videoRequest("waves"))
		begun := time.Now()
		var reported []float64
		for {
			state, err := poll(t, ref)
			if err != nil {
				t.Fatal(err)
			}
			reported = append(reported, *state.Progress)
			if state.Done {
				break
			}
			if queued := *state.Progress < 0.1; (state.Phase == ai.PhaseQueued) != queued {
				t.Errorf("phase %q at %v", state.Phase, *state.Progress)
			}
			_ = ai.Wait(t.Context(), state.PollAfter)
		}
		if took := time.Since(begun); took < 4800*time.Millisecond || took > 5*time.Second {
			t.Errorf("took %v after the answer, want 5 s less the answer's wait", took)
		}
		if len(reported) != 9 || !slices.IsSorted(reported) || reported[8] != 1 {
			t.Errorf("progress = %v, want nine polls that end with 1", reported)
		}
	})
}

func TestVideoTakesTheTimeOfItsDirectives(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, directives string
		cadence          float64
		took             time.Duration
	}{
		{"plain", "", 1, 5 * time.Second},
		{"half", "", 0.5, 2500 * time.Millisecond},
		{"slow", "[sandbox:slow]", 1, 50 * time.Second},
		{"fast", "[sandbox:fast]", 1, 0},
		{"no waits", "[sandbox:slow]", 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				skip := func(context.Context, time.Duration) error { return nil }
				p := sandboxai.New(sandboxai.Cadence(tt.cadence), sandboxai.Wait(skip))
				ref := start(t.Context(), t, p, videoRequest("waves "+tt.directives))
				if tt.took > 0 {
					_ = ai.Wait(t.Context(), tt.took-time.Millisecond)
					if state, _ := poll(t, ref); state.Done || state.PollAfter != time.Millisecond {
						t.Errorf("state %+v a millisecond too early", state)
					}
					_ = ai.Wait(t.Context(), time.Millisecond)
				}
				if state, _ := poll(t, ref); !state.Done || state.PollAfter != 0 {
					t.Errorf("state %+v in time", state)
				}
			})
		})
	}
}

func TestVideoFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, directives string
		at               time.Duration
		kind             ai.Kind
		settled          bool
	}{
		{"before the place", "[sandbox:fail_at=40:blocked]", 1900 * time.Millisecond, "", false},
		{"at the place", "[sandbox:fail_at=40:blocked]", 2100 * time.Millisecond, ai.ContentBlocked, true},
		{"for ever after", "[sandbox:fail_at=40:overloaded]", time.Hour, ai.Overloaded, true},
		{"no output before the end", "[sandbox:no_output]", 4900 * time.Millisecond, "", false},
		{"no output at the end", "[sandbox:no_output]", 5 * time.Second, ai.NoOutput, true},
		{"poll in the window", "[sandbox:poll_fails_for=2000:upstream]", time.Second, ai.Upstream, false},
		{"poll behind the window", "[sandbox:poll_fails_for=2000:upstream]", 2 * time.Second, "", false},
		{"unknown fault", "[sandbox:poll_fails_for=2000:dance]", 0, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				skip := func(context.Context, time.Duration) error { return nil }
				ref := start(t.Context(), t, sandboxai.New(sandboxai.Wait(skip)), videoRequest("waves "+tt.directives))
				_ = ai.Wait(t.Context(), tt.at)
				_, err := poll(t, ref)
				if kindOf(err) != tt.kind || err != nil && err.JobFailed != tt.settled {
					t.Errorf("error = %v, want %q, settled %t", err, tt.kind, tt.settled)
				}
				if _, _, err := download(t, ref); tt.settled && kindOf(err) != tt.kind {
					t.Errorf("download: error = %v, want %q", err, tt.kind)
				}
			})
		})
	}
}

func TestVideoStallsAndHidesProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := sandboxai.New()
		stalled := start(t.Context(), t, p, videoRequest("waves [sandbox:stall]"))
		hidden := start(t.Context(), t, p, videoRequest("waves [sandbox:no_progress]"))
		_ = ai.Wait(t.Context(), time.Hour)
		if state, err := poll(t, stalled); err != nil || state.Done || *state.Progress != 0.5 || state.PollAfter <= 0 {
			t.Errorf("stalled: %+v, %v", state, err)
		}
		if state, err := poll(t, hidden); err != nil || !state.Done || state.Progress != nil {
			t.Errorf("hidden: %+v, %v", state, err)
		}
	})
}

func TestVideoDownloadRecovers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ref := start(t.Context(), t, sandboxai.New(sandboxai.Cadence(0)), videoRequest("waves [sandbox:download_fails_for=300]"))
		_, half, err := download(t, ref)
		if kindOf(err) != ai.Interrupted {
			t.Fatalf("error = %v, want interrupted", err)
		}
		_ = ai.Wait(t.Context(), 300*time.Millisecond)
		result, whole, err := download(t, ref)
		if err != nil || !bytes.HasPrefix(whole, half) || len(whole)/2 != len(half) || result.Bytes != int64(len(whole)) {
			t.Errorf("%d bytes, then %d (%+v), %v", len(half), len(whole), result, err)
		}
	})
}

func TestVideoReportsPromptUsageAndModel(t *testing.T) {
	t.Parallel()
	p := sandboxai.New(sandboxai.Cadence(0))
	got, whole, _ := download(t, start(t.Context(), t, p, videoRequest("waves [sandbox:slow] at dusk")))
	if got.RevisedPrompt != "Waves at dusk" || got.Model != "sandbox-filmer" || got.RequestID == "" {
		t.Errorf("result = %+v", got)
	}
	if want := (ai.Usage{Known: true, Input: 4, Seconds: 8}); got.Usage != want {
		t.Errorf("usage = %+v, want %+v", got.Usage, want)
	}
	other, _, _ := download(t, start(t.Context(), t, p, videoRequest("hills")))
	if bytes.Equal(other.Poster.Bytes, got.Poster.Bytes) {
		t.Error("two prompts got the same poster")
	}
	quiet, cut, _ := download(t, start(t.Context(), t, p, videoRequest("waves [sandbox:truncated][sandbox:no_usage]")))
	if !bytes.Equal(cut, whole[:len(whole)/2]) || quiet.Bytes != int64(len(cut)) || quiet.Usage != (ai.Usage{}) {
		t.Errorf("cut: %d bytes, result %+v", len(cut), quiet)
	}
	lie, page, _ := download(t, start(t.Context(), t, p, videoRequest("waves [sandbox:wrong_type]")))
	if lie.MIMEType != "video/mp4" || !bytes.HasPrefix(page, []byte("<!DOCTYPE html>")) {
		t.Errorf("lie: %.20q under %s", page, lie.MIMEType)
	}
}

func TestVideoRequestsAreChecked(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*ai.VideoRequest)
		ok     bool
	}{
		{"plain", func(*ai.VideoRequest) {}, true},
		{"long prompt", func(r *ai.VideoRequest) { r.Prompt = strings.Repeat("물결 ", 1000) }, true},
		{"no prompt", func(r *ai.VideoRequest) { r.Prompt = "\t" }, false},
		{"length", func(r *ai.VideoRequest) { r.Seconds = 5 }, false},
		{"aspect", func(r *ai.VideoRequest) { r.Aspect = "../1" }, false},
		{"resolution", func(r *ai.VideoRequest) { r.Resolution = "8K" }, false},
		{"style", func(r *ai.VideoRequest) { r.Style = "cubist" }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req := videoRequest("waves")
			tt.change(&req)
			_, err := sandboxai.New(sandboxai.Cadence(0)).StartVideo(t.Context(), req)
			if e := typed(t, err); (e == nil) != tt.ok || e != nil && (e.Kind != ai.BadRequest || e.Accepted) {
				t.Errorf("error = %v, want ok = %t", err, tt.ok)
			}
		})
	}
}
