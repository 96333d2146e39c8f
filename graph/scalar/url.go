package scalar

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
)

// maxURLBytes is what browsers and proxies carry without trouble.
const maxURLBytes = 2048

// MarshalURL writes an absolute URL; the empty string is null.
func MarshalURL(u string) graphql.Marshaler {
	if u == "" {
		return graphql.Null
	}
	return graphql.MarshalString(u)
}

// UnmarshalURL reads an absolute http or https URL of at most 2048 bytes, without a
// user name or password. It says nothing about where the URL leads: code that fetches
// one checks the address itself.
func UnmarshalURL(v any) (string, error) {
	text, ok := v.(string)
	if !ok || len(text) > maxURLBytes || !utf8.ValidString(text) || strings.ContainsFunc(text, blank) {
		return "", errURL()
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return "", errURL()
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return "", errURL()
	}
	return text, nil
}

func blank(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

func errURL() error {
	return badInput("A URL is an absolute http or https address of at most %d bytes, without a user name.", maxURLBytes)
}
