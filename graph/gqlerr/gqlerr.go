// Package gqlerr decides what a client sees of an error.
//
// Only a typed error (internal/errs) and what gqlgen says of a document it cannot read
// pass; everything else is INTERNAL, and its cause goes to the log under the request id
// that the client sees. Every error carries extensions.code from the closed set,
// httpStatus, retryable and requestId, and retryAfterMs where it is known.
package gqlerr

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/weav-ai/weav/internal/errs"
)

const (
	internalMessage = "Something went wrong on our side."
	slowMessage     = "This took too long: try again."
	inputMessage    = "The value of an argument is not valid."
)

// Classify turns any error of an operation into the typed error that its client receives.
// ctx is the context in which the error arose. It shows whether an argument could not be
// read or the server failed.
func Classify(ctx context.Context, err error) *errs.Error {
	if typed := typedOf(err); typed != nil {
		return typed
	}
	if input, ok := errs.InputOf(err); ok && len(input) > 0 {
		return errs.WrapText(err, errs.BadUserInput, input[0].Text)
	}
	if interrupted(err) {
		return errs.Wrap(err, errs.Unavailable, slowMessage).Retry(0)
	}
	if e := protocolOf(err); e != nil {
		return e
	}
	if readingArguments(ctx) {
		return errs.Wrap(err, errs.BadUserInput, inputMessage)
	}
	return errs.Wrap(err, errs.Internal, internalMessage)
}

// typedOf returns the typed error err holds. One that stands for a passed deadline is
// left to the caller, and one that is INTERNAL loses its message and facts.
func typedOf(err error) *errs.Error {
	var e *errs.Error
	if !errors.As(err, &e) {
		return nil
	}
	if e.Code != errs.Internal {
		return e
	}
	if interrupted(err) {
		return nil
	}
	return errs.Wrap(e, errs.Internal, internalMessage)
}

func interrupted(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// readingArguments reports whether the field in ctx has arguments that were not read
// yet: gqlgen sets them in one go after the last one was read, so an error before that
// is about a value of the request, such as an enum value in the wrong case.
func readingArguments(ctx context.Context) bool {
	field := graphql.GetFieldContext(ctx)
	if field == nil || field.Args != nil || field.Field.Field == nil {
		return false
	}
	def := field.Field.Definition
	return def != nil && len(def.Arguments) > 0
}

// List returns err in the form graphql.GraphExecutor.DispatchError takes.
func List(err *errs.Error) gqlerror.List {
	return gqlerror.List{gqlerror.Wrap(err)}
}
