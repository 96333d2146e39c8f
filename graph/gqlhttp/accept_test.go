package gqlhttp_test

import (
	"strings"
	"testing"
)

func TestAccept(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	const oldType = "application/json"
	for name, tc := range map[string]struct{ accept, want string }{
		"urql":                   {"application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed", newType},
		"Apollo":                 {"application/graphql-response+json,application/json;q=0.9", newType},
		"fetch":                  {"*/*", oldType},
		"a browser":              {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", oldType},
		"order decides":          {"application/json, application/graphql-response+json", oldType},
		"quality decides":        {"application/json;q=0.5, application/graphql-response+json;q=0.6", newType},
		"specific before wild":   {"*/*, application/graphql-response+json", newType},
		"wild with more quality": {"*/*, application/graphql-response+json;q=0.1", oldType},
		"refused by q=0":         {"application/*, application/json;q=0", newType},
		"capitals":               {"Application/GraphQL-Response+JSON", newType},
		"charset":                {"application/graphql-response+json; charset=utf-8, application/json;q=0.1", newType},
		"other charset":          {"application/graphql-response+json; charset=latin1, application/json;q=0.1", oldType},
		"nonsense is skipped":    {"/, application/graphql-response+json;q=9, application/json;q=x, */*;q=0.1", oldType},
		"blank":                  {" ", oldType},
		"none of ours":           {"text/event-stream, multipart/mixed", ""},
		"all refused":            {"application/json;q=0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request{body: `{"query":"{__typename}"}`, header: accept(tc.accept)}.send(t, server)
			got := strings.TrimSuffix(r.header.Get("Content-Type"), "; charset=utf-8")
			switch {
			case tc.want == "" && r.status != 406:
				t.Errorf("got %d, want 406", r.status)
			case tc.want != "" && (got != tc.want || r.status != 200):
				t.Errorf("got %d %q, want %q", r.status, got, tc.want)
			}
		})
	}
}
