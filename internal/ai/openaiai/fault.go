package openaiai

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
)

// fault is an error of the API with its raw message, which may contain anything of the request: it reaches an
// ai.Error only through redact. The status is zero for an error within an answer.
type fault struct {
	status             int
	code, typ, message string
}

// faultBody is an error object. Compatible servers send numbers where the API has strings.
type faultBody struct {
	Code, Type, Message any
}

// readFault reads an error from a body or an event. In the API the object is in a field "error"; compatible
// servers omit the field, or put a sentence in its place.
func readFault(status int, raw []byte) fault {
	var around struct {
		Error json.RawMessage
	}
	var body faultBody
	if json.Unmarshal(raw, &around) == nil && len(around.Error) > 0 && string(around.Error) != "null" {
		raw = around.Error
	}
	if json.Unmarshal(raw, &body) != nil {
		body = faultBody{}
		_ = json.Unmarshal(raw, &body.Message) // Anything else has no message.
	}
	f := fault{status: status, code: word(body.Code), typ: word(body.Type), message: word(body.Message)}
	if f.typ == "error" { // The type of the event, not of the error.
		f.typ = ""
	}
	if at, err := strconv.Atoi(f.code); err == nil && http.StatusText(at) != "" {
		f.code = ""
		if f.status == 0 {
			f.status = at
		}
	}
	return f
}

// maxFault is how much of the body of an error is read, in bytes.
const maxFault = 64 << 10

// bodyOf reads the body of an error answer. A body that breaks off has no message.
func bodyOf(res *http.Response, status int) fault {
	defer func() { _ = res.Body.Close() }() // The rest is not needed.
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxFault))
	if err != nil {
		raw = nil
	}
	return readFault(status, raw)
}

// word is a value as text; empty for anything but a string or a number.
func word(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return ""
	}
}

// name is the most specific name of the fault.
func (f fault) name() string {
	if f.code != "" {
		return f.code
	}
	return f.typ
}

// isEmpty reports whether the fault has neither a name nor a message, which no error of the API has.
func (f fault) isEmpty() bool { return f.name() == "" && f.message == "" }
