package ai_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
)

// memory is a PartFile.
type memory struct{ bytes.Buffer }

func (m *memory) Reset() error { m.Buffer.Reset(); return nil }

// TestPart gives a Part the beginning of a file, and then each kind of answer.
func TestPart(t *testing.T) {
	t.Parallel()
	first := map[string]string{"ETag": `"v1"`}
	rest := func(contentRange, tag string) map[string]string {
		return map[string]string{"Content-Range": contentRange, "ETag": tag}
	}
	for name, tt := range map[string]struct {
		first  map[string]string
		asked  string // the Range of the second request
		status int
		header map[string]string
		body   string
		want   string // the file; empty when the answer is refused
	}{
		"the rest":                   {first, "bytes=3-", 206, rest("bytes 3-5/6", `"v1"`), "def", "abcdef"},
		"all again":                  {first, "bytes=3-", 200, map[string]string{"ETag": `"v2"`}, "uvwxyz", "uvwxyz"},
		"another file's rest":        {first, "bytes=3-", 206, rest("bytes 3-5/6", `"v2"`), "xyz", ""},
		"a rest without a tag":       {first, "bytes=3-", 206, rest("bytes 3-5/6", ""), "xyz", ""},
		"another place":              {first, "bytes=3-", 206, rest("bytes 2-5/6", `"v1"`), "cdef", ""},
		"another length":             {first, "bytes=3-", 206, rest("bytes 3-6/7", `"v1"`), "defg", ""},
		"a piece of the rest":        {first, "bytes=3-", 206, rest("bytes 3-4/6", `"v1"`), "de", ""},
		"no range at all":            {first, "bytes=3-", 206, rest("", `"v1"`), "def", ""},
		"no such range":              {first, "bytes=3-", 416, rest("bytes */6", ""), "", ""},
		"a weak tag":                 {map[string]string{"ETag": `W/"v1"`}, "", 200, nil, "abcdef", "abcdef"},
		"no tag":                     {nil, "", 200, nil, "abcdef", "abcdef"},
		"a range that was not asked": {nil, "", 206, rest("bytes 3-5/6", `"v1"`), "def", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := &memory{}
			p := ai.NewPart(file)
			take(t, p, response(200, tt.first, 6), "abc") //nolint:bodyclose // It has no connection.
			if p.IsWhole() {
				t.Error("half a file is whole")
			}
			h := http.Header{}
			p.SetRange(h)
			if h.Get("Range") != tt.asked || (h.Get("If-Range") == `"v1"`) != (tt.asked != "") {
				t.Errorf("asked for %v", h)
			}
			res := response(tt.status, tt.header, int64(len(tt.body))) //nolint:bodyclose // It has no connection.
			if tt.want == "" {
				if err := p.Accept(res); !errors.Is(err, ai.ErrPart) || p.Written() != 0 || file.Len() != 0 {
					t.Errorf("got %v, with %d bytes kept", err, file.Len())
				}
				return
			}
			take(t, p, res, tt.body)
			if file.String() != tt.want || !p.IsWhole() {
				t.Errorf("the file is %q, whole %t", file, p.IsWhole())
			}
		})
	}
}

func response(status int, header map[string]string, length int64) *http.Response {
	res := &http.Response{StatusCode: status, Header: http.Header{}, ContentLength: length}
	for name, value := range header {
		res.Header.Set(name, value)
	}
	return res
}

func take(t *testing.T, p *ai.Part, res *http.Response, body string) {
	t.Helper()
	if err := p.Accept(res); err != nil {
		t.Fatal(err)
	}
	if _, err := strings.NewReader(body).WriteTo(p); err != nil {
		t.Fatal(err)
	}
}
