package openaiai_test

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/ai"
)

// partFile is a file in memory.
type partFile struct{ bytes.Buffer }

func (f *partFile) Reset() error { f.Buffer.Reset(); return nil }

// TestDownloadGoesOnByRange where the server names the file by a strong tag, and begins again where it does not.
func TestDownloadGoesOnByRange(t *testing.T) {
	t.Parallel()
	whole := film + strings.Repeat("x", 500)
	for name, tt := range map[string]struct {
		tag  string
		want []string
	}{
		"a strong tag": {`"v1"`, []string{"", "bytes=100-"}},
		"a weak tag":   {`W/"v1"`, []string{"", ""}},
		"no tag":       {"", []string{"", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked []string
			v := filmed(t, func(w http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.Header.Get("Range"))
				w.Header().Set("Content-Type", "video/mp4")
				if tt.tag != "" {
					w.Header().Set("ETag", tt.tag)
				}
				if len(asked) == 1 {
					w.Header().Set("Content-Length", strconv.Itoa(len(whole)))
					write(w, whole[:100])
					flush(w)
					panic(http.ErrAbortHandler)
				}
				http.ServeContent(w, r, "", time.Time{}, strings.NewReader(whole))
			}, content("image/png", ""))
			file := &partFile{}
			part := ai.NewPart(file)
			_, err := v.DownloadVideo(t.Context(), "sora-2", "video_1", part)
			var e *ai.Error
			if !errors.As(err, &e) || e.Kind != ai.Interrupted {
				t.Fatalf("the first download: %v", err)
			}
			result, err := v.DownloadVideo(t.Context(), "sora-2", "video_1", part)
			if err != nil || result.Bytes != int64(len(whole)) || file.String() != whole {
				t.Errorf("got %+v, %v, %d bytes", result, err, file.Len())
			}
			if !slices.Equal(asked, tt.want) {
				t.Errorf("asked for %q, want %q", asked, tt.want)
			}
		})
	}
}
