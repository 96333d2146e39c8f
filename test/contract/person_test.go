package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/weav-ai/weav/internal/client"
)

type (
	// object is a JSON object.
	object = map[string]any
	// person is somebody at a client.
	person struct {
		client.Client
		refresh string
	}
)

// answer is a response over HTTP.
type answer struct {
	Status     int            `json:"-"`
	Header     http.Header    `json:"-"`
	Data       any            `json:"data"`
	Errors     client.Errors  `json:"errors"`
	Extensions map[string]any `json:"extensions"`
}

// do sends an operation.
func (p *person) do(t *testing.T, query string, variables object) answer {
	t.Helper()
	body, err := json.Marshal(client.Request{Query: query, Variables: variables})
	must(t, err)
	return p.send(t, body)
}

// send sends a body as it stands.
func (p *person) send(t *testing.T, body []byte) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL, bytes.NewReader(body))
	must(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/graphql-response+json")
	if p.Token != "" {
		req.Header.Set("Authorization", "Bearer "+p.Token)
	}
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	must(t, err)
	a := answer{Status: res.StatusCode, Header: res.Header}
	if err := json.Unmarshal(raw, &a); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return a
}

// get sends a query that must succeed.
func (p *person) get(t *testing.T, query string, variables object) answer {
	t.Helper()
	a := p.do(t, query, variables)
	if len(a.Errors) > 0 {
		t.Fatalf("%s: %v", query, a.Errors)
	}
	return a
}

// mutation is the document of a mutation that asks for selection and all of its userErrors.
func mutation(name, selection string) string {
	typ := strings.ToUpper(name[:1]) + name[1:]
	return fmt.Sprintf(`mutation ($input: %sInput!) { result: %s(input: $input) { %s userErrors { message path code } } }`, typ, name, selection)
}

// mutate sends a mutation.
func (p *person) mutate(t *testing.T, name string, input object, selection string) answer {
	t.Helper()
	return p.do(t, mutation(name, selection), object{"input": input})
}

// change sends a mutation that must succeed.
func (p *person) change(t *testing.T, name string, input object, selection string) answer {
	t.Helper()
	a := p.mutate(t, name, input, selection)
	if a.code() != "" || a.reason() != "" {
		t.Fatalf("%s: %v, userErrors %v", name, a.Errors, a.at("result.userErrors"))
	}
	return a
}

// code is the code of the first top-level error, or "".
func (a answer) code() string {
	if len(a.Errors) == 0 {
		return ""
	}
	return a.Errors[0].Code()
}

// reason is the code of the first userError of a mutation, or "".
func (a answer) reason() string {
	code, _ := a.at("result.userErrors.0.code").(string)
	return code
}

// at is the value at a path of names and indexes with dots between; nil where there is none.
func (a answer) at(path string) any { return at(a.Data, path) }

// text is the string at a path.
func (a answer) text(path string) string {
	s, _ := a.at(path).(string)
	return s
}

// list are the values at a path below each entry of a list.
func (a answer) list(path, below string) []string {
	entries, _ := a.at(path).([]any)
	out := make([]string, len(entries))
	for i, e := range entries {
		out[i], _ = at(e, below).(string)
	}
	return out
}

func at(v any, path string) any {
	for part := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case object:
			v = in[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

// key is a fresh idempotency key.
func key() string { return uuid.NewString() }

// with is input with one more value.
func with(input object, name string, value any) object {
	out := object{name: value}
	for k, v := range input {
		if k != name {
			out[k] = v
		}
	}
	return out
}
