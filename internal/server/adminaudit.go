package server

import (
	"bytes"
	"io"
	"net/http"
	"strings"

	"github.com/weav-ai/weav/internal/oid"
)

// audited writes a request that may change something into the audit log before it is executed, and reports
// whether to continue; otherwise it has answered. Requests that only read are not recorded. The body is read
// first and replaced, since it can be read only once.
func (a Admin) audited(w http.ResponseWriter, r *http.Request, actor oid.User) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	sent, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAct))
	if lateBody(w, r, err) {
		return false
	}
	if err != nil {
		refuse(w, r, http.StatusRequestEntityTooLarge, "That is too much at once.")
		return false
	}
	if err := a.Note(r.Context(), actor, r.Method+" "+r.URL.RequestURI(), storable(sent)); err != nil {
		refuse(w, r, http.StatusServiceUnavailable, "The audit log cannot be written for now, so nothing was done.")
		return false
	}
	r.Body = io.NopCloser(bytes.NewReader(sent))
	return true
}

// storable returns a body as text that a column takes, with U+FFFD for invalid bytes and NUL.
func storable(sent []byte) string {
	const replacement = "\uFFFD"
	return strings.ReplaceAll(strings.ToValidUTF8(string(sent), replacement), "\x00", replacement)
}
