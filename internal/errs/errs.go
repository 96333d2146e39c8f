// Package errs is the one form of error that crosses WEAV's layers.
//
// An Error states what the caller can do: a Code from a closed set, a message that is safe to show, and the
// cause, which is logged and never shown. Any other error is INTERNAL to a client.
package errs

import (
	"errors"
	"fmt"
	"time"
)

// Code is what a client branches on. The set is part of the public contract.
type Code string

// The codes, as extensions.code shows them.
const (
	Unauthenticated     Code = "UNAUTHENTICATED"
	Forbidden           Code = "FORBIDDEN"
	MembershipRequired  Code = "MEMBERSHIP_REQUIRED"
	NotFound            Code = "NOT_FOUND"
	BadUserInput        Code = "BAD_USER_INPUT"
	ModelNotAllowed     Code = "MODEL_NOT_ALLOWED"
	BadCursor           Code = "BAD_CURSOR"
	Conflict            Code = "CONFLICT"
	IdempotencyConflict Code = "IDEMPOTENCY_CONFLICT"
	RateLimited         Code = "RATE_LIMITED"
	QuotaExceeded       Code = "QUOTA_EXCEEDED"
	TooManyJobs         Code = "TOO_MANY_JOBS"
	CostLimitExceeded   Code = "COST_LIMIT_EXCEEDED"
	Unavailable         Code = "UNAVAILABLE"
	Internal            Code = "INTERNAL"
)

// The codes of requests that never became an operation.
const (
	ParseFailed            Code = "GRAPHQL_PARSE_FAILED"
	ValidationFailed       Code = "GRAPHQL_VALIDATION_FAILED"
	PersistedQueryNotFound Code = "PERSISTED_QUERY_NOT_FOUND"
	PayloadTooLarge        Code = "PAYLOAD_TOO_LARGE"
	QueryTooComplex        Code = "QUERY_TOO_COMPLEX"
)

// Error is a failure a client may see.
type Error struct {
	Code Code
	// Message is Text in English. It never holds a cause, an address or a secret.
	Message string
	// Text is what users are shown, in their language.
	Text Text
	// RetryAfter is when to try again; zero when it is unknown or pointless.
	RetryAfter time.Duration
	// Retryable means that the same request may succeed later.
	Retryable bool
	// Extensions are further public facts, such as headId of a CONFLICT.
	Extensions map[string]any
	// Cause is for the log.
	Cause error
}

// New returns an Error with a message for users. The format is a literal, because the catalogue of texts is
// keyed by it and its test collects the literals.
func New(code Code, format string, args ...any) *Error {
	return NewText(code, Textf(format, args...))
}

// NewText returns an Error whose message was made elsewhere.
func NewText(code Code, t Text) *Error { return &Error{Code: code, Message: t.String(), Text: t} }

// Wrap returns an Error that stores its cause for the log.
func Wrap(cause error, code Code, format string, args ...any) *Error {
	e := New(code, format, args...)
	e.Cause = cause
	return e
}

// WrapText returns an Error that stores its cause for the log, with a message that was made elsewhere.
func WrapText(cause error, code Code, t Text) *Error {
	e := NewText(code, t)
	e.Cause = cause
	return e
}

// With adds a public fact and returns e.
func (e *Error) With(key string, value any) *Error {
	if e.Extensions == nil {
		e.Extensions = map[string]any{}
	}
	e.Extensions[key] = value
	return e
}

// Retry marks e as worth another try after d (zero: soon) and returns e.
func (e *Error) Retry(d time.Duration) *Error {
	e.Retryable, e.RetryAfter = true, d
	return e
}

// Error is for logs: it contains the cause, so it must not be shown.
func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Cause)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// CodeOf returns the code of err: INTERNAL for what is not an *Error, "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// HTTPStatus is the HTTP status of a code, which clients get as extensions.httpStatus. Every code without a
// case is a fault of the request: 400.
func HTTPStatus(code Code) int {
	switch code {
	case Unauthenticated:
		return 401
	case Forbidden, MembershipRequired:
		return 403
	case NotFound:
		return 404
	case Conflict, IdempotencyConflict:
		return 409
	case PayloadTooLarge:
		return 413
	case RateLimited, QuotaExceeded, TooManyJobs:
		return 429
	case Unavailable:
		return 503
	case Internal:
		return 500
	default:
		return 400
	}
}
