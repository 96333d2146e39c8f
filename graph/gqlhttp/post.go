package gqlhttp

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"os"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weav-ai/weav/internal/errs"
)

// DefaultMaxBody is the greatest size of a request in bytes.
const DefaultMaxBody = 128 << 10

// POST is the graphql.Transport for queries and mutations in a JSON body. It takes
// every POST request: one with another content type is answered 415.
type POST struct {
	// MaxBody bounds the body in bytes; zero means DefaultMaxBody.
	MaxBody int64
}

var _ graphql.Transport = POST{}

// Supports implements graphql.Transport.
func (POST) Supports(r *http.Request) bool { return r.Method == http.MethodPost }

// Do implements graphql.Transport.
func (p POST) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	x, ok := open(w, r, exec)
	if !ok {
		return
	}
	if err := checkContent(r); err != nil {
		x.refuse(err)
		return
	}
	body, err := readBody(w, r, p.MaxBody)
	if err != nil {
		x.refuse(err)
		return
	}
	params, err := ParseParams(body)
	if err != nil {
		x.refuse(err)
		return
	}
	x.run(params, allowPOST)
}

func allowPOST(kind ast.Operation) error {
	if kind == ast.Subscription {
		return badRequest("Subscriptions run over a WebSocket with the protocol graphql-transport-ws.")
	}
	return nil
}

// checkContent wants JSON in UTF-8, which is also what keeps forms of other sites out.
func checkContent(r *http.Request) error {
	mediaType, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != typeJSON {
		return refusal(http.StatusUnsupportedMediaType, "Send the request as %s.", typeJSON)
	}
	if !isUTF8(params["charset"]) {
		return refusal(http.StatusUnsupportedMediaType, "Send the request in UTF-8.")
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return refusal(http.StatusUnsupportedMediaType, "Send the request uncompressed.")
	}
	return nil
}

func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if limit == 0 {
		limit = DefaultMaxBody
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		return nil, tooLarge(limit)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, refusal(http.StatusRequestTimeout, "The body did not arrive in time.")
	}
	if err != nil {
		return nil, errs.Wrap(err, errs.BadUserInput, "The body could not be read.")
	}
	return body, nil
}

func tooLarge(limit int64) error {
	return errs.New(errs.PayloadTooLarge, "The request is larger than %d bytes.", limit).With("limit", limit)
}
