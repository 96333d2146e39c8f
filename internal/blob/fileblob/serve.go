package fileblob

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/weav-ai/weav/internal/blob"
)

// policy prevents a file that is opened directly from running scripts: it is served from the API's own
// origin.
const policy = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"

// serve checks the signature before anything else. A HEAD is allowed by the signature of a GET.
func (b *Bucket) serve(w http.ResponseWriter, r *http.Request) {
	b.allowOrigin(w, r)
	if r.Method == http.MethodOptions {
		preflight(w)
		return
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	key, query, ok := b.authorize(method, r.URL)
	switch {
	case ok && method == http.MethodGet:
		b.download(w, r, key, query)
	case ok && method == http.MethodPut:
		b.upload(w, r, key, query)
	default:
		refuse(w, http.StatusForbidden)
	}
}

// download answers a signed GET or HEAD.
func (b *Bucket) download(w http.ResponseWriter, r *http.Request, key string, query url.Values) {
	f, object, err := b.open(r.Context(), key)
	if errors.Is(err, blob.ErrNotExist) {
		refuse(w, http.StatusNotFound)
		return
	}
	if err != nil {
		refuse(w, status(err))
		return
	}
	defer func() { _ = f.Close() }() // Nothing was written.
	h := w.Header()
	h.Set("Content-Type", object.ContentType)
	if as := query.Get(paramType); as != "" {
		h.Set("Content-Type", as)
	}
	h.Set("Content-Disposition", query.Get(paramDisposition))
	h.Set("Cache-Control", "private, max-age="+b.secondsLeft(query))
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	content := io.NewSectionReader(f, 0, object.Size)
	http.ServeContent(w, r, "", object.ModTime, &outgoing{content, http.NewResponseController(w), b.idle})
}

// outgoing ends a download whose client takes nothing for the idle timeout. The server itself removes the
// last deadline before it waits for another request.
type outgoing struct {
	*io.SectionReader
	control *http.ResponseController
	idle    time.Duration
}

func (o *outgoing) Read(p []byte) (int, error) {
	_ = o.control.SetWriteDeadline(time.Now().Add(o.idle)) // Not every ResponseWriter supports deadlines.
	return o.SectionReader.Read(p)
}

// secondsLeft is how long the URL is still valid, as the age that caches may use.
func (b *Bucket) secondsLeft(query url.Values) string {
	expires, err := strconv.ParseInt(query.Get(paramExpires), 10, 64)
	if err != nil {
		return "0"
	}
	return strconv.FormatInt(expires-b.now().Unix(), 10)
}
