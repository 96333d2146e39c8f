package gqlhttp

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// GET is the graphql.Transport for queries in the URL. It leaves WebSocket handshakes
// to the transports after it. Since it changes nothing, it needs no protection from
// cross-site requests; see the package comment.
type GET struct{}

var _ graphql.Transport = GET{}

// Supports implements graphql.Transport.
func (GET) Supports(r *http.Request) bool {
	return r.Method == http.MethodGet && !strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// Do implements graphql.Transport.
func (GET) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	x, ok := open(w, r, exec)
	if !ok {
		return
	}
	params, err := queryParams(r.URL.RawQuery)
	if err != nil {
		x.refuse(err)
		return
	}
	x.run(params, x.allowGET)
}

func (x *exchange) allowGET(kind ast.Operation) error {
	switch kind {
	case ast.Query:
		return nil
	case ast.Mutation:
		x.w.Header().Set("Allow", http.MethodPost)
		return refusal(http.StatusMethodNotAllowed, "GET runs queries only: send mutations with POST.")
	default:
		return allowPOST(kind)
	}
}

func queryParams(rawQuery string) (*graphql.RawParams, error) {
	if len(rawQuery) > DefaultMaxBody {
		return nil, tooLarge(DefaultMaxBody)
	}
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, badRequest("The URL's query cannot be decoded.")
	}
	for _, name := range []string{"query", "operationName", "variables", "extensions"} {
		if len(values[name]) > 1 {
			return nil, badRequest("The parameter %q stands more than once.", name)
		}
		if !utf8.ValidString(values.Get(name)) {
			return nil, badRequest("The parameter %q is not valid UTF-8.", name)
		}
	}
	params := &graphql.RawParams{Query: values.Get("query"), OperationName: values.Get("operationName")}
	if params.Variables, err = objectParam(values, "variables"); err != nil {
		return nil, err
	}
	if params.Extensions, err = objectParam(values, "extensions"); err != nil {
		return nil, err
	}
	return params, checkDocument(params)
}

func objectParam(values url.Values, name string) (map[string]any, error) {
	text := values.Get(name)
	if text == "" {
		return nil, nil
	}
	if err := checkText([]byte(text)); err != nil {
		return nil, err
	}
	var object map[string]any
	if err := decodeJSON([]byte(text), &object); err != nil {
		return nil, badRequest("The parameter %q must be a JSON object.", name)
	}
	return object, nil
}
