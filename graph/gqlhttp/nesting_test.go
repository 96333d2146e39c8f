package gqlhttp_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/weav-ai/weav/graph/gqlhttp"
)

func TestPrune(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text, want string
		deep       bool
	}{
		"as deep as it may":       {`{"a":[1]}`, `{"a":[1]}`, false},
		"one deeper":              {`{"a":[[1],{"b":2},3]}`, `{"a":[null,null,3]}`, true},
		"much deeper":             {`{"a":[[[{"c":[]}]]],"z":1}`, `{"a":[null],"z":1}`, true},
		"brackets in a text":      {`{"a":["[[[","\"[[{",{}]}`, `{"a":["[[[","\"[[{",null]}`, true},
		"never closed":            {`{"a":[[`, `{"a":[`, true},
		"closed too often":        {`]]]{"a":1}`, `]]]{"a":1}`, false},
		"a text that never ends":  {`{"a":["[[`, `{"a":["[[`, false},
		"an escape at the end":    {`{"a":"\`, `{"a":"\`, false},
		"nothing but a number":    {`5`, `5`, false},
		"deep lists side by side": {`[[[1]],[[2]]]`, `[[null],[null]]`, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, deep := gqlhttp.Prune([]byte(tc.text), 2)
			if string(got) != tc.want || deep != tc.deep {
				t.Errorf("got %s, %v", got, deep)
			}
			if json.Valid([]byte(tc.text)) != json.Valid(got) {
				t.Errorf("%s is JSON: %v, was %v", got, json.Valid(got), json.Valid([]byte(tc.text)))
			}
		})
	}
}

// TestOverNestedRequests: what nests too deep is a typed error, wherever in the request it stands.
func TestOverNestedRequests(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	for what, depth := range map[string]int{"beyond the limit": gqlhttp.MaxNesting, "beyond encoding/json": 20_000} {
		deep := strings.Repeat("[", depth) + strings.Repeat("]", depth)
		for where, body := range map[string]string{
			"variables":  `{"query":"{echo}","variables":{"a":` + deep + `}}`,
			"extensions": `{"query":"{echo}","extensions":{"a":` + deep + `}}`,
			"elsewhere":  `{"query":"{echo}","other":` + deep + `}`,
		} {
			r := request{body: body}.send(t, server)
			if r.code(t) != "BAD_USER_INPUT" || !strings.Contains(r.body, "nest at most 100 deep") {
				t.Errorf("%s, %s: %d %s", where, what, r.status, r.body)
			}
		}
	}
	shallow := strings.Repeat("[", gqlhttp.MaxNesting-2) + strings.Repeat("]", gqlhttp.MaxNesting-2)
	if r := (request{body: `{"query":"{echo}","variables":{"a":` + shallow + `}}`}).send(t, server); r.code(t) != "" {
		t.Errorf("as deep as it may: %s", r.body)
	}
}

// TestHashInPlaceOfTheQuery: clients send the text when the hash is not found, so the two must differ over each method.
func TestHashInPlaceOfTheQuery(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	const hash = `{"persistedQuery":{"version":1,"sha256Hash":"ab"}}`
	for name, tc := range map[string]struct {
		request request
		code    string
	}{
		"POST":                    {request{body: `{"extensions":` + hash + `}`}, "PERSISTED_QUERY_NOT_FOUND"},
		"POST with variables":     {request{body: `{"variables":{"a":1},"operationName":"A","extensions":` + hash + `}`}, "PERSISTED_QUERY_NOT_FOUND"},
		"POST with an empty text": {request{body: `{"query":"","extensions":` + hash + `}`}, "PERSISTED_QUERY_NOT_FOUND"},
		"GET":                     {request{method: "GET", query: "?extensions=" + url.QueryEscape(hash)}, "PERSISTED_QUERY_NOT_FOUND"},
		"with its text":           {request{body: `{"query":"{echo}","extensions":` + hash + `}`}, ""},
		"a hash that is null":     {request{body: `{"extensions":{"persistedQuery":null}}`}, "BAD_USER_INPUT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := tc.request.send(t, server)
			if r.code(t) != tc.code {
				t.Fatalf("got %d %s, want %s", r.status, r.body, tc.code)
			}
			if tc.code == "PERSISTED_QUERY_NOT_FOUND" && (r.status != http.StatusOK || !strings.Contains(r.body, `"message":"PersistedQueryNotFound"`)) {
				t.Errorf("clients of Apollo and urql do not know %d %s", r.status, r.body)
			}
		})
	}
}
