package usage

import (
	"errors"

	entusage "github.com/weav-ai/weav/ent/usage"
	"github.com/weav-ai/weav/internal/ai"
)

// NoTokens is the usage of work that no provider accepted.
func NoTokens() Tokens { return Tokens{Source: entusage.SourceEstimated} }

// Cut is the usage of a text that ended early, by a stop or by a failure. It is the provider's count where
// err carries one. Otherwise it is an estimate of the request, if the provider accepted it, and of the text
// that was shown. Work that no provider accepted used nothing.
func Cut(err error, req ai.TextRequest, shown string) Tokens {
	var fault *ai.Error
	if !errors.As(err, &fault) {
		fault = &ai.Error{}
	}
	if !fault.Usage.Known && !fault.Accepted && shown == "" {
		return NoTokens()
	}
	return Of(fault.Usage, req, shown)
}

// IsRefused reports whether the model or its provider's filter refused. That costs the user nothing, whatever
// text was shown.
func IsRefused(f ai.Finish) bool { return f == ai.FinishRefusal || f == ai.FinishContentFilter }

// IsOfUse reports whether a text that ended normally is charged: it is not empty and not a refusal.
func IsOfUse(f ai.Finish, text string) bool { return text != "" && !IsRefused(f) }
