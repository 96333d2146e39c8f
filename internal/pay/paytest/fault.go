package paytest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
)

// Fault is a way in which a gateway fails.
type Fault string

// The faults. Those up to Outstanding happen before the request is executed, the others after it: then the
// caller cannot know whether it was.
const (
	Works Fault = ""
	// NotFound answers that payments are unknown. Orders are registered nevertheless.
	NotFound     Fault = "404"
	ServerError  Fault = "500"
	Unauthorized Fault = "401"
	// Hangs never answers.
	Hangs Fault = "hangs"
	// Redirects sends the caller to the path /elsewhere, to which a client must not send its secret.
	Redirects Fault = "redirects"
	// Outstanding says that a request with the same idempotency key is still running.
	Outstanding Fault = "outstanding"
	// Cut ends the connection in the middle of the answer.
	Cut Fault = "cut"
	// Garbage answers 200 with a body that is not JSON.
	Garbage Fault = "garbage"
	// Endless answers 200 and sends data as long as the caller reads.
	Endless Fault = "endless"
)

// Faults are all of them except Works.
var Faults = []Fault{NotFound, ServerError, Unauthorized, Hangs, Redirects, Outstanding, Cut, Garbage, Endless}

// chunk is a piece of an endless answer.
var chunk = strings.Repeat(" ", 64<<10)

// fail answers with a fault that happens before the request is executed; false for any other.
func (p *PortOne) fail(w http.ResponseWriter, r *http.Request, f Fault) bool {
	switch f {
	case NotFound:
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/pre-register") {
			return false
		}
		refuse(w, http.StatusNotFound, "PAYMENT_NOT_FOUND")
	case ServerError:
		http.Error(w, "<html>Internal Server Error</html>", http.StatusInternalServerError)
	case Unauthorized:
		refuse(w, http.StatusUnauthorized, "UNAUTHORIZED")
	case Hangs:
		select {
		case <-r.Context().Done():
		case <-p.closed:
		}
	case Redirects:
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	case Outstanding:
		refuse(w, http.StatusConflict, "IDEMPOTENCY_OUTSTANDING_REQUEST")
	default:
		return false
	}
	return true
}

// spoil sends an answer with a fault that happens after the request was executed.
func spoil(w http.ResponseWriter, answer *httptest.ResponseRecorder, f Fault) {
	body := answer.Body.Bytes()
	w.Header().Set("Content-Type", "application/json")
	switch f {
	case Cut:
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body[:len(body)/2]) // The caller sees that the rest is missing.
	case Garbage:
		_, _ = w.Write([]byte("<html>200 OK</html>"))
	case Endless:
		for err := error(nil); err == nil; { // Until the caller leaves.
			_, err = io.WriteString(w, chunk)
		}
	default:
		w.WriteHeader(answer.Code)
		_, _ = bytes.NewReader(body).WriteTo(w)
	}
}
