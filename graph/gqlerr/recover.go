package gqlerr

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"

	"github.com/weav-ai/weav/internal/errs"
)

// errRecovered marks an error whose panic has been logged with its stack.
var errRecovered = errors.New("gqlerr: recovered from a panic")

// Recover returns the function gqlgen hands a resolver's panic to. The client gets
// INTERNAL; the panic and its stack go to logger.
func Recover(logger *slog.Logger) graphql.RecoverFunc {
	return func(ctx context.Context, panicked any) error {
		logger.LogAttrs(ctx, slog.LevelError, "graphql: panic",
			slog.String("requestId", RequestID(ctx)),
			slog.String("field", fieldName(ctx)),
			slog.String("cause", short(fmt.Sprint(panicked), maxCause)),
			slog.String("stack", string(debug.Stack())),
		)
		return errs.Wrap(errRecovered, errs.Internal, internalMessage)
	}
}
