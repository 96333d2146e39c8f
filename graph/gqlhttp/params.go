package gqlhttp

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"

	"github.com/weav-ai/weav/internal/errs"
)

// ParseParams reads the JSON object that asks for one operation, as a request body or
// the payload of a subscribe message has it. Numbers stay json.Number, so a Long
// arrives exact. Every error is an *errs.Error and repeats nothing of the input.
func ParseParams(body []byte) (*graphql.RawParams, error) {
	if err := checkText(body); err != nil {
		return nil, err
	}
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '[' {
		return nil, badRequest("Batches are not supported: send one operation per request.")
	}
	params := &graphql.RawParams{}
	if err := decodeJSON(body, params); err != nil {
		return nil, bodyError(err)
	}
	return params, checkDocument(params)
}

// checkDocument wants a document; it may be absent only where its hash stands for it.
// Its strings have the escapes of JSON, and gqlparser replaces lone surrogates too.
func checkDocument(params *graphql.RawParams) error {
	if params.Query == "" && params.Extensions[persistedQuery] == nil {
		return badRequest("The request has no query.")
	}
	if hasLoneSurrogate([]byte(params.Query)) {
		return loneSurrogate()
	}
	return nil
}

// decodeJSON reads exactly one JSON value.
func decodeJSON(text []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value")
	}
	return nil
}

// bodyError says what is wrong with the body in the terms of the protocol; the text of
// encoding/json would name Go types.
func bodyError(err error) error {
	var typeError *json.UnmarshalTypeError
	if !errors.As(err, &typeError) {
		return badRequest("The body is not valid JSON.")
	}
	switch typeError.Field {
	case "query", "operationName":
		return badRequest("The parameter %q must be a string.", typeError.Field)
	case "variables", "extensions":
		return badRequest("The parameter %q must be an object.", typeError.Field)
	default:
		return badRequest("The body must be a JSON object.")
	}
}

// checkText refuses what nests too deep, and what encoding/json would silently replace
// with U+FFFD: bytes that are not UTF-8 and surrogates without their other half.
func checkText(text []byte) error {
	if !utf8.Valid(text) {
		return badRequest("The request is not valid UTF-8.")
	}
	if hasLoneSurrogate(text) {
		return loneSurrogate()
	}
	return checkNesting(text)
}

func loneSurrogate() error {
	return badRequest("The request has half of a surrogate pair: it is not valid Unicode.")
}

// hasLoneSurrogate looks at the \u escapes of a JSON text. A backslash occurs only in
// strings, so it need not know where they begin.
func hasLoneSurrogate(text []byte) bool {
	for {
		at := bytes.IndexByte(text, '\\')
		if at < 0 || at+1 >= len(text) {
			return false
		}
		text = text[at:]
		unit, ok := escapedUnit(text)
		switch {
		case !ok:
			text = text[2:]
		case !utf16.IsSurrogate(unit):
			text = text[6:]
		case isPair(unit, text[6:]):
			text = text[12:]
		default:
			return true
		}
	}
}

func isPair(high rune, rest []byte) bool {
	low, ok := escapedUnit(rest)
	return ok && utf16.DecodeRune(high, low) != utf8.RuneError
}

// escapedUnit reads the UTF-16 unit of an escape \uXXXX at the start of text.
func escapedUnit(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	var unit rune
	for _, c := range text[2:6] {
		digit := bytes.IndexByte([]byte("0123456789abcdef"), c|0x20)
		if digit < 0 {
			return 0, false
		}
		unit = unit<<4 | rune(digit)
	}
	return unit, true
}

func badRequest(format string, args ...any) *errs.Error {
	return errs.New(errs.BadUserInput, format, args...)
}
