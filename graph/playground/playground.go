// Package playground serves GraphiQL, for exploring the API by hand. The page is built from pinned
// packages in app/ and embedded: it loads nothing from anywhere else. Wherever it is mounted, it expects
// the API beside it: /graphql for /playground/.
package playground

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html"
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
// Mount it with http.StripPrefix below a path that ends in a slash. A note that is not empty stands above the page.
func Handler(note string) http.Handler {
	source, err := annotated(embedded, note)
	if err == nil {
		var h *handler
		if h, err = newHandler(source); err == nil {
			return h
		}
	}
	panic(err) // The binary was built from a dist folder that this package cannot serve.
}

// annotated is a built playground with a note at the top of its page.
func annotated(source fs.FS, note string) (fs.FS, error) {
	if note == "" {
		return source, nil
	}
	name := path.Join("dist", index)
	page, err := fs.ReadFile(source, name)
	if err != nil {
		return nil, fmt.Errorf("read the built playground: %w", err)
	}
	const top = "<body>"
	if !bytes.Contains(page, []byte(top)) {
		return nil, fmt.Errorf("the built playground has no %s", top)
	}
	said := top + `<p role="note" style="margin:0;padding:8px 16px;font:14px sans-serif;background:#fef3c7;color:#111">` + html.EscapeString(note) + "</p>"
	return overlay{source, name, bytes.Replace(page, []byte(top), []byte(said), 1)}, nil
}

// overlay is a file system with another content for one of its files.
type overlay struct {
	fs.FS
	name    string
	content []byte
}

// Open implements fs.FS.
func (o overlay) Open(name string) (fs.File, error) {
	file, err := o.FS.Open(name)
	if err != nil || name != o.name {
		return file, err
	}
	return overlaid{file, bytes.NewReader(o.content)}, nil
}

// overlaid is a file with another content.
type overlaid struct {
	file    fs.File
	content *bytes.Reader
}

// Stat is that of the file below, whose size is not asked.
func (f overlaid) Stat() (fs.FileInfo, error) { return f.file.Stat() }

// Read reads the content.
func (f overlaid) Read(into []byte) (int, error) { return f.content.Read(into) }

// Seek moves in the content.
func (f overlaid) Seek(offset int64, whence int) (int64, error) {
	return f.content.Seek(offset, whence)
}

// Close closes the file below.
func (f overlaid) Close() error { return f.file.Close() }

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
