package openaiai

import (
	"net/http"
	"strings"

	"github.com/weav-ai/weav/internal/ai"
)

// fault is an error of the API in its own words. The status is zero where it came within an answer.
type fault struct {
	status             int
	code, typ, message string
}

// kindOfCode has the codes that mean the same whatever the status.
var kindOfCode = map[string]ai.Kind{
	"rate_limit_exceeded":                  ai.RateLimited,
	"insufficient_quota":                   ai.QuotaExhausted,
	"billing_hard_limit_reached":           ai.QuotaExhausted,
	"billing_not_active":                   ai.QuotaExhausted,
	"server_overloaded":                    ai.Overloaded,
	"server_is_overloaded":                 ai.Overloaded,
	"slow_down":                            ai.Overloaded,
	"server_error":                         ai.Upstream,
	"vector_store_timeout":                 ai.Upstream,
	"invalid_api_key":                      ai.Auth,
	"account_deactivated":                  ai.Auth,
	"model_not_found":                      ai.ModelGone,
	"model_deprecated":                     ai.ModelGone,
	"unsupported_country_region_territory": ai.RegionBlocked,
	"data_residency_mismatch":              ai.RegionBlocked,
	"context_length_exceeded":              ai.ContextLength,
	"string_above_max_length":              ai.ContextLength,
	"content_policy_violation":             ai.ContentBlocked,
	"image_content_policy_violation":       ai.ContentBlocked,
	"misalignment_policy_violation":        ai.ContentBlocked,
	"moderation_blocked":                   ai.ContentBlocked,
	"invalid_prompt":                       ai.ContentBlocked,
	"bio_policy":                           ai.ContentBlocked,
	"cyber_policy":                         ai.ContentBlocked,
	"content_filter":                       ai.ContentBlocked,
}

// kind sorts a fault: by its code, which is the finest, then by its type, then by the status, and by its words only where
// imitations of the API have nothing better.
func (f fault) kind() ai.Kind {
	for _, name := range []string{f.code, f.typ} {
		if kind, ok := kindOfCode[name]; ok {
			return kind
		}
		if strings.HasSuffix(name, "_policy_violation") {
			return ai.ContentBlocked
		}
	}
	if f.tooLong() {
		return ai.ContextLength
	}
	return f.kindOfStatus()
}

// tooLong understands servers without codes.
func (f fault) tooLong() bool {
	says := strings.ToLower(f.message)
	return strings.Contains(says, "context length") || strings.Contains(says, "maximum context") || strings.Contains(says, "context window")
}

func (f fault) kindOfStatus() ai.Kind {
	switch f.status {
	case 0:
		return ai.Upstream
	case http.StatusUnauthorized, http.StatusForbidden:
		return ai.Auth
	case http.StatusNotFound, http.StatusGone:
		return ai.ModelGone
	case http.StatusTooManyRequests:
		return ai.RateLimited
	case http.StatusServiceUnavailable:
		return ai.Overloaded
	case http.StatusRequestTimeout, http.StatusConflict:
		return ai.Upstream
	case http.StatusNotImplemented:
		return ai.Unsupported
	}
	if f.status >= http.StatusBadRequest && f.status < http.StatusInternalServerError {
		return ai.BadRequest
	}
	return ai.Upstream
}

// refuses says whether the provider took nothing on: it says so itself, with a status of refusal. A body that is not the
// API's may come from anything between here and there, and proves nothing.
func (f fault) refuses(kind ai.Kind) bool {
	if f.name() == "" && f.message == "" {
		return false
	}
	switch f.status {
	case http.StatusServiceUnavailable, http.StatusNotImplemented:
		return true
	default:
		return kind != ai.Upstream && f.status < http.StatusInternalServerError
	}
}

// name is the finest name the fault has for itself.
func (f fault) name() string {
	if f.code != "" {
		return f.code
	}
	return f.typ
}
