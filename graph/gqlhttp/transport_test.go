package gqlhttp_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/weav-ai/weav/graph/gqlhttp"
)

const newType = "application/graphql-response+json"

func accept(mediaType string) map[string]string { return map[string]string{"Accept": mediaType} }

func TestStatusByMediaType(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	for name, tc := range map[string]struct {
		body     string
		old, new int // for application/json and for the newer type
		code     string
	}{
		"data":                {`{"query":"{__typename}"}`, 200, 200, ""},
		"data and an error":   {`{"query":"{fails}"}`, 200, 200, "NOT_FOUND"},
		"syntax error":        {`{"query":"{"}`, 200, 400, "GRAPHQL_PARSE_FAILED"},
		"unknown field":       {`{"query":"{nope}"}`, 200, 400, "GRAPHQL_VALIDATION_FAILED"},
		"unknown operation":   {`{"query":"query A{__typename}","operationName":"B"}`, 200, 400, "GRAPHQL_VALIDATION_FAILED"},
		"variable missing":    {`{"query":"query($n:Int!){__typename}"}`, 200, 400, "GRAPHQL_VALIDATION_FAILED"},
		"refused before data": {`{"query":"{limited}"}`, 200, 429, "RATE_LIMITED"},
		"panic":               {`{"query":"{panics}"}`, 500, 500, "INTERNAL"},
		"broken extension":    {`{"query":"{broken}"}`, 500, 500, "INTERNAL"},
		"subscription":        {`{"query":"subscription{tick}"}`, 400, 400, "BAD_USER_INPUT"},
		"no JSON":             {`{"query":"SECRET`, 400, 400, "BAD_USER_INPUT"},
	} {
		for mediaType, status := range map[string]int{"application/json": tc.old, newType: tc.new} {
			t.Run(name+"/"+mediaType, func(t *testing.T) {
				t.Parallel()
				r := request{body: tc.body, header: accept(mediaType)}.send(t, server)
				if r.status != status || r.code(t) != tc.code {
					t.Errorf("got %d %s, want %d %s", r.status, r.body, status, tc.code)
				}
				if got := r.header.Get("Content-Type"); got != mediaType+"; charset=utf-8" {
					t.Errorf("content type %q", got)
				}
			})
		}
	}
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	const ok = `{"query":"{__typename}"}`
	header := func(name, value string) map[string]string { return map[string]string{name: value} }
	for name, tc := range map[string]struct {
		request
		status int
		code   string
	}{
		"empty body":              {request{}, 400, "BAD_USER_INPUT"},
		"null":                    {request{body: `null`}, 400, "BAD_USER_INPUT"},
		"string":                  {request{body: `"SECRET"`}, 400, "BAD_USER_INPUT"},
		"batch":                   {request{body: " [" + ok + "]"}, 400, "BAD_USER_INPUT"},
		"two values":              {request{body: ok + ok}, 400, "BAD_USER_INPUT"},
		"trailing text":           {request{body: ok + "SECRET"}, 400, "BAD_USER_INPUT"},
		"query is a number":       {request{body: `{"query":1}`}, 400, "BAD_USER_INPUT"},
		"variables are a list":    {request{body: `{"query":"{__typename}","variables":[]}`}, 400, "BAD_USER_INPUT"},
		"extensions are text":     {request{body: `{"query":"{__typename}","extensions":"SECRET"}`}, 400, "BAD_USER_INPUT"},
		"no query":                {request{body: `{"variables":{}}`}, 400, "BAD_USER_INPUT"},
		"not UTF-8":               {request{body: "{\"query\":\"{__typename}\",\"variables\":{\"a\":\"\xff\"}}"}, 400, "BAD_USER_INPUT"},
		"lone high surrogate":     {request{body: `{"query":"{__typename}","variables":{"a":"\ud83dx"}}`}, 400, "BAD_USER_INPUT"},
		"lone low surrogate":      {request{body: `{"query":"{__typename}","variables":{"a":"\uDE00"}}`}, 400, "BAD_USER_INPUT"},
		"two high surrogates":     {request{body: `{"query":"{__typename}","variables":{"a":"\ud83d\ud83d"}}`}, 400, "BAD_USER_INPUT"},
		"surrogate at the end":    {request{body: `{"query":"{__typename}","variables":{"a":"\ud83d"}}`}, 400, "BAD_USER_INPUT"},
		"surrogate in a document": {request{body: `{"query":"{echo(text:\"\\ud83d\")}"}`}, 400, "BAD_USER_INPUT"},
		"no content type":         {request{body: ok, header: header("Content-Type", "")}, 415, "BAD_USER_INPUT"},
		"text":                    {request{body: ok, header: header("Content-Type", "text/plain")}, 415, "BAD_USER_INPUT"},
		"form":                    {request{body: "query=%7B__typename%7D", header: header("Content-Type", "application/x-www-form-urlencoded")}, 415, "BAD_USER_INPUT"},
		"multipart":               {request{body: ok, header: header("Content-Type", "multipart/form-data; boundary=x")}, 415, "BAD_USER_INPUT"},
		"another charset":         {request{body: ok, header: header("Content-Type", "application/json; charset=utf-16")}, 415, "BAD_USER_INPUT"},
		"compressed":              {request{body: ok, header: header("Content-Encoding", "gzip")}, 415, "BAD_USER_INPUT"},
		"nothing acceptable":      {request{body: ok, header: accept("text/html")}, 406, "BAD_USER_INPUT"},
		"PUT":                     {request{method: "PUT", body: ok}, 405, "BAD_USER_INPUT"},
		"GET without a query":     {request{method: "GET"}, 400, "BAD_USER_INPUT"},
		"GET, bad escape":         {request{method: "GET", query: "?query=%zz"}, 400, "BAD_USER_INPUT"},
		"GET, not UTF-8":          {request{method: "GET", query: "?query=%7B__typename%7D%23%ff"}, 400, "BAD_USER_INPUT"},
		"GET, two queries":        {request{method: "GET", query: "?query=%7B__typename%7D&query=%7Bnope%7D"}, 400, "BAD_USER_INPUT"},
		"GET, variables no JSON":  {request{method: "GET", query: "?query=%7B__typename%7D&variables=SECRET"}, 400, "BAD_USER_INPUT"},
		"GET, document with one":  {request{method: "GET", query: "?query=" + url.QueryEscape(`{echo(text:"\ud83d")}`)}, 400, "BAD_USER_INPUT"},
		"GET, lone surrogate":     {request{method: "GET", query: "?query=%7B__typename%7D&variables=" + url.QueryEscape(`{"a":"\ud83d"}`)}, 400, "BAD_USER_INPUT"},
		"GET mutation":            {request{method: "GET", query: "?query=mutation%7Bran%7D"}, 405, "BAD_USER_INPUT"},
		"GET subscription":        {request{method: "GET", query: "?query=subscription%7Btick%7D"}, 400, "BAD_USER_INPUT"},
		"GET too long":            {request{method: "GET", query: "?query=" + strings.Repeat("a", gqlhttp.DefaultMaxBody)}, 413, "PAYLOAD_TOO_LARGE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := tc.send(t, server)
			if r.status != tc.status || r.code(t) != tc.code {
				t.Errorf("got %d %s, want %d %s", r.status, r.body, tc.status, tc.code)
			}
			if strings.Contains(r.body, "SECRET") || strings.Contains(r.body, `"data"`) {
				t.Errorf("body %s", r.body)
			}
		})
	}
}

func TestGoodRequests(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	const ask = `query Q($t: String) { echo(text: $t) }`
	body := func(text string) string { return `{"query":"` + ask + `","variables":{"t":` + text + `}}` }
	for name, tc := range map[string]struct {
		request
		want string
	}{
		"variables":           {request{body: body(`"hello"`)}, `{"data":{"echo":"hello"}}`},
		"surrogate pair":      {request{body: body(`"\uD83D\ude00\\ud83d\n"`)}, `{"data":{"echo":"😀\\ud83d\n"}}`},
		"pair in a document":  {request{body: `{"query":"{echo(text:\"\\ud83d\\ude00\\u{1F600}\")}"}`}, `{"data":{"echo":"😀😀"}}`},
		"blank around":        {request{body: "\n " + body(`null`) + "\n"}, `{"data":{"echo":null}}`},
		"charset in capitals": {request{body: body(`"a"`), header: map[string]string{"Content-Type": "application/json;charset=UTF-8"}}, `{"data":{"echo":"a"}}`},
		"error and data":      {request{body: `{"query":"{x:fails}"}`}, `"data":{"x":null}}`},
		"GET with variables":  {request{method: "GET", query: "?query=" + url.QueryEscape(ask) + "&operationName=Q&variables=" + url.QueryEscape(`{"t":"+ +"}`)}, `{"data":{"echo":"+ +"}}`},
		"GET, null variables": {request{method: "GET", query: "?query=%7B__typename%7D&variables=null&extensions="}, `{"data":{"__typename":"Query"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := tc.send(t, server)
			if r.status != http.StatusOK || !json.Valid([]byte(r.body)) || !strings.HasSuffix(r.body, tc.want) {
				t.Errorf("got %d %s, want %s", r.status, r.body, tc.want)
			}
		})
	}
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	fill := func(size int) string {
		const ends = `{"query":"{__typename}","variables":{"a":""}}`
		return strings.Replace(ends, `""`, `"`+strings.Repeat("a", size-len(ends))+`"`, 1)
	}
	if r := (request{body: fill(gqlhttp.DefaultMaxBody)}).send(t, server); r.status != http.StatusOK {
		t.Errorf("a body of the limit: %d %s", r.status, r.body)
	}
	over := fill(gqlhttp.DefaultMaxBody + 1)
	for _, mediaType := range []string{"application/json", newType} {
		r := request{body: over, header: accept(mediaType)}.send(t, server)
		if r.status != http.StatusRequestEntityTooLarge || r.code(t) != "PAYLOAD_TOO_LARGE" {
			t.Errorf("over the limit, %s: %d %s", mediaType, r.status, r.body)
		}
	}
}

func TestBodyLimitWithoutLength(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	body := struct{ *strings.Reader }{strings.NewReader(strings.Repeat(" ", gqlhttp.DefaultMaxBody+1))} // hides its length
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("got %s", resp.Status)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	limited := request{body: `{"query":"{limited}"}`, header: accept(newType)}.send(t, server)
	older := request{body: `{"query":"{limited}"}`, header: accept("application/json")}.send(t, server)
	for _, r := range []reply{limited, older} {
		if got := r.header.Get("Retry-After"); got != "2" {
			t.Errorf("Retry-After %q with status %d, want the 1200 ms rounded up", got, r.status)
		}
	}
	if limited.status != http.StatusTooManyRequests || older.status != http.StatusOK {
		t.Errorf("status %d and %d, want 429, and 200 for application/json", limited.status, older.status)
	}
	if got := limited.header.Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("Cache-Control %q", got)
	}
	for method, query := range map[string]string{"DELETE": "", "OPTIONS": "", "GET": "?query=mutation%7Bran%7D"} {
		if r := (request{method: method, query: query}).send(t, server); r.header.Get("Allow") == "" {
			t.Errorf("%s names no allowed methods", method)
		}
	}
}

func TestManyErrorsAreCut(t *testing.T) {
	t.Parallel()
	r := request{body: `{"query":"{` + strings.Repeat("nope ", 60) + `}"}`}.send(t, newServer(t))
	if n := strings.Count(r.body, `"message"`); n != 10 {
		t.Errorf("%d errors, want 10", n)
	}
}
