package usage

import (
	"errors"

	entusage "github.com/weav-ai/weav/ent/usage"
	"github.com/weav-ai/weav/internal/ai"
)

// Nothing is what work used that no provider took.
func Nothing() Tokens { return Tokens{Source: entusage.SourceEstimated} }

// Cut is what a text used that ended before it was whole, by a stop as by a fault, and on every path: the provider's count where err
// tells one, else an estimate of what was asked, if the provider took it, and of what was shown. What no provider took used nothing.
func Cut(err error, asked ai.TextRequest, shown string) Tokens {
	var fault *ai.Error
	if !errors.As(err, &fault) {
		fault = &ai.Error{}
	}
	if !fault.Usage.Known && !fault.Accepted && shown == "" {
		return Nothing()
	}
	return Of(fault.Usage, asked, shown)
}

// IsRefused says whether a model, or its provider's filter, would not write: that costs the person nothing, whatever was shown of it.
func IsRefused(f ai.Finish) bool { return f == ai.FinishRefusal || f == ai.FinishContentFilter }

// IsOfUse says whether a text that reached its end is paid for: something was written, and nobody refused.
func IsOfUse(f ai.Finish, text string) bool { return text != "" && !IsRefused(f) }
