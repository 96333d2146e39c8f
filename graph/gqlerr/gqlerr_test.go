package gqlerr_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/weav-ai/weav/graph/gqlerr"
	"github.com/weav-ai/weav/internal/errs"
)

const secret = "postgres://weav:hunter2@10.0.0.7/weav"

func TestPresenterShows(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err     error
		message string
		ext     map[string]any
	}{
		"typed": {
			errs.New(errs.NotFound, "No such chat."), "No such chat.",
			map[string]any{"code": "NOT_FOUND", "httpStatus": 404, "retryable": false},
		},
		"typed and wrapped": {
			fmt.Errorf("chat: %w", errs.Wrap(errors.New(secret), errs.Conflict, "Somebody wrote first.").With("headId", "msg_1")),
			"Somebody wrote first.",
			map[string]any{"code": "CONFLICT", "httpStatus": 409, "retryable": false, "headId": "msg_1"},
		},
		"retry with a time": {
			errs.New(errs.RateLimited, "Slow down.").Retry(1500 * time.Millisecond), "Slow down.",
			map[string]any{"code": "RATE_LIMITED", "httpStatus": 429, "retryable": true, "retryAfterMs": int64(1500)},
		},
		"status of a refusal below GraphQL": {
			errs.New(errs.BadUserInput, "Send JSON.").With("httpStatus", 415), "Send JSON.",
			map[string]any{"code": "BAD_USER_INPUT", "httpStatus": 415, "retryable": false},
		},
		"input error outside a mutation": {
			errs.Input(errs.TooLong, "text", "At most %d characters.", 10), "At most 10 characters.",
			map[string]any{"code": "BAD_USER_INPUT", "httpStatus": 400, "retryable": false},
		},
		"untyped": {
			errors.New("dial " + secret), "Something went wrong on our side.",
			map[string]any{"code": "INTERNAL", "httpStatus": 500, "retryable": false},
		},
		"typed internal": {
			errs.Wrap(errors.New(secret), errs.Internal, "at %s", secret).With("dsn", secret), "Something went wrong on our side.",
			map[string]any{"code": "INTERNAL", "httpStatus": 500, "retryable": false},
		},
		"deadline": {
			fmt.Errorf("query: %w", context.DeadlineExceeded), "This took too long: try again.",
			map[string]any{"code": "UNAVAILABLE", "httpStatus": 503, "retryable": true},
		},
		"deadline wrapped as internal": {
			errs.Wrap(context.DeadlineExceeded, errs.Internal, "store"), "This took too long: try again.",
			map[string]any{"code": "UNAVAILABLE", "httpStatus": 503, "retryable": true},
		},
		"typed with a deadline behind it": {
			errs.Wrap(context.DeadlineExceeded, errs.Unavailable, "The model does not answer."), "The model does not answer.",
			map[string]any{"code": "UNAVAILABLE", "httpStatus": 503, "retryable": false},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := gqlerr.WithRequestID(context.Background(), "req-1")
			shown := gqlerr.Presenter(slog.New(slog.DiscardHandler))(ctx, wrapped(tc.err))
			if shown.Message != tc.message {
				t.Errorf("message %q, want %q", shown.Message, tc.message)
			}
			tc.ext["requestId"] = "req-1"
			if diff := cmp.Diff(tc.ext, shown.Extensions); diff != "" {
				t.Errorf("extensions (-want +got):\n%s", diff)
			}
			if got := shown.Path.String(); got != "chat" {
				t.Errorf("path %q, want chat", got)
			}
		})
	}
}

// wrapped puts err at the place where a resolver of the field chat failed.
func wrapped(err error) error {
	return gqlerror.WrapPath(ast.Path{ast.PathName("chat")}, err)
}

func TestProtocolErrors(t *testing.T) {
	t.Parallel()
	variable := ast.Path{ast.PathName("variable"), ast.PathName("input"), ast.PathName("text")}
	for name, tc := range map[string]struct {
		err  *gqlerror.Error
		code string
		want string
	}{
		"syntax":            {coded("GRAPHQL_PARSE_FAILED", nil, "Expected Name, found }"), "GRAPHQL_PARSE_FAILED", "Expected Name, found }"},
		"unknown field":     {coded("GRAPHQL_VALIDATION_FAILED", nil, `Cannot query field "x" on type "Chat".`), "GRAPHQL_VALIDATION_FAILED", `Cannot query field "x" on type "Chat".`},
		"variable missing":  {coded("GRAPHQL_VALIDATION_FAILED", variable, "must be defined"), "GRAPHQL_VALIDATION_FAILED", "Variable $input.text: must be defined."},
		"kind of a scalar":  {coded("GRAPHQL_VALIDATION_FAILED", variable, "cannot use map as String"), "GRAPHQL_VALIDATION_FAILED", "Variable $input.text: cannot use an object as String."},
		"kind of an object": {coded("GRAPHQL_VALIDATION_FAILED", variable, "must be a XInput, not a slice"), "GRAPHQL_VALIDATION_FAILED", "Variable $input.text: must be a XInput, not a list."},
		"kind of a number":  {coded("GRAPHQL_VALIDATION_FAILED", variable, "cannot use float64 as String"), "GRAPHQL_VALIDATION_FAILED", "Variable $input.text: cannot use a number as String."},
		"long echo":         {coded("GRAPHQL_PARSE_FAILED", nil, "Unexpected "+strings.Repeat("글", 500)), "GRAPHQL_PARSE_FAILED", "Unexpected " + strings.Repeat("글", 189) + "…"},
		"persisted query":   {coded("PERSISTED_QUERY_NOT_FOUND", nil, "PersistedQueryNotFound"), "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound"},
		"unreadable default": {
			&gqlerror.Error{
				Err: errors.New("strconv.ParseInt: out of range"), Message: "strconv.ParseInt: out of range",
				Path: variable, Extensions: map[string]any{"code": "GRAPHQL_VALIDATION_FAILED"},
			},
			"GRAPHQL_VALIDATION_FAILED", "Variable $input.text: has a default that cannot be read.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.err.Locations = []gqlerror.Location{{Line: 2, Column: 3}, {Line: -1, Column: -1}}
			shown := gqlerr.Presenter(slog.New(slog.DiscardHandler))(context.Background(), tc.err)
			if shown.Message != tc.want || shown.Extensions["code"] != tc.code {
				t.Errorf("got %v %q, want %s %q", shown.Extensions["code"], shown.Message, tc.code, tc.want)
			}
			if shown.Path != nil {
				t.Errorf("path %v leads into the response", shown.Path)
			}
			if diff := cmp.Diff([]gqlerror.Location{{Line: 2, Column: 3}}, shown.Locations); diff != "" {
				t.Errorf("locations (-want +got):\n%s", diff)
			}
			if id, _ := shown.Extensions["requestId"].(string); len(id) != 36 {
				t.Errorf("requestId %q, want a fresh one", id)
			}
		})
	}
}

func coded(code string, path ast.Path, message string) *gqlerror.Error {
	return &gqlerror.Error{Message: message, Path: path, Extensions: map[string]any{"code": code}}
}

func TestArgumentsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	at := ast.Path{ast.PathName("chats"), ast.PathName("order"), ast.PathName("by")}
	for name, tc := range map[string]struct {
		args map[string]any
		err  error
		want string
		arg  any
	}{
		"untyped, while reading": {nil, errors.New("newest is not a valid ChatOrder"), "BAD_USER_INPUT", "order.by"},
		"typed, while reading":   {nil, errs.New(errs.BadCursor, "No cursor."), "BAD_CURSOR", "order.by"},
		"untyped, in a resolver": {map[string]any{}, errors.New(secret), "INTERNAL", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := graphql.WithFieldContext(context.Background(), &graphql.FieldContext{
				Object: "Query", Args: tc.args,
				Field: graphql.CollectedField{Field: &ast.Field{
					Name: "chats", Alias: "chats",
					Definition: &ast.FieldDefinition{Arguments: ast.ArgumentDefinitionList{{Name: "order"}}},
				}},
			})
			shown := gqlerr.Presenter(slog.New(slog.DiscardHandler))(ctx, gqlerror.WrapPath(at, tc.err))
			if shown.Extensions["code"] != tc.want || shown.Extensions["argument"] != tc.arg {
				t.Errorf("got %v, want %s at %v", shown.Extensions, tc.want, tc.arg)
			}
			if tc.arg != nil && shown.Path.String() != "chats" {
				t.Errorf("path %q, want that of the field", shown.Path)
			}
			if strings.Contains(shown.Message, "newest") || strings.Contains(shown.Message, secret) {
				t.Errorf("message %q shows too much", shown.Message)
			}
		})
	}
}

func TestCausesGoToTheLogAlone(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	ctx := gqlerr.WithRequestID(context.Background(), "req-7")
	shown := gqlerr.Presenter(logger)(ctx, errors.New(secret))
	if body := shown.Message + fmt.Sprint(shown.Extensions); strings.Contains(body, secret) {
		t.Errorf("the client sees the cause: %s", body)
	}
	for _, want := range []string{`"level":"ERROR"`, `"requestId":"req-7"`, secret} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log lacks %s:\n%s", want, &log)
		}
	}
}

func TestRecover(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	ctx := gqlerr.WithRequestID(context.Background(), "req-9")
	shown := gqlerr.Presenter(logger)(ctx, gqlerr.Recover(logger)(ctx, "nil map at "+secret))
	if shown.Extensions["code"] != "INTERNAL" || strings.Contains(shown.Message, secret) {
		t.Errorf("got %v %q", shown.Extensions["code"], shown.Message)
	}
	if lines := strings.Count(log.String(), "\n"); lines != 1 {
		t.Errorf("%d log lines, want 1", lines)
	}
	for _, want := range []string{`"requestId":"req-9"`, "gqlerr_test.go", secret} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log lacks %s", want)
		}
	}
}
