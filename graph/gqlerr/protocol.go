package gqlerr

import (
	"errors"
	"regexp"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/weav-ai/weav/internal/errs"
)

const (
	// maxMessage bounds what a message repeats of the request, in code points.
	maxMessage = 200
	maxCause   = 500
)

// protocolOf translates what gqlgen and gqlparser say of a request they cannot read.
//
// A document or variables that do not fit the schema are GRAPHQL_VALIDATION_FAILED,
// also when the fault is only the type of one variable; BAD_USER_INPUT begins where
// the shape is right and the value is not, in the scalars and the domain.
func protocolOf(err error) *errs.Error {
	var e *gqlerror.Error
	if !errors.As(err, &e) || !isProtocol(e) {
		return nil
	}
	known, _ := e.Extensions["code"].(string) // isProtocol has seen to it.
	code := errs.Code(known)
	if e.Err != nil {
		return errs.WrapText(e.Err, code, variableText(e.Path, errs.Textf("has a default that cannot be read")))
	}
	if code == errs.ValidationFailed && len(e.Path) > 0 {
		return errs.NewText(code, variableText(e.Path, errs.Verbatim(short(publicKinds(e.Message), maxMessage))))
	}
	return errs.NewText(code, errs.Verbatim(short(e.Message, maxMessage)))
}

// isProtocol reports whether gqlgen itself made e before there was anything to run.
func isProtocol(e *gqlerror.Error) bool {
	code, _ := e.Extensions["code"].(string)
	switch errs.Code(code) {
	case errs.ParseFailed, errs.ValidationFailed, errs.PersistedQueryNotFound:
		return !presented(e)
	default:
		return false
	}
}

// presented reports whether e has been through a Presenter already.
func presented(e *gqlerror.Error) bool {
	var typed *errs.Error
	return errors.As(e.Err, &typed)
}

// variableText names the variable, or the place in it, that a message is about:
// gqlparser gives it as the path variable.input.text. What gqlparser itself says stays English.
func variableText(path ast.Path, said errs.Text) errs.Text {
	if len(path) == 0 {
		return said
	}
	if path[0] == ast.PathName("variable") {
		path = path[1:]
	}
	return errs.Textf("Variable $%s: %s.", short(path.String(), maxMessage), said)
}

// goKind finds the reflect kinds that gqlparser names JSON values by.
var goKind = regexp.MustCompile(`\b(cannot use|not a) (string|bool|float32|float64|int|int32|int64|slice|map|struct|interface|ptr)\b`)

// publicKinds says in the words of JSON what gqlparser says in those of Go.
func publicKinds(message string) string {
	return goKind.ReplaceAllStringFunc(message, func(match string) string {
		verb, kind := match[:strings.LastIndexByte(match, ' ')], match[strings.LastIndexByte(match, ' ')+1:]
		return strings.TrimSuffix(verb, " a") + " " + jsonKind(kind)
	})
}

func jsonKind(kind string) string {
	switch kind {
	case "string":
		return "a string"
	case "bool":
		return "a boolean"
	case "slice":
		return "a list"
	case "map", "struct":
		return "an object"
	case "interface", "ptr":
		return "this value"
	default:
		return "a number"
	}
}

// short cuts text to n code points.
func short(text string, n int) string {
	count := 0
	for at := range text {
		if count == n {
			return text[:at] + "…"
		}
		count++
	}
	return text
}
