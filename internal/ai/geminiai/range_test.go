package geminiai_test

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/ai"
)

// partFile is a file in memory.
type partFile struct{ bytes.Buffer }

func (f *partFile) Reset() error { f.Buffer.Reset(); return nil }

// TestDownloadGoesOnByRange where the server names the file by a strong tag, and begins again where it does not, or
// where it knows no such range.
func TestDownloadGoesOnByRange(t *testing.T) {
	t.Parallel()
	whole := mp4File()
	for name, tt := range map[string]struct {
		tag    string
		second int // the status of the second answer; zero serves what is asked for
		want   []string
	}{
		"a strong tag":  {`"v1"`, 0, []string{"", "bytes=100-"}},
		"a weak tag":    {`W/"v1"`, 0, []string{"", ""}},
		"no tag":        {"", 0, []string{"", ""}},
		"no such range": {`"v1"`, http.StatusRequestedRangeNotSatisfiable, []string{"", "bytes=100-", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked []string
			v := shelf(t, ownURI, func(w http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.Header.Get("Range"))
				w.Header().Set("Content-Type", "video/mp4")
				if tt.tag != "" {
					w.Header().Set("ETag", tt.tag)
				}
				switch {
				case len(asked) == 1:
					w.Header().Set("Content-Length", strconv.Itoa(len(whole)))
					_, _ = w.Write(whole[:100])
					flush(w)
					panic(http.ErrAbortHandler)
				case len(asked) == 2 && tt.second != 0:
					w.WriteHeader(tt.second)
				default:
					http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(whole))
				}
			})
			file := &partFile{}
			part := ai.NewPart(file)
			for range len(tt.want) - 1 {
				if _, err := v.DownloadVideo(t.Context(), videoModel, operation, part); ai.KindOf(err) != ai.Interrupted {
					t.Fatalf("a download that breaks off: %v", err)
				}
			}
			result, err := v.DownloadVideo(t.Context(), videoModel, operation, part)
			if err != nil || result.Bytes != int64(len(whole)) || !bytes.Equal(file.Bytes(), whole) {
				t.Errorf("got %+v, %v, %d bytes", result, err, file.Len())
			}
			if !slices.Equal(asked, tt.want) {
				t.Errorf("asked for %q, want %q", asked, tt.want)
			}
		})
	}
}
