package gqlerr_test

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/weav-ai/weav/graph/gqlerr"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/locale"
)

// TestErrorsInTheLanguageOfTheReader covers those that no request can be made to have, beside the usual ones.
func TestErrorsInTheLanguageOfTheReader(t *testing.T) {
	t.Parallel()
	hangul := regexp.MustCompile(`\p{Hangul}`)
	for name, err := range map[string]error{
		"a bug":               errors.New(secret),
		"a bug with a text":   errs.New(errs.Internal, "at %s", secret),
		"a deadline":          context.DeadlineExceeded,
		"busy":                errs.Wrap(errors.New(secret), errs.Unavailable, "The service is busy. Please try again.").Retry(time.Second),
		"a quota":             errs.New(errs.QuotaExceeded, "The monthly budget of this API key does not have enough left for this."),
		"a cost":              errs.New(errs.CostLimitExceeded, "The model %s has no price, so nobody can say that it stays within `maxCost`.", "x"),
		"too many jobs":       errs.New(errs.TooManyJobs, "%d of your jobs wait already, the most there may be.", 4),
		"an input outside":    errs.Input(errs.TooLong, "text", "This may have at most %d characters.", 8000),
		"a panic":             gqlerr.Recover(slog.New(slog.DiscardHandler))(t.Context(), "nil map at "+secret),
		"a default, by a var": &gqlerror.Error{Err: errors.New("x"), Path: ast.Path{ast.PathName("variable"), ast.PathName("n")}, Extensions: map[string]any{"code": "GRAPHQL_VALIDATION_FAILED"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			show := func(l locale.Language) *gqlerror.Error {
				return gqlerr.Presenter(slog.New(slog.DiscardHandler))(locale.With(t.Context(), l), err)
			}
			english, korean := show(locale.English), show(locale.Korean)
			if hangul.MatchString(english.Message) || !hangul.MatchString(korean.Message) {
				t.Errorf("English %q, Korean %q", english.Message, korean.Message)
			}
			if english.Extensions["code"] != korean.Extensions["code"] || english.Extensions["httpStatus"] != korean.Extensions["httpStatus"] {
				t.Errorf("extensions differ: %v, %v", english.Extensions, korean.Extensions)
			}
		})
	}
}
