package run

import "github.com/weav-ai/weav/internal/ai"

// FailureCode says why the work on a reply or a job failed or broke off; the API shows it.
type FailureCode string

// The failures that replies and jobs have in common.
const (
	FailureRateLimited         FailureCode = "RATE_LIMITED"
	FailureProviderUnavailable FailureCode = "PROVIDER_UNAVAILABLE"
	FailureProviderInterrupted FailureCode = "PROVIDER_INTERRUPTED"
	FailureTimeout             FailureCode = "TIMEOUT"
	FailureContextTooLong      FailureCode = "CONTEXT_TOO_LONG"
	FailureContentBlocked      FailureCode = "CONTENT_BLOCKED"
	FailureModelUnavailable    FailureCode = "MODEL_UNAVAILABLE"
	FailureProviderRefused     FailureCode = "PROVIDER_REFUSED"
	FailureOwnKeyRefused       FailureCode = "OWN_KEY_REFUSED"
	FailureNoOutput            FailureCode = "NO_OUTPUT"
	FailureWorkerLost          FailureCode = "WORKER_LOST"
	FailureInternal            FailureCode = "INTERNAL"
)

// Failure is what a user reads about work that failed. It comes from the code alone, never from a cause.
type Failure struct {
	Message string
	// Retryable says whether the same request may succeed later.
	Retryable bool
}

// failures are the texts of codes that read the same for replies and for jobs. Each kind has the others itself.
var failures = map[FailureCode]Failure{
	FailureProviderUnavailable: {"The model cannot be reached for now. Try again, or choose another model.", true},
	FailureProviderInterrupted: {"The model's answer broke off. Try again.", true},
	FailureContentBlocked:      {"The provider's content filter refused this. Put it in other words.", false},
	FailureOwnKeyRefused:       {"The provider does not take your own key. Set it anew, or remove it to use your quota.", false},
	FailureProviderRefused:     {"The provider does not serve this server's account or region. Choose another model, and tell the operator.", false},
	FailureModelUnavailable:    {"This model is not offered any longer. Choose another.", false},
	FailureInternal:            {"Something went wrong on our side.", true},
}

// keptFailures are the texts for work of which a text was shown: that is kept, whatever the cause.
var keptFailures = map[FailureCode]Failure{
	FailureRateLimited:         {Message: "The model takes no more requests for now. What was received is kept. Try again in a minute."},
	FailureProviderUnavailable: {Message: "The model could not be reached any longer. What was received is kept. Try again, or choose another model."},
	FailureProviderInterrupted: {Message: "The model's answer broke off. What was received is kept."},
	FailureTimeout:             {Message: "The model took too long. What was received is kept. Try again, or ask for less."},
	FailureContextTooLong:      {Message: "The conversation is longer than this model takes. What was received is kept. Shorten it, or choose another model."},
	FailureContentBlocked:      {Message: "The provider's content filter stopped this. What was received is kept. Put it in other words."},
	FailureOwnKeyRefused:       {Message: "The provider does not take your own key any longer. What was received is kept. Set the key anew, or remove it to use your quota."},
	FailureProviderRefused:     {Message: "The provider does not serve this server's account or region any longer. What was received is kept. Choose another model, and tell the operator."},
	FailureModelUnavailable:    {Message: "This model is not offered any longer. What was received is kept. Choose another."},
	FailureNoOutput:            {Message: "The model's answer broke off. What was received is kept."},
	FailureInternal:            {Message: "Something went wrong on our side. What was received is kept."},
}

// FailureOf returns what to tell the user for a code that has no text of its own kind; one that is unknown is INTERNAL.
func FailureOf(code FailureCode) (FailureCode, Failure) {
	if f, ok := failures[code]; ok {
		return code, f
	}
	return FailureInternal, failures[FailureInternal]
}

// KeptMessage is the text of a failure after which something is kept, instead of the usual one where there is such a text.
func KeptMessage(code FailureCode, usual string) string {
	if f, ok := keptFailures[code]; ok {
		return f.Message
	}
	return usual
}

// ProviderFailure sorts a provider's failure by what the user can do.
func ProviderFailure(kind ai.Kind) FailureCode {
	switch kind {
	case ai.RateLimited:
		return FailureRateLimited
	case ai.QuotaExhausted, ai.Overloaded, ai.Upstream:
		return FailureProviderUnavailable
	case ai.Auth, ai.RegionBlocked:
		return FailureProviderRefused
	case ai.Interrupted:
		return FailureProviderInterrupted
	case ai.Timeout:
		return FailureTimeout
	case ai.ContextLength:
		return FailureContextTooLong
	case ai.ContentBlocked:
		return FailureContentBlocked
	case ai.KeyRefused:
		return FailureOwnKeyRefused
	case ai.ModelGone, ai.Unsupported:
		return FailureModelUnavailable
	case ai.NoOutput:
		return FailureNoOutput
	default:
		return FailureInternal
	}
}
