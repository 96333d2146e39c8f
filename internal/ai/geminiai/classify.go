package geminiai

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genai"

	"github.com/weav-ai/weav/internal/ai"
)

// kindOf classifies an error of the API: by its reason, then by its status, which is finer than the HTTP
// code, and by its message only where Google has nothing better.
func kindOf(e genai.APIError) ai.Kind {
	if isKeyReason(reasonOf(e)) {
		return ai.Auth
	}
	message := strings.ToLower(e.Message)
	switch e.Status {
	case "RESOURCE_EXHAUSTED":
		return kindOfQuota(e)
	case "INVALID_ARGUMENT":
		return kindOfArgument(message)
	case "FAILED_PRECONDITION":
		if containsAny(message, "location", "country", "region") {
			return ai.RegionBlocked
		}
		return ai.BadRequest
	}
	if kind, ok := kindOfName[e.Status]; ok {
		return kind
	}
	return kindOfCode(e)
}

// kindOfName has the statuses that mean the same with every message.
var kindOfName = map[string]ai.Kind{
	"UNAVAILABLE":       ai.Overloaded,
	"UNAUTHENTICATED":   ai.Auth,
	"PERMISSION_DENIED": ai.Auth,
	"NOT_FOUND":         ai.ModelGone,
	"UNIMPLEMENTED":     ai.Unsupported,
	"OUT_OF_RANGE":      ai.BadRequest,
	"ALREADY_EXISTS":    ai.BadRequest,
	"INTERNAL":          ai.Upstream,
	"UNKNOWN":           ai.Upstream,
	"DATA_LOSS":         ai.Upstream,
	"ABORTED":           ai.Upstream,
	"CANCELLED":         ai.Upstream,
	"DEADLINE_EXCEEDED": ai.Upstream,
}

// kindOfQuota distinguishes the quota of a day, for which waiting is useless, from that of a minute.
func kindOfQuota(e genai.APIError) ai.Kind {
	for _, v := range list(detail(e, "QuotaFailure")["violations"]) {
		violation, _ := v.(map[string]any)
		if strings.Contains(text(violation["quotaId"]), "PerDay") {
			return ai.QuotaExhausted
		}
	}
	return ai.RateLimited
}

// kindOfArgument classifies by the message, because an invalid key, a prompt that is too long and one that is
// not allowed have the same status.
func kindOfArgument(message string) ai.Kind {
	switch {
	case strings.Contains(message, "api key"):
		return ai.Auth
	case strings.Contains(message, "token") && containsAny(message, "exceed", "too long", "limit"):
		return ai.ContextLength
	case containsAny(message, "responsible ai", "usage guidelines", "violate", "safety"):
		return ai.ContentBlocked
	default:
		return ai.BadRequest
	}
}

// kindOfCode classifies an error whose status is missing or unknown.
func kindOfCode(e genai.APIError) ai.Kind {
	switch e.Code {
	case http.StatusBadRequest:
		return kindOfArgument(strings.ToLower(e.Message))
	case http.StatusUnauthorized, http.StatusForbidden:
		return ai.Auth
	case http.StatusNotFound:
		return ai.ModelGone
	case http.StatusTooManyRequests:
		return kindOfQuota(e)
	case http.StatusServiceUnavailable:
		return ai.Overloaded
	case http.StatusRequestTimeout, http.StatusConflict:
		return ai.Upstream
	}
	if e.Code >= 400 && e.Code <= 498 {
		return ai.BadRequest
	}
	return ai.Upstream
}

// meansNothingBegan reports whether an error of kind, in the API's own form, means that no work was begun.
func meansNothingBegan(kind ai.Kind) bool {
	switch kind {
	case ai.Upstream, ai.Interrupted, ai.Timeout, ai.NoOutput:
		return false
	default:
		return true
	}
}

// isAPIError reports whether e is an error object of the API. The SDK makes one of any other body too, with
// the HTTP status line as its status.
func isAPIError(e genai.APIError) bool {
	if e.Status == "" {
		return e.Code != 0
	}
	return e.Status[0] < '0' || e.Status[0] > '9'
}

// codeOf is the most specific name of the error.
func codeOf(e genai.APIError) string {
	if reason := reasonOf(e); reason != "" {
		return ai.Clip(reason, ai.MaxCode)
	}
	if e.Status != "" {
		return ai.Clip(e.Status, ai.MaxCode)
	}
	return strconv.Itoa(e.Code)
}

func reasonOf(e genai.APIError) string { return text(detail(e, "ErrorInfo")["reason"]) }

func isKeyReason(reason string) bool { return strings.HasPrefix(reason, "API_KEY_") }

// retryDelay is the delay in RetryInfo; zero when there is none.
func retryDelay(e genai.APIError) time.Duration {
	d, err := time.ParseDuration(text(detail(e, "RetryInfo")["retryDelay"]))
	if err != nil {
		return 0
	}
	return max(d, 0)
}

// retryAfter is the header of that name, in either of its formats; zero when there is none.
func retryAfter(h http.Header) time.Duration {
	raw := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(raw, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(raw); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}

// detail returns the first detail of the google.rpc type with that name; nil when there is none.
func detail(e genai.APIError, name string) map[string]any {
	for _, d := range e.Details {
		if strings.HasSuffix(text(d["@type"]), "google.rpc."+name) {
			return d
		}
	}
	return nil
}

// text and list read a value of unknown type; a value of another type is empty.
func text(v any) string {
	s, _ := v.(string)
	return s
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func containsAny(s string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}
