package openaiai_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
)

// filmed serves a finished video with the given file and poster.
func filmed(t *testing.T, file, poster http.HandlerFunc) *vendor {
	t.Helper()
	return newVendor(t, "", func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !strings.HasSuffix(r.URL.Path, "/content"):
			answerJSON(w, http.StatusOK, video("video_1", "completed", 100))
		case r.URL.Query().Get("variant") == "thumbnail":
			poster(w, r)
		default:
			file(w, r)
		}
	})
}

// content answers with a type and bytes.
func content(typ, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", typ)
		write(w, body)
	}
}

// film is the smallest that looks like one.
const film = "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"

// TestFilesThatAreNotVideosAreFailures are failures with every status.
func TestFilesThatAreNotVideosAreFailures(t *testing.T) {
	t.Parallel()
	noPoster := content("image/png", "")
	for name, tt := range map[string]struct {
		file http.HandlerFunc
		kind ai.Kind
	}{
		"a page":             {content("text/html", "<html>"), ai.Upstream},
		"an error as a file": {content("application/json", `{"error":{"message":"gone"}}`), ai.Upstream},
		"nothing":            {content("video/mp4", ""), ai.Interrupted},
		"too large":          {content("video/mp4", film+strings.Repeat("x", 1000)), ai.Upstream},
		"gone":               {refusal{404, "", "invalid_request_error", "No such file."}.answer, ai.BadRequest},
		"busy":               {refusals[ai.Overloaded].answer, ai.Overloaded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := filmed(t, tt.file, noPoster)
			v.LimitVideo(1000)
			var file bytes.Buffer
			_, err := v.DownloadVideo(t.Context(), "sora-2", "video_1", &file)
			var e *ai.Error
			if !errors.As(err, &e) || e.Kind != tt.kind || !e.Accepted || e.JobFailed {
				t.Errorf("got %+v, want %s, accepted", err, tt.kind)
			}
			if file.Len() > 1001 {
				t.Errorf("%d bytes were written", file.Len())
			}
		})
	}
}

// TestPosters are read when the server has one; a video without one is still usable.
func TestPosters(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		poster http.HandlerFunc
		want   string
	}{
		"a picture":       {content("application/octet-stream", string(pngFile())), "image/png"},
		"none":            {refusal{404, "", "", "no"}.answer, ""},
		"a page":          {content("image/png", "<html></html>"), ""},
		"a broken server": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := filmed(t, content("application/octet-stream", film), tt.poster)
			var file bytes.Buffer
			got, err := v.DownloadVideo(t.Context(), "sora-2", "video_1", &file)
			if err != nil || got.MIMEType != "video/mp4" || got.Bytes != int64(len(film)) || file.String() != film || got.Seconds != 8 {
				t.Fatalf("got %+v, %v", got, err)
			}
			typ := ""
			if got.Poster != nil {
				typ = got.Poster.MIMEType
			}
			if typ != tt.want {
				t.Errorf("poster of the type %q, want %q", typ, tt.want)
			}
		})
	}
}

// TestMalformedReferencesAreNotSent must not be sent: they could change the path.
func TestMalformedReferencesAreNotSent(t *testing.T) {
	t.Parallel()
	v := newVendor(t, "", refusals[ai.Upstream].answer)
	for _, ref := range []string{"", "../models", "video 1", "video_1?x=1", "video_1/content", "한", strings.Repeat("v", 201)} {
		_, err := v.PollVideo(t.Context(), "sora-2", ref)
		var e *ai.Error
		if !errors.As(err, &e) || e.Kind != ai.BadRequest || !e.Accepted {
			t.Errorf("%q: %+v", ref, err)
		}
	}
	if n := len(v.requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}
