package gqlerr

import (
	"context"
	"errors"
	"log/slog"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/locale"
)

// Presenter returns the function that gqlgen shows every error through. Causes go to
// logger: INTERNAL as an error, UNAVAILABLE as a warning, others at debug.
func Presenter(logger *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		if err == nil {
			return nil
		}
		id := RequestID(ctx)
		if id == "" {
			id = uuid.NewString()
		}
		e := Classify(ctx, err)
		record(ctx, logger, id, e)
		return present(ctx, err, e, id)
	}
}

// present keeps the place gqlgen gave the error and fills in the rest from e.
func present(ctx context.Context, err error, e *errs.Error, id string) *gqlerror.Error {
	shown := &gqlerror.Error{Err: e, Message: locale.Render(ctx, e.Text), Extensions: extensions(e, id)}
	var placed *gqlerror.Error
	switch {
	case !errors.As(err, &placed):
		shown.Path = graphql.GetPath(ctx)
	case isProtocol(placed):
		// The path of such an error leads into the request, not into the response.
		shown.Locations = known(placed.Locations)
	case readingArguments(ctx):
		shown.Locations = known(placed.Locations)
		shown.Path = graphql.GetFieldContext(ctx).Path()
		if argument := argumentPath(placed.Path, shown.Path); argument != "" {
			shown.Extensions["argument"] = argument
		}
	default:
		shown.Path, shown.Locations = placed.Path, known(placed.Locations)
	}
	return shown
}

// argumentPath is what gqlgen adds to a field's path when an argument cannot be read:
// "input.text", or "" when it named none.
func argumentPath(path, field ast.Path) string {
	if len(path) <= len(field) {
		return ""
	}
	return path[len(field):].String()
}

func extensions(e *errs.Error, id string) map[string]any {
	ext := map[string]any{
		"code":       string(e.Code),
		"httpStatus": errs.HTTPStatus(e.Code),
		"retryable":  e.Retryable,
		"requestId":  id,
	}
	if e.RetryAfter > 0 {
		ext["retryAfterMs"] = e.RetryAfter.Milliseconds()
	}
	for key, value := range e.Extensions {
		ext[key] = value
	}
	return ext
}

// known drops the locations of errors that have none: gqlparser writes them as -1.
func known(locations []gqlerror.Location) []gqlerror.Location {
	var kept []gqlerror.Location
	for _, at := range locations {
		if at.Line > 0 {
			kept = append(kept, at)
		}
	}
	return kept
}

func record(ctx context.Context, logger *slog.Logger, id string, e *errs.Error) {
	if e.Cause == nil || errors.Is(e, errRecovered) {
		return
	}
	logger.LogAttrs(ctx, level(e), "graphql: error",
		slog.String("requestId", id),
		slog.String("code", string(e.Code)),
		slog.String("field", fieldName(ctx)),
		slog.String("cause", short(e.Cause.Error(), maxCause)),
	)
}

func level(e *errs.Error) slog.Level {
	switch {
	case e.Code == errs.Internal:
		return slog.LevelError
	case errors.Is(e, context.Canceled):
		return slog.LevelDebug // The client went away: nothing is wrong.
	case e.Code == errs.Unavailable:
		return slog.LevelWarn
	default:
		return slog.LevelDebug
	}
}

// fieldName names the field by the schema. A path would hold the aliases of the client.
func fieldName(ctx context.Context) string {
	field := graphql.GetFieldContext(ctx)
	if field == nil || field.Field.Field == nil {
		return ""
	}
	return field.Object + "." + field.Field.Name
}
