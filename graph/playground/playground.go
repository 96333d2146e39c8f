// Package playground serves GraphiQL, for exploring the API by hand. The page is built from pinned
// packages in app/ and embedded: it loads nothing from anywhere else. Wherever it is mounted, it expects
// the API beside it: /graphql for /playground/.
package playground

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// index is what / answers.
const index = "index.html"

// policy lets the page load its own files and talk to its own server, and nothing else. The editor
// positions its lines with style attributes, so styles may stand inline; scripts may not.
const policy = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; " +
	"style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// contentTypes names what the build emits. The system's own table differs from machine to machine.
var contentTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".html":  "text/html; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".md":    "text/plain; charset=utf-8",
	".svg":   "image/svg+xml",
	".ttf":   "font/ttf",
	".woff2": "font/woff2",
}

//go:embed all:dist
var embedded embed.FS

// page is what the headers say about one file of the built playground.
type page struct {
	contentType  string
	cacheControl string
	etag         string
}

// Handler answers GET and HEAD for the page at / and for its files, 404 for what the build did not make.
// Mount it with http.StripPrefix below a path that ends in a slash.
func Handler() http.Handler {
	h, err := newHandler(embedded)
	if err != nil {
		panic(err) // The binary was built from a dist folder that this package cannot serve.
	}
	return h
}

// handler serves from the binary itself: no file is copied to the heap.
type handler struct {
	dist  fs.FS
	pages map[string]page
}

func newHandler(source fs.FS) (*handler, error) {
	dist, err := fs.Sub(source, "dist")
	if err != nil {
		return nil, fmt.Errorf("open the built playground: %w", err)
	}
	h := &handler{dist: dist, pages: map[string]page{}}
	err = fs.WalkDir(dist, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		h.pages[name], err = describe(dist, name)
		return err
	})
	return h, err
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/")
	if name == "" {
		name = index
	}
	found, ok := h.pages[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h.serve(w, r, name, found)
}

func (h *handler) serve(w http.ResponseWriter, r *http.Request, name string, about page) {
	file, err := h.dist.Open(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer file.Close() //nolint:errcheck // An embedded file has nothing to lose.

	content, ok := file.(io.ReadSeeker)
	if !ok {
		http.NotFound(w, r)
		return
	}
	header := w.Header()
	header.Set("Content-Type", about.contentType)
	header.Set("Cache-Control", about.cacheControl)
	if about.etag != "" {
		header.Set("ETag", about.etag)
	}
	http.ServeContent(w, r, name, time.Time{}, content)
}

func secure(header http.Header) {
	header.Set("Content-Security-Policy", policy)
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
}

// describe: names below assets carry a hash of their content, so they never change; the others are
// asked for again each time, and answered with 304.
func describe(dist fs.FS, name string) (page, error) {
	contentType, ok := contentTypes[path.Ext(name)]
	if !ok {
		return page{}, fmt.Errorf("playground: no content type for %s", name)
	}
	if strings.HasPrefix(name, "assets/") {
		return page{contentType: contentType, cacheControl: "public, max-age=31536000, immutable"}, nil
	}
	body, err := fs.ReadFile(dist, name)
	if err != nil {
		return page{}, fmt.Errorf("read the built playground: %w", err)
	}
	sum := sha256.Sum256(body)
	return page{
		contentType:  contentType,
		cacheControl: "no-cache",
		etag:         `"` + hex.EncodeToString(sum[:16]) + `"`,
	}, nil
}
