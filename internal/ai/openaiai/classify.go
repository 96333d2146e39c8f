package openaiai

import (
	"net/http"
	"strings"

	"github.com/weav-ai/weav/internal/ai"
)

// kindOfCode has the codes, and types in their place, that mean the same with every status. Others are
// classified by the status: "server_error", for example, comes with 500 and with 503.
var kindOfCode = map[string]ai.Kind{
	"rate_limit_exceeded":                  ai.RateLimited,
	"rate_limit_error":                     ai.RateLimited,
	"insufficient_quota":                   ai.QuotaExhausted,
	"billing_hard_limit_reached":           ai.QuotaExhausted,
	"billing_not_active":                   ai.QuotaExhausted,
	"server_overloaded":                    ai.Overloaded,
	"server_is_overloaded":                 ai.Overloaded,
	"slow_down":                            ai.Overloaded,
	"overloaded_error":                     ai.Overloaded,
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

// requestFaults are names of faults in the request, for errors within an answer, which have no status. Other
// such errors are the provider's.
var requestFaults = map[string]bool{
	"invalid_request_error": true, "BadRequestError": true, "invalid_image": true, "invalid_image_format": true,
	"invalid_base64_image": true, "invalid_image_url": true, "invalid_image_mode": true, "image_too_large": true,
	"image_too_small": true, "image_parse_error": true, "image_file_too_large": true, "image_file_not_found": true,
	"unsupported_image_media_type": true, "empty_image_file": true, "failed_to_download_image": true,
}

// kind classifies a fault: by its code, which is the most specific, then by its type, then by the status, and
// by its message only for compatible servers that have nothing better.
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

// tooLong recognizes the errors of servers without codes.
func (f fault) tooLong() bool {
	message := strings.ToLower(f.message)
	return strings.Contains(message, "context length") || strings.Contains(message, "maximum context") || strings.Contains(message, "context window")
}

// kindOfStatus classifies a fault without a known name.
func (f fault) kindOfStatus() ai.Kind {
	switch f.status {
	case 0:
		if requestFaults[f.code] || requestFaults[f.typ] {
			return ai.BadRequest
		}
		return ai.Upstream
	case http.StatusUnauthorized, http.StatusForbidden:
		return ai.Auth
	case http.StatusNotFound, http.StatusGone:
		if f.isEmpty() { // Not the API, but a page at a wrong address.
			return ai.Upstream
		}
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

// meansNothingBegan reports whether the provider took no work on: it states so itself, with a status of
// refusal. A body that is not the API's may come from any proxy on the way, and proves nothing.
func (f fault) meansNothingBegan(kind ai.Kind) bool {
	if f.isEmpty() {
		return false
	}
	switch f.status {
	case http.StatusServiceUnavailable, http.StatusNotImplemented:
		return true
	default:
		return kind != ai.Upstream && f.status < http.StatusInternalServerError
	}
}
