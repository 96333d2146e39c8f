package openaiai

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
)

// fault is an error of the API in its own words, which may hold anything of the request: they reach an ai.Error through
// redact alone. The status is zero where it came within an answer.
type fault struct {
	status             int
	code, typ, message string
}

// faultBody is an error object. Imitations put numbers where the API has words.
type faultBody struct {
	Code, Type, Message any
}

// readFault reads an error out of a body or an event. Around the object the API has a field "error"; imitations
// leave it out, or put a sentence in its place.
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
		_ = json.Unmarshal(raw, &body.Message) // What is no sentence either has no words.
	}
	f := fault{status: status, code: word(body.Code), typ: word(body.Type), message: word(body.Message)}
	if f.typ == "error" { // It is the event's.
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

// bodyOf reads the body of an answer that is an error. One that breaks off has no words.
func bodyOf(res *http.Response, status int) fault {
	defer func() { _ = res.Body.Close() }() // The rest is of no use.
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxFault))
	if err != nil {
		raw = nil
	}
	return readFault(status, raw)
}

// word is a value as text; empty for what is neither text nor number.
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

// name is the finest name the fault has for itself.
func (f fault) name() string {
	if f.code != "" {
		return f.code
	}
	return f.typ
}

// silent says whether the fault has no word for itself, as none of the API has.
func (f fault) silent() bool { return f.name() == "" && f.message == "" }
