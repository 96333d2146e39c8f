// Package scalar holds the Go side of the schema's scalars.
//
// gqlgen binds a scalar to a MarshalX and an UnmarshalX function. Values go out in
// one canonical form; what comes in is read strictly and, when it is not what the
// schema says, refused as BAD_USER_INPUT (BAD_CURSOR for cursors) with a message that
// names the right form and does not repeat the input.
package scalar

import "github.com/weav-ai/weav/internal/errs"

func badInput(format string, args ...any) error {
	return errs.New(errs.BadUserInput, format, args...)
}
