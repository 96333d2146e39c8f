package errs

import (
	"errors"
	"slices"
	"strings"
)

// Reason is what is wrong with one input value. The API shows it as the code of a userError.
type Reason string

// Reasons shared by the mutations' userErrors.
const (
	Required       Reason = "REQUIRED"
	TooLong        Reason = "TOO_LONG"
	InvalidChars   Reason = "INVALID_CHARACTERS"
	InvalidValue   Reason = "INVALID_VALUE"
	LimitReached   Reason = "LIMIT_REACHED"
	ModelRetired   Reason = "MODEL_RETIRED"
	WrongStatus    Reason = "WRONG_STATUS"
	InvalidSession Reason = "INVALID_TOKEN"
	NotSupported   Reason = "NOT_SUPPORTED"
	KeyRefused     Reason = "KEY_REFUSED"
)

// Reasons of files. Those about the bytes have the codes of package media.
const (
	TooLarge     Reason = "TOO_LARGE"
	NotUploaded  Reason = "NOT_UPLOADED"
	SizeMismatch Reason = "SIZE_MISMATCH"
	TypeMismatch Reason = "TYPE_MISMATCH"
)

// InputError is one fault of the input that a user can correct.
type InputError struct {
	Reason Reason
	// Message is Text in English.
	Message string
	// Text is what users are shown, in their language.
	Text Text
	// Path leads from the mutation's arguments to the value: ["input", "text"].
	Path []string
}

// Equal reports whether two faults read the same. Their Texts are not compared, because they may have been
// made in different ways.
func (e InputError) Equal(other InputError) bool {
	return e.Reason == other.Reason && e.Message == other.Message && slices.Equal(e.Path, other.Path)
}

// InputErrors is the failure of a mutation whose input a user can correct. It rolls the transaction back; the
// resolver returns it as userErrors.
type InputErrors []InputError

// Error is for logs; it contains no value of the input.
func (es InputErrors) Error() string {
	parts := make([]string, len(es))
	for i, e := range es {
		parts[i] = strings.Join(e.Path, ".") + " " + string(e.Reason)
	}
	return "input: " + strings.Join(parts, ", ")
}

// Input returns the failure of one input field.
func Input(reason Reason, field, format string, args ...any) error {
	return InputText(reason, field, Textf(format, args...))
}

// InputText returns the failure of one input field with a message that was made elsewhere.
func InputText(reason Reason, field string, t Text) error {
	return InputErrors{Fault(reason, []string{"input", field}, t)}
}

// Fault returns one fault of an input, with its whole path.
func Fault(reason Reason, path []string, t Text) InputError {
	return InputError{Reason: reason, Message: t.String(), Text: t, Path: path}
}

// InputOf returns the input errors err holds.
func InputOf(err error) (InputErrors, bool) {
	var es InputErrors
	ok := errors.As(err, &es)
	return es, ok
}
